using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Udfs.CSharp;

/// <summary>Compiles C# source of users, and the code that calls it.</summary>
internal static class FunctionCompiler
{
    private const int ErrorsShownMax = 5;

    /// <summary>The name of the class around methods that have none.</summary>
    private const string OwnClass = "UserFunctions";

    private static readonly CSharpParseOptions Language = new(LanguageVersion.CSharp13, DocumentationMode.None);

    private static readonly string Usings = string.Concat(new[] { "System", "System.Collections.Generic", "System.Globalization", "System.Linq", "System.Text", "System.Text.RegularExpressions" }
        .Select(name => $"global using global::{name};\n"));

    /// <summary>Compiles source.</summary>
    /// <returns>An assembly with <see cref="CallText"/> in it.</returns>
    /// <exception cref="FlowException">It does not compile, has no such method, or touches what it may not (<see cref="FlowErrorCode.BadFunction"/>).</exception>
    public static byte[] CompileSource(FunctionSignature signature, byte[] content, UserFunctionSettings settings, CancellationToken cancellationToken)
    {
        var isRestricted = settings.CSharp == UserCodeAccess.Restricted;
        var tree = Parse(signature, content, cancellationToken);
        var usings = CSharpSyntaxTree.ParseText(Usings, Language, "usings.cs", cancellationToken: cancellationToken);
        var compilation = Create(signature, isRestricted ? RuntimeReferences.Restricted : RuntimeReferences.All, usings, tree);
        ThrowIfWrong(signature, compilation.GetDiagnostics(cancellationToken), isFirst: true);
        var model = compilation.GetSemanticModel(tree);
        var method = FindMethod(signature, AllTypes(compilation.Assembly.GlobalNamespace));
        if (isRestricted)
        {
            CodePolicy.Check(signature, tree, model, cancellationToken);
            compilation = compilation.ReplaceSyntaxTree(tree, StepCounting.Rewrite(tree, model));
        }

        var calls = CallText.Write(signature, method, isRestricted ? settings.StepsMax : null);
        var image = Emit(signature, compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText(calls, Language, "calls.cs", cancellationToken: cancellationToken)), cancellationToken);
        if (isRestricted)
        {
            EmittedPolicy.Check(signature, image);
        }

        return image;
    }

    /// <summary>Compiles what calls a method of an assembly.</summary>
    /// <exception cref="FlowException">It is no assembly, or has no such method (<see cref="FlowErrorCode.BadFunction"/>).</exception>
    public static byte[] CompileCallOf(FunctionSignature signature, byte[] library, CancellationToken cancellationToken)
    {
        var reference = MetadataReference.CreateFromImage(ImmutableArray.Create(library));
        var compilation = Create(signature, RuntimeReferences.All.Add(reference));
        if (compilation.GetAssemblyOrModuleSymbol(reference) is not IAssemblySymbol assembly)
        {
            throw signature.Bad("its content is no .NET assembly");
        }

        var method = FindMethod(signature, AllTypes(assembly.GlobalNamespace));
        return Emit(signature, compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText(CallText.Write(signature, method, null), Language, "calls.cs", cancellationToken: cancellationToken)), cancellationToken);
    }

    /// <summary>Methods that stand in no class get one.</summary>
    private static SyntaxTree Parse(FunctionSignature signature, byte[] content, CancellationToken cancellationToken)
    {
        string source;
        try
        {
            source = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(content);
        }
        catch (DecoderFallbackException exception)
        {
            throw signature.Bad("its source is no UTF-8", exception);
        }

        var name = signature.Function.Name + ".cs";
        var tree = CSharpSyntaxTree.ParseText(source, Language, name, Encoding.UTF8, cancellationToken);
        var root = tree.GetCompilationUnitRoot(cancellationToken);
        if (root.Members.Count > 0 && root.Members.All(static member => member is BaseTypeDeclarationSyntax or BaseNamespaceDeclarationSyntax or DelegateDeclarationSyntax))
        {
            return tree;
        }

        // Messages have the lines of the source.
        var cut = root.Usings.Count > 0 ? root.Usings.FullSpan.End : 0;
        var line = source.AsSpan(0, cut).Count('\n') + 1;
        var wrapped = string.Create(CultureInfo.InvariantCulture, $"{source[..cut]}\npublic static class {OwnClass} {{\n#line {line}\n{source[cut..]}\n#line default\n}}\n");
        return CSharpSyntaxTree.ParseText(wrapped, Language, name, Encoding.UTF8, cancellationToken);
    }

    private static CSharpCompilation Create(FunctionSignature signature, ImmutableArray<MetadataReference> references, params SyntaxTree[] trees) => CSharpCompilation.Create(
        $"OrleansFlow.Function.{signature.Function.Name}.{Convert.ToHexStringLower(signature.Function.ContentHash.Span[..4])}",
        trees,
        references,
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, allowUnsafe: false, deterministic: true, concurrentBuild: false, nullableContextOptions: NullableContextOptions.Annotations));

    private static IEnumerable<INamedTypeSymbol> AllTypes(INamespaceSymbol space) =>
        space.GetTypeMembers().SelectMany(WithNested).Concat(space.GetNamespaceMembers().SelectMany(AllTypes));

    private static IEnumerable<INamedTypeSymbol> WithNested(INamedTypeSymbol type) => type.GetTypeMembers().SelectMany(WithNested).Prepend(type);

    /// <summary>The method by its name, or by that of its type and its own. SQL does not care for upper and lower case, so neither does this.</summary>
    private static string FindMethod(FunctionSignature signature, IEnumerable<INamedTypeSymbol> types)
    {
        var cut = signature.Entry.LastIndexOf('.');
        var (type, name) = cut < 0 ? ("", signature.Entry) : (signature.Entry[..cut], signature.Entry[(cut + 1)..]);
        var named = types
            .Where(one => type.Length == 0 || string.Equals(one.ToDisplayString(), type, StringComparison.Ordinal))
            .SelectMany(one => one.GetMembers().OfType<IMethodSymbol>())
            .Where(one => one.MethodKind == MethodKind.Ordinary && string.Equals(one.Name, name, StringComparison.OrdinalIgnoreCase))
            .ToList();
        var callable = named.Where(one => one.IsStatic && !one.IsGenericMethod && one.Parameters.Length == signature.Parameters.Count && IsOpen(one)).ToList();
        if (callable.Count == 1)
        {
            return $"global::{callable[0].ContainingType.ToDisplayString()}.{(SyntaxFacts.GetKeywordKind(callable[0].Name) == SyntaxKind.None ? "" : "@")}{callable[0].Name}";
        }

        var wanted = $"a public static method '{signature.Entry}' of {signature.Parameters.Count} parameters in a public type";
        throw signature.Bad(callable.Count > 1
            ? $"it has {callable.Count} of {wanted}; name the one with ENTRY 'Type.Method'"
            : named.Count > 0 ? $"{wanted} is wanted, and it has: {string.Join("; ", named.Select(one => $"{(IsOpen(one) ? "" : "not public ")}{(one.IsStatic ? "" : "not static ")}{one.ToDisplayString()}"))}" : $"it has no {wanted[2..]}; name it with ENTRY");
    }

    private static bool IsOpen(ISymbol symbol) => symbol.DeclaredAccessibility == Accessibility.Public && (symbol.ContainingType is not { } type || (!type.IsGenericType && IsOpen(type)));

    private static byte[] Emit(FunctionSignature signature, CSharpCompilation compilation, CancellationToken cancellationToken)
    {
        using var image = new MemoryStream();
        var emitted = compilation.Emit(image, cancellationToken: cancellationToken);
        ThrowIfWrong(signature, emitted.Diagnostics, isFirst: false);
        return image.ToArray();
    }

    private static void ThrowIfWrong(FunctionSignature signature, ImmutableArray<Diagnostic> found, bool isFirst)
    {
        var errors = found.Where(one => one.Severity == DiagnosticSeverity.Error).ToList();
        if (errors.Count == 0)
        {
            return;
        }

        var shown = string.Join("; ", errors.Take(ErrorsShownMax).Select(Write));
        var declared = $"({string.Join(", ", signature.Parameters.Select(type => type.CSharp))}) to {signature.Result.CSharp}";
        throw signature.Bad($"{(isFirst ? "its source does not compile" : $"'{signature.Entry}' cannot be called from {declared.Replace("global::System.", "", StringComparison.Ordinal)}")}: {shown}{(errors.Count > ErrorsShownMax ? $"; and {errors.Count - ErrorsShownMax} more" : "")}");
    }

    private static string Write(Diagnostic error)
    {
        var place = error.Location.GetMappedLineSpan();
        var message = error.GetMessage(CultureInfo.InvariantCulture);
        return place.IsValid ? string.Create(CultureInfo.InvariantCulture, $"{place.Path}({place.StartLinePosition.Line + 1},{place.StartLinePosition.Character + 1}) {error.Id}: {message}") : $"{error.Id}: {message}";
    }
}
