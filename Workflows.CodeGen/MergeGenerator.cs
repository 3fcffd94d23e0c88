using Microsoft.CodeAnalysis;

namespace OrleansFlow.Workflows.CodeGen;

/// <summary>Writes IMergeable member by member for each type with [Mergeable].</summary>
[Generator(LanguageNames.CSharp)]
public sealed class MergeGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var types = context.SyntaxProvider.ForAttributeWithMetadataName(
            "OrleansFlow.Workflows.Contexts.MergeableAttribute",
            static (_, _) => true,
            static (match, cancellationToken) => MergeReader.Read((INamedTypeSymbol)match.TargetSymbol, cancellationToken));

        context.RegisterSourceOutput(types, static (output, type) =>
        {
            foreach (var problem in type.Problems)
            {
                output.ReportDiagnostic(problem.ToDiagnostic());
            }

            if (type.Problems.Count == 0)
            {
                output.AddSource(type.FileName, MergeWriter.Write(type));
            }
        });
    }
}
