namespace OrleansFlow.Errors;

/// <summary>One fault of a document, so that all are reported at once.</summary>
/// <param name="Code">Stable text, for example <c>graph_cycle</c>.</param>
/// <param name="Path">Where in the document, for example <c>nodes[2].depends_on[0]</c>; empty for the whole.</param>
/// <param name="Message">Names the thing, the bad value and the way out.</param>
public sealed record FlowProblem(string Code, string Path, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => Path.Length == 0 ? $"{Code}: {Message}" : $"{Code} at {Path}: {Message}";
}
