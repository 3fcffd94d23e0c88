using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Udfs.CSharp;

/// <summary>
/// The second look at restricted code: what the compiled assembly refers to. What is not referred to cannot be called, whatever the source said; so an oversight in <see cref="CodePolicy"/>
/// ends here. Besides what the source may name there is what the compiler itself needs.
/// </summary>
internal static class EmittedPolicy
{
    /// <summary>Types that compilers write, with the members that may be referred to; an empty text stands for all of them.</summary>
    private static readonly Dictionary<string, string> OfCompilers = new(StringComparer.Ordinal)
    {
        ["System.Enum"] = "",
        ["System.MulticastDelegate"] = "",
        ["System.Attribute"] = ".ctor",
        ["System.Delegate"] = "Combine Remove",
        ["System.Environment"] = "get_CurrentManagedThreadId",
        ["System.Type"] = "GetTypeFromHandle op_Equality op_Inequality",
        ["System.RuntimeTypeHandle"] = "",
        ["System.RuntimeFieldHandle"] = "",
        ["System.ThreadStaticAttribute"] = ".ctor",
        ["System.ParamArrayAttribute"] = ".ctor",
        ["System.ObsoleteAttribute"] = ".ctor",
        ["System.FlagsAttribute"] = ".ctor",
        ["System.Reflection.DefaultMemberAttribute"] = ".ctor",
        ["System.MatchFailureException"] = ".ctor",
        ["System.Diagnostics.DebuggableAttribute"] = ".ctor",
        ["System.Diagnostics.DebuggableAttribute/DebuggingModes"] = "",
        ["System.Diagnostics.DebuggerHiddenAttribute"] = ".ctor",
        ["System.Diagnostics.DebuggerBrowsableAttribute"] = ".ctor",
        ["System.Diagnostics.DebuggerBrowsableState"] = "",
        ["System.Security.UnverifiableCodeAttribute"] = ".ctor",
        ["System.Diagnostics.CodeAnalysis.UnscopedRefAttribute"] = ".ctor",
        ["System.Runtime.CompilerServices.RuntimeHelpers"] = "InitializeArray CreateSpan GetSubArray EnsureSufficientExecutionStack get_OffsetToStringData",
        ["System.Runtime.CompilerServices.Unsafe"] = "Add As AsRef",
        ["System.Runtime.CompilerServices.SwitchExpressionException"] = ".ctor",
        ["System.Runtime.CompilerServices.IsVolatile"] = "",
        ["System.Runtime.CompilerServices.IsExternalInit"] = "",
        ["System.Runtime.InteropServices.InAttribute"] = ".ctor",
        ["System.Runtime.InteropServices.MemoryMarshal"] = "CreateSpan CreateReadOnlySpan",
        ["System.Runtime.InteropServices.CollectionsMarshal"] = "SetCount AsSpan",
        ["OrleansFlow.Engine.Functions.FunctionCall"] = "",
        ["OrleansFlow.Engine.Functions.EngineColumn`1"] = "",
        ["OrleansFlow.Engine.Functions.EngineColumnWriter`1"] = "",
    };

    /// <summary>Checks an assembly.</summary>
    /// <exception cref="FlowException">It refers to something else (<see cref="FlowErrorCode.BadFunction"/>).</exception>
    public static void Check(FunctionSignature signature, byte[] image)
    {
        using var stream = new MemoryStream(image, writable: false);
        using var file = new PEReader(stream);
        var reader = file.GetMetadataReader();
        foreach (var handle in reader.TypeReferences)
        {
            var type = reader.GetTypeReference(handle);
            if (!IsAllowed(reader, type))
            {
                throw signature.Bad($"{NameOf(reader, type)} is not allowed in functions; the compiler needs it for something in the source");
            }
        }

        foreach (var handle in reader.MemberReferences)
        {
            var member = reader.GetMemberReference(handle);
            if (member.Parent.Kind == HandleKind.TypeReference && IsRefused(NameOf(reader, reader.GetTypeReference((TypeReferenceHandle)member.Parent)), reader.GetString(member.Name)) is { } refused)
            {
                throw signature.Bad($"{refused} is not allowed in functions; the compiler needs it for something in the source");
            }
        }

        // Code of other kinds than the runtime's own.
        foreach (var handle in reader.MethodDefinitions)
        {
            var method = reader.GetMethodDefinition(handle);
            if ((method.Attributes & MethodAttributes.PinvokeImpl) != 0 || (method.ImplAttributes & (MethodImplAttributes.CodeTypeMask | MethodImplAttributes.InternalCall)) is not (MethodImplAttributes.IL or MethodImplAttributes.Runtime))
            {
                throw signature.Bad($"method '{reader.GetString(method.Name)}' is no code of .NET");
            }
        }
    }

    private static bool IsAllowed(MetadataReader reader, TypeReference type)
    {
        var outermost = type;
        while (outermost.ResolutionScope.Kind == HandleKind.TypeReference)
        {
            outermost = reader.GetTypeReference((TypeReferenceHandle)outermost.ResolutionScope);
        }

        var space = reader.GetString(outermost.Namespace);
        var name = reader.GetString(outermost.Name);
        return AllowedApi.IsAllowed(space, name)
            || OfCompilers.ContainsKey(NameOf(reader, type))
            || (space == "System.Runtime.CompilerServices" && name.EndsWith("Attribute", StringComparison.Ordinal));
    }

    private static string? IsRefused(string type, string member)
    {
        if (OfCompilers.TryGetValue(type, out var allowed))
        {
            return allowed.Length == 0 || allowed.Split(' ').Contains(member) ? null : $"{type}.{member}";
        }

        var plain = member.StartsWith("get_", StringComparison.Ordinal) || member.StartsWith("set_", StringComparison.Ordinal) ? member[4..] : member;
        return AllowedApi.IsAllowedMember(type, plain) ? null : $"{type}.{plain}";
    }

    private static string NameOf(MetadataReader reader, TypeReference type)
    {
        var name = reader.GetString(type.Name);
        if (type.ResolutionScope.Kind == HandleKind.TypeReference)
        {
            return $"{NameOf(reader, reader.GetTypeReference((TypeReferenceHandle)type.ResolutionScope))}/{name}";
        }

        return type.Namespace.IsNil ? name : $"{reader.GetString(type.Namespace)}.{name}";
    }
}
