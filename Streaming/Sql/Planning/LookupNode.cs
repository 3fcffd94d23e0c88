using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>Each row with the row of a lookup table that has its key: the columns of the input, those of the table, nulls where it has no such row, and whether it has.</summary>
/// <param name="Input">The rows.</param>
/// <param name="Table">The table that is looked up.</param>
/// <param name="Keys">Values of the input for the columns of the table's primary key, of their types and in their order.</param>
/// <param name="TableTypes">Types of the table's columns.</param>
internal sealed record LookupNode(PlanNode Input, string Table, ValueList<ScalarExpression> Keys, ValueList<SqlType> TableTypes) : PlanNode
{
    public override ValueList<SqlType> Types => [.. Input.Types, .. TableTypes, SqlType.Boolean];

    public override ValueList<PlanNode> Inputs => [Input];

    public override PlanNode WithInputs(ValueList<PlanNode> inputs) => this with { Input = inputs[0] };
}
