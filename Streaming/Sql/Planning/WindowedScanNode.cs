using OrleansFlow.Sql.Plans;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <summary>A scan of a table in memory whose rows are of windows.</summary>
/// <param name="Scan">The scan.</param>
/// <param name="Windows">Places of its columns that hold the window.</param>
internal sealed record WindowedScanNode(ScanNode Scan, IReadOnlySet<int> Windows) : PlanNode
{
    public override ValueList<SqlType> Types => Scan.Types;

    public override ValueList<PlanNode> Inputs => [];

    public override PlanNode WithInputs(ValueList<PlanNode> inputs) => this;
}
