namespace OrleansFlow.Sql.Plans.Expressions;

/// <summary>An aggregate over the rows of a group.</summary>
/// <param name="Name">The function.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Type">Type of the result.</param>
internal sealed record AggregateCall(string Name, ValueList<ScalarExpression> Arguments, SqlType Type)
{
    /// <summary>Each combination of arguments counts once.</summary>
    public bool IsDistinct { get; init; }

    /// <summary>Only rows for which this is true; null for all.</summary>
    public ScalarExpression? Filter { get; init; }

    /// <summary>Order in which the rows are taken; empty where it does not matter.</summary>
    public ValueList<OrderKey> Orders { get; init; } = [];

    /// <summary>Constants that follow the arguments, such as the fraction of a quantile.</summary>
    public ValueList<ScalarExpression> Constants { get; init; } = [];

    public AggregateCall MapColumns(Func<ColumnReference, ScalarExpression> map) => this with
    {
        Arguments = Arguments.Map(argument => argument.MapColumns(map)),
        Filter = Filter?.MapColumns(map),
        Orders = Orders.Map(order => order.MapColumns(map)),
    };

    /// <summary>Every expression of the call.</summary>
    public IEnumerable<ScalarExpression> Expressions() =>
        [.. Arguments, .. Filter is null ? [] : new[] { Filter }, .. Orders.Select(order => order.Value), .. Constants];
}
