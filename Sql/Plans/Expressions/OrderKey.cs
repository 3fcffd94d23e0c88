namespace OrleansFlow.Sql.Plans.Expressions;

/// <summary>One key of an order.</summary>
/// <param name="Value">What is compared.</param>
/// <param name="IsDescending">Largest first.</param>
/// <param name="NullsFirst">NULL before everything else.</param>
internal sealed record OrderKey(ScalarExpression Value, bool IsDescending, bool NullsFirst)
{
    public OrderKey MapColumns(Func<ColumnReference, ScalarExpression> map) => this with { Value = Value.MapColumns(map) };
}
