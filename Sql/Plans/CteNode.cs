namespace OrleansFlow.Sql.Plans;

/// <summary>A result that is computed once and read by name any number of times inside the body.</summary>
/// <param name="Id">Its number in the plan.</param>
/// <param name="Definition">What is computed.</param>
/// <param name="Body">The result.</param>
internal sealed record CteNode(int Id, PlanNode Definition, PlanNode Body) : PlanNode
{
    public override ValueList<SqlType> Types => Body.Types;

    public override ValueList<PlanNode> Inputs => [Definition, Body];

    public override PlanNode WithInputs(ValueList<PlanNode> inputs) => this with { Definition = inputs[0], Body = inputs[1] };
}

/// <summary>A read of a <see cref="CteNode"/>, or of the last step inside a <see cref="RecursiveNode"/>.</summary>
/// <param name="Id">Number of what is read.</param>
/// <param name="Types">Types of its columns.</param>
internal sealed record CteReferenceNode(int Id, ValueList<SqlType> Types) : PlanNode
{
    public override ValueList<SqlType> Types { get; } = Types;
}

/// <summary>WITH RECURSIVE: the start, then the step over the rows of the last step, until there are none.</summary>
/// <param name="Id">Number by which the step reads.</param>
/// <param name="IsAll">Rows may repeat.</param>
/// <param name="Start">The first rows.</param>
/// <param name="Step">The further rows.</param>
internal sealed record RecursiveNode(int Id, bool IsAll, PlanNode Start, PlanNode Step) : PlanNode
{
    public override ValueList<SqlType> Types => Start.Types;

    public override ValueList<PlanNode> Inputs => [Start, Step];

    public override PlanNode WithInputs(ValueList<PlanNode> inputs) => this with { Start = inputs[0], Step = inputs[1] };
}
