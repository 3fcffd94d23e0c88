using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace OrleansFlow.Workflows.CodeGen;

/// <summary>A diagnostic that can be kept between generator runs (a <see cref="Location"/> would keep a compilation alive).</summary>
internal sealed record MergeProblem(DiagnosticDescriptor Descriptor, string Path, TextSpan Span, LinePositionSpan Lines, string First, string Second, string Third)
{
    public static MergeProblem At(DiagnosticDescriptor descriptor, ISymbol symbol, string first, string second = "", string third = "")
    {
        var location = symbol.Locations.FirstOrDefault(static candidate => candidate.IsInSource);
        var lines = location?.GetLineSpan();
        return new MergeProblem(descriptor, lines?.Path ?? string.Empty, location?.SourceSpan ?? default, lines?.Span ?? default, first, second, third);
    }

    public Diagnostic ToDiagnostic() =>
        Diagnostic.Create(Descriptor, Path.Length == 0 ? Location.None : Location.Create(Path, Span, Lines), First, Second, Third);
}
