using System.Collections.Immutable;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Orleans.CodeGen.Grains;

/// <summary>
/// Writes, for each grain interface, the class of its references with one request class for each method, and, for the assembly,
/// the description by which the runtime finds interfaces and grain classes.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class GrainGenerator : IIncrementalGenerator
{
    [System.Diagnostics.CodeAnalysis.SuppressMessage(
        "MicrosoftCodeAnalysisReleaseTracking", "RS2008:Enable analyzer release tracking", Justification = "Not released apart from the runtime.")]
    private static readonly DiagnosticDescriptor UnsupportedMember = new(
        "FLOW1001",
        "Unsupported member of a grain interface",
        "'{0}' cannot be called on a grain: {1}",
        "Orleans",
        DiagnosticSeverity.Error,
        isEnabledByDefault: true);

    [System.Diagnostics.CodeAnalysis.SuppressMessage(
        "MicrosoftCodeAnalysisReleaseTracking", "RS2008:Enable analyzer release tracking", Justification = "Not released apart from the runtime.")]
    private static readonly DiagnosticDescriptor HiddenInterface = new(
        "FLOW1002",
        "Grain interface that generated code cannot name",
        "No reference can be made to '{0}': {1}",
        "Orleans",
        DiagnosticSeverity.Error,
        isEnabledByDefault: true);

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var interfaces = context.SyntaxProvider.CreateSyntaxProvider(
                static (node, _) => node is InterfaceDeclarationSyntax,
                static (syntax, _) => ReadInterface(syntax))
            .Where(static model => model is not null);
        var classes = context.SyntaxProvider.CreateSyntaxProvider(
                static (node, _) => node is ClassDeclarationSyntax { BaseList: not null } or RecordDeclarationSyntax { BaseList: not null },
                static (syntax, _) => ReadClass(syntax))
            .Where(static model => model is not null);
        var parts = context.CompilationProvider.Select(static (compilation, _) => ReadParts(compilation));

        context.RegisterSourceOutput(interfaces, static (output, model) =>
        {
            if (model!.Problem is { } problem)
            {
                output.ReportDiagnostic(Diagnostic.Create(
                    problem.IsHiddenInterface ? HiddenInterface : UnsupportedMember,
                    Location.Create(
                        problem.FilePath,
                        new TextSpan(problem.Start, problem.Length),
                        new LinePositionSpan(
                            new LinePosition(problem.Line, problem.Column), new LinePosition(problem.Line, problem.Column + problem.Length))),
                    problem.Member,
                    problem.Reason));
                return;
            }

            output.AddSource(model.HintName, SourceText.From(model.Source, Encoding.UTF8));
        });
        context.RegisterSourceOutput(
            interfaces.Collect().Combine(classes.Collect()).Combine(parts),
            static (output, models) => WriteModule(output, models.Left.Left, models.Left.Right, models.Right));
    }

    private static InterfaceModel? ReadInterface(GeneratorSyntaxContext syntax)
    {
        if (syntax.SemanticModel.GetDeclaredSymbol(syntax.Node) is not INamedTypeSymbol type
            || !IsFirstDeclaration(type, syntax.Node)
            || !type.Implements(Known.Addressable))
        {
            return null;
        }

        return new ReferenceWriter(type).Write();
    }

    private static ClassModel? ReadClass(GeneratorSyntaxContext syntax)
    {
        if (syntax.SemanticModel.GetDeclaredSymbol(syntax.Node) is not INamedTypeSymbol { IsAbstract: false, IsStatic: false } type
            || !IsFirstDeclaration(type, syntax.Node)
            || !type.Implements(Known.Grain)
            || type.DerivesFrom(Known.GrainReference))
        {
            return null;
        }

        var name = Literal(type.Attribute(Known.GrainTypeAttribute).FirstText() ?? DefaultGrainType(type));
        if (!type.IsNameable() || type.ContainingType is { IsGenericType: true })
        {
            // Generated code may not name it, but the runtime can find it.
            return new ClassModel($"AddHiddenClass({Literal(type.MetadataName())}, {name});");
        }

        var code = type.Arity > 0 ? type.ConstructUnboundGenericType().ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat) : type.TypeofCode();
        return new ClassModel($"AddClass(typeof({code}), {name});");
    }

    private static string DefaultGrainType(INamedTypeSymbol type)
    {
        const string ending = "grain";
        var name = type.Name.ToLowerInvariant();
        name = name.Length > ending.Length && name.EndsWith(ending, StringComparison.Ordinal)
            ? name.Substring(0, name.Length - ending.Length)
            : name;
        var arity = 0;
        for (var current = type; current is not null; current = current.ContainingType)
        {
            arity += current.Arity;
        }

        return arity > 0 ? $"{name}`{arity}" : name;
    }

    private static string ReadParts(Compilation compilation)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var reference in compilation.SourceModule.ReferencedAssemblySymbols)
        {
            foreach (var attribute in reference.GetAttributes())
            {
                if (attribute.AttributeClass?.FullName() == Known.ApplicationPartAttribute && attribute.FirstText() is { } name)
                {
                    names.Add(name);
                }
            }
        }

        names.Add(compilation.AssemblyName ?? "");
        return string.Join("\n", names.Where(static name => name.Length > 0));
    }

    private static void WriteModule(
        SourceProductionContext output, ImmutableArray<InterfaceModel?> interfaces, ImmutableArray<ClassModel?> classes, string parts)
    {
        // Silent: whatever rules the user's project has for its own code cannot be kept by code it did not write.
        var code = new StringBuilder("// <auto-generated/>\n#nullable enable\n#pragma warning disable\n");
        foreach (var part in parts.Split(['\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            code.Append("[assembly: global::Orleans.ApplicationPartAttribute(").Append(Literal(part)).Append(")]\n");
        }

        var lines = interfaces.Where(static model => model is { Problem: null }).Select(static model => model!.ModuleLine)
            .Concat(classes.Select(static model => model!.ModuleLine))
            .Distinct()
            .OrderBy(static line => line, StringComparer.Ordinal)
            .ToList();
        if (lines.Count > 0)
        {
            code.Append("[assembly: global::Orleans.Embedded.GrainModuleAttribute(typeof(global::OrleansCodeGen.GeneratedGrainModule))]\n");
            code.Append("namespace OrleansCodeGen\n{\n    internal sealed class GeneratedGrainModule : global::Orleans.Embedded.GrainModule\n    {\n");
            code.Append("        public GeneratedGrainModule()\n        {\n");
            foreach (var line in lines)
            {
                code.Append("            ").Append(line).Append('\n');
            }

            code.Append("        }\n    }\n}\n");
        }

        output.AddSource("OrleansGrainModule.g.cs", SourceText.From(code.ToString(), Encoding.UTF8));
    }

    /// <summary>
    /// A type in several parts is read once. Of a class only the parts that name a base are looked at, so the first of those is the one.
    /// </summary>
    private static bool IsFirstDeclaration(INamedTypeSymbol type, SyntaxNode node) =>
        type.DeclaringSyntaxReferences.FirstOrDefault(part => type.TypeKind == TypeKind.Interface || part.GetSyntax() is TypeDeclarationSyntax { BaseList: not null })
            is { } first && first.SyntaxTree == node.SyntaxTree && first.Span == node.Span;

    private static string Literal(string text) => Microsoft.CodeAnalysis.CSharp.SymbolDisplay.FormatLiteral(text, quote: true);
}
