using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Expressions;

/// <summary>A path in an expression, for checks before it is used.</summary>
/// <param name="Segments">Its names; at least one.</param>
/// <param name="Position">Where it begins, in characters from 0.</param>
public sealed record ExpressionPath(ImmutableArray<string> Segments, int Position)
{
    /// <inheritdoc/>
    public override string ToString() => string.Join('.', Segments);
}
