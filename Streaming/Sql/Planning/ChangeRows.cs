using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>Rows that change: each one says whether it comes or is taken back.</summary>
public static class ChangeRows
{
    /// <summary>Name of the column that says it: true for a row that is taken back, which some row before it is equal to but for the event time.</summary>
    public const string RetractColumn = "_is_retract";

    /// <summary>Its field; it stands right before the event time.</summary>
    public static readonly ArrowField RetractField = new(RetractColumn, ArrowType.Boolean, isNullable: false);
}
