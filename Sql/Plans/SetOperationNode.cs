namespace OrleansFlow.Sql.Plans;

/// <summary>UNION ALL, EXCEPT or INTERSECT by position.</summary>
/// <param name="Kind">Which.</param>
/// <param name="IsAll">Rows count as often as they occur; false for EXCEPT and INTERSECT of different rows.</param>
/// <param name="Inputs">Two or more inputs of the same types.</param>
internal sealed record SetOperationNode(SetOperationKind Kind, bool IsAll, ValueList<PlanNode> Inputs) : PlanNode
{
    public override ValueList<SqlType> Types => Inputs[0].Types;

    public override ValueList<PlanNode> Inputs { get; } = Inputs;

    public override PlanNode WithInputs(ValueList<PlanNode> inputs) => new SetOperationNode(Kind, IsAll, inputs);
}

/// <summary>How two sets of rows are put together.</summary>
internal enum SetOperationKind
{
    Union,
    Except,
    Intersect,
}
