using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Sql.Stages;

/// <content>Keys of exchanges.</content>
internal sealed partial class StageCutter
{
    /// <summary>
    /// Adds columns until every key is a column whose bytes say whether two values are equal. Of other types (floating point with its two
    /// zeros, intervals, nested ones) it is DuckDB's hash that travels as the key.
    /// </summary>
    /// <returns>The part, with new columns behind its own, and the positions of the keys.</returns>
    private static (StagePart Part, IReadOnlyList<int> Keys) WithKeys(StagePart part, IEnumerable<ScalarExpression> keys)
    {
        var added = new List<ScalarExpression>();
        var positions = new List<int>();
        var count = part.Node.Types.Count;
        foreach (var key in keys)
        {
            if (key is ColumnReference column && key.Type.IsComparedByBytes)
            {
                positions.Add(column.Index);
                continue;
            }

            positions.Add(count + added.Count);
            added.Add(key.Type.IsComparedByBytes ? key : new FunctionExpression("hash", [key], SqlType.UBigInt));
        }

        return (Append(part, added), positions);
    }

    /// <summary>Computed columns behind the part's own.</summary>
    private static StagePart Append(StagePart part, IReadOnlyCollection<ScalarExpression> added) =>
        added.Count == 0 ? part : part.Over(new ProjectNode(part.Node, [.. part.Node.References(), .. added]));

    /// <summary>The first columns of a part.</summary>
    private static StagePart First(StagePart part, int count)
    {
        var node = ProjectNode.Select(part.Node, [.. Enumerable.Range(0, count)]);
        return ReferenceEquals(node, part.Node)
            ? part
            : part.Over(node) with { HashedBy = part.HashedBy?.All(column => column < count) == true ? part.HashedBy : null };
    }

    /// <summary>Whether rows with equal values of these columns are in one task already.</summary>
    private static bool IsTogether(StagePart part, IEnumerable<ScalarExpression> keys)
    {
        var columns = keys.OfType<ColumnReference>().Select(column => column.Index).ToHashSet();
        return part.IsSingle || (part.HashedBy is { Count: > 0 } hashed && hashed.All(columns.Contains));
    }
}
