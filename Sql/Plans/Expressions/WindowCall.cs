namespace OrleansFlow.Sql.Plans.Expressions;

/// <summary>A function over the rows around a row.</summary>
/// <param name="Name">The function.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Type">Type of the result.</param>
internal sealed record WindowCall(string Name, ValueList<ScalarExpression> Arguments, SqlType Type)
{
    /// <summary>Only rows with equal values are seen; empty for all rows.</summary>
    public ValueList<ScalarExpression> Partitions { get; init; } = [];

    /// <summary>Order of the rows of a partition.</summary>
    public ValueList<OrderKey> Orders { get; init; } = [];

    /// <summary>Order of the arguments inside the frame.</summary>
    public ValueList<OrderKey> ArgumentOrders { get; init; } = [];

    /// <summary>First row of the frame.</summary>
    public FrameBound Start { get; init; } = FrameBound.UnboundedPreceding;

    /// <summary>Last row of the frame.</summary>
    public FrameBound End { get; init; } = FrameBound.CurrentRowRange;

    /// <summary>Words after EXCLUDE, such as <c>TIES</c>; null for none.</summary>
    public string? Exclude { get; init; }

    public bool IgnoreNulls { get; init; }

    public bool IsDistinct { get; init; }

    public ScalarExpression? Filter { get; init; }

    /// <summary>Constants that follow the arguments, such as the fraction of a quantile.</summary>
    public ValueList<ScalarExpression> Constants { get; init; } = [];

    public WindowCall MapColumns(Func<ColumnReference, ScalarExpression> map) => this with
    {
        Arguments = Arguments.Map(argument => argument.MapColumns(map)),
        Partitions = Partitions.Map(partition => partition.MapColumns(map)),
        Orders = Orders.Map(order => order.MapColumns(map)),
        ArgumentOrders = ArgumentOrders.Map(order => order.MapColumns(map)),
        Filter = Filter?.MapColumns(map),
        Start = Start.MapColumns(map),
        End = End.MapColumns(map),
    };
}

/// <summary>An end of a window frame.</summary>
/// <param name="Kind">Where it is.</param>
/// <param name="Unit">What the frame counts.</param>
/// <param name="Offset">How far from the current row; null where there is no distance.</param>
internal sealed record FrameBound(FrameBoundKind Kind, FrameUnit Unit, ScalarExpression? Offset)
{
    public static readonly FrameBound UnboundedPreceding = new(FrameBoundKind.UnboundedPreceding, FrameUnit.Range, null);
    public static readonly FrameBound CurrentRowRange = new(FrameBoundKind.CurrentRow, FrameUnit.Range, null);

    public FrameBound MapColumns(Func<ColumnReference, ScalarExpression> map) => this with { Offset = Offset?.MapColumns(map) };
}

/// <summary>Where a frame begins or ends.</summary>
internal enum FrameBoundKind
{
    UnboundedPreceding,
    Preceding,
    CurrentRow,
    Following,
    UnboundedFollowing,
}

/// <summary>What a frame counts.</summary>
internal enum FrameUnit
{
    Rows,
    Range,
    Groups,
}
