using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Orleans.CodeGen.Serialization;

/// <summary>A diagnostic that can be kept between generator runs (a <see cref="Location"/> would keep a compilation alive).</summary>
internal sealed record DiagnosticModel(
    DiagnosticDescriptor Descriptor, string Path, TextSpan Span, LinePositionSpan Lines, string First, string Second)
{
    public static DiagnosticModel Create(DiagnosticDescriptor descriptor, ISymbol symbol, string first, string second = "")
    {
        var location = symbol.Locations.FirstOrDefault(static candidate => candidate.IsInSource);
        var lines = location?.GetLineSpan();
        return new DiagnosticModel(
            descriptor, lines?.Path ?? string.Empty, location?.SourceSpan ?? default, lines?.Span ?? default, first, second);
    }

    public Diagnostic ToDiagnostic() =>
        Diagnostic.Create(Descriptor, Path.Length == 0 ? Location.None : Location.Create(Path, Span, Lines), First, Second);
}
