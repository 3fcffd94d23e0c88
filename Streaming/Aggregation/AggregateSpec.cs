using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>One aggregate over the columns of a batch.</summary>
/// <param name="Kind">Which one.</param>
/// <param name="Argument">Place of the argument's column; null for a count of rows.</param>
/// <param name="ArgumentType">Its type; null without an argument.</param>
/// <param name="ResultType">Type of the result: for sums of whole numbers int64 or decimal128 of scale 0, for those of decimals decimal128 of their scale, else double;
/// for means and variances double; for the others what they are.</param>
public sealed record AggregateSpec(AggregateKind Kind, int? Argument, ArrowType? ArgumentType, ArrowType ResultType)
{
    /// <summary>Place of a bool column: only rows in which it is true count. Default null: all rows count.</summary>
    public int? Filter { get; init; }

    /// <summary>Whether it counts all rows of a group.</summary>
    internal bool IsRowCount => Kind == AggregateKind.Count && Argument is null && Filter is null;
}
