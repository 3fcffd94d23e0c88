using System.Reflection.Metadata;

namespace OrleansFlow.Tests.Compatibility.Api;

/// <summary>What an assembly uses of types in Orleans' namespaces that other assemblies define.</summary>
internal sealed class ApiReferences
{
    private ApiReferences(ApiAssembly assembly)
    {
        Assembly = assembly;
        var reader = assembly.Reader;
        foreach (var handle in reader.TypeReferences)
        {
            var name = SignatureReader.FullName(reader, handle);
            if (IsOrleansAssembly(reader, handle))
            {
                Types.Add(name);
            }
        }

        foreach (var handle in reader.MemberReferences)
        {
            Read(reader, reader.GetMemberReference(handle));
        }

        foreach (var handle in reader.TypeDefinitions)
        {
            ReadInterfaces(reader, handle);
        }
    }

    public ApiAssembly Assembly { get; }

    public SortedSet<string> Types { get; } = new(StringComparer.Ordinal);

    public List<MemberUse> Members { get; } = [];

    public List<ImplementationUse> Implementations { get; } = [];

    public static ApiReferences Of(ApiAssembly assembly) => new(assembly);

    // Orleans and the project's own runtime alike; a helper type in another assembly's Orleans namespace does not occur.
    private static bool IsOrleansAssembly(MetadataReader reader, TypeReferenceHandle handle)
    {
        var scope = reader.GetTypeReference(handle).ResolutionScope;
        return scope.Kind switch
        {
            HandleKind.TypeReference => IsOrleansAssembly(reader, (TypeReferenceHandle)scope),
            HandleKind.AssemblyReference => reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)scope).Name) is var name
                && (name.StartsWith("Orleans.", StringComparison.Ordinal) || name == "OrleansFlow.Embedded"),
            _ => false,
        };
    }

    private static string OpenName(string text) => text.IndexOf('<', StringComparison.Ordinal) is > 0 and var at ? text[..at] : text;

    private static string[] Arguments(string text)
    {
        var open = text.IndexOf('<', StringComparison.Ordinal);
        if (open < 0)
        {
            return [];
        }

        var result = new List<string>();
        var depth = 0;
        var start = open + 1;
        for (var index = start; index < text.Length; index++)
        {
            depth += text[index] switch { '<' => 1, '>' => -1, _ => 0 };
            if (depth < 0 || (depth == 0 && text[index] == ','))
            {
                result.Add(text[start..index]);
                start = index + 1;
            }
        }

        return [.. result];
    }

    private void Read(MetadataReader reader, MemberReference member)
    {
        if (member.Parent.Kind is not (HandleKind.TypeReference or HandleKind.TypeSpecification))
        {
            return;
        }

        var type = OpenName(SignatureReader.Node(reader, member.Parent).Text);
        if (!Types.Contains(type))
        {
            return;
        }

        var name = reader.GetString(member.Name);
        if (member.GetKind() == MemberReferenceKind.Field)
        {
            Members.Add(new MemberUse(type, $"field {name}", name, member.DecodeFieldSignature(SignatureReader.Instance, null).Text, null));
            return;
        }

        var signature = member.DecodeMethodSignature(SignatureReader.Instance, null);
        Members.Add(new MemberUse(type, MemberReader.Key(name, signature), name, signature.ReturnType.Text, !signature.Header.IsInstance));
    }

    private void ReadInterfaces(MetadataReader reader, TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        if (type.Attributes.HasFlag(System.Reflection.TypeAttributes.Interface))
        {
            return;
        }

        foreach (var item in type.GetInterfaceImplementations())
        {
            var text = SignatureReader.Node(reader, reader.GetInterfaceImplementation(item).Interface).Text;
            if (Types.Contains(OpenName(text)))
            {
                Implementations.Add(new ImplementationUse(OpenName(text), Arguments(text), SignatureReader.FullName(reader, handle)));
            }
        }
    }
}

/// <summary>A member that an assembly calls.</summary>
internal sealed record MemberUse(string Type, string Key, string Name, string Returns, bool? IsStatic);

/// <summary>An interface that a class of an assembly implements.</summary>
internal sealed record ImplementationUse(string Interface, string[] Arguments, string Class);
