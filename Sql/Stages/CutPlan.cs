using OrleansFlow.Engine;
using OrleansFlow.Sql.Planning;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Rendering;

namespace OrleansFlow.Sql.Stages;

/// <summary>A query cut into stages, with the operators of each.</summary>
/// <param name="query">The query.</param>
/// <param name="stages">The stages, producers first; none for a query that runs as it is written.</param>
internal sealed class CutPlan(PlannedQuery query, IReadOnlyList<PendingStage> stages)
{
    private IReadOnlyList<string> _reasons = [];

    public PlannedQuery Query { get; } = query;

    public IReadOnlyList<PendingStage> Stages { get; } = stages;

    /// <summary>Tables that the text made of files.</summary>
    public IReadOnlyList<PlannedFiles> Files { get; private set; } = [];

    /// <summary>Rows that the query is expected to make.</summary>
    public long RowCount { get; private init; } = stages.Count == 0 ? 1 : stages[^1].Part.RowCount;

    /// <summary>Why it runs in fewer tasks than it might.</summary>
    public IReadOnlyList<string> Reasons => [.. Stages.SelectMany(stage => stage.Part.Notes).Concat(_reasons).Distinct(StringComparer.Ordinal)];

    /// <summary>One task that runs the user's text.</summary>
    /// <param name="query">The query.</param>
    /// <param name="reasons">Why it runs in one.</param>
    /// <param name="rowCount">Rows that it is expected to make.</param>
    public static CutPlan Local(PlannedQuery query, IReadOnlyList<string> reasons, long rowCount) => new(query, []) { _reasons = reasons, RowCount = rowCount };

    /// <summary>The same plan, with the tables that its text made of files.</summary>
    public CutPlan Reading(IReadOnlyList<PlannedFiles> files)
    {
        Files = files;
        return this;
    }

    /// <summary>The plan as it travels.</summary>
    /// <exception cref="Reading.PlanReadException">A fragment has no SQL form.</exception>
    public DistributedPlan ToDistributedPlan() => Stages.Count == 0
        ? new DistributedPlan { Stages = [LocalStage()], Names = [.. Query.Names], IsLocal = true, Reasons = Reasons, Files = Files, Calls = Query.Calls, Source = new PlanAttempt(this, null) }
        : new DistributedPlan { Stages = [.. Stages.Select(ToStage)], Names = [.. Query.Names], Reasons = Reasons, Files = Files, Calls = Query.Calls, Source = new PlanAttempt(this, null) };

    /// <summary>A table as people know it.</summary>
    public string TitleOf(string table) =>
        Files.FirstOrDefault(file => file.Table == table) is { } made ? string.Join(", ", made.Source.Paths.Select(EngineText.Literal)) : table;

    // Where only the number of rows matters the text has one constant column; whoever reads none of its tasks has to know that too.
    private static readonly string[] OneColumn = ["INTEGER"];

    private QueryStage LocalStage() => new()
    {
        Id = 1,
        Sql = Query.Sql,
        ColumnTypes = [.. Query.Plan.Types.Select(type => type.ToString())],
        TaskCount = 1,
        Scans = [.. Query.Plan.SelfAndInputs().OfType<ScanNode>().Select(scan => scan.Table).Distinct(StringComparer.OrdinalIgnoreCase).Select(table => new StageScan(table, table, [], 0, 1))],
    };

    private static QueryStage ToStage(PendingStage stage)
    {
        var divisible = DivisibleInputs.Of(stage.Part.Node);
        return new QueryStage
        {
            Id = stage.Id,
            Sql = SqlRenderer.Render(stage.Part.Node),
            ColumnTypes = stage.Part.Node.Types.Count > 0 ? [.. stage.Part.Node.Types.Select(type => type.ToString())] : OneColumn,
            TaskCount = stage.Part.TaskCount,
            Scans = stage.Part.Scans,
            Inputs =
            [
                .. stage.Part.Inputs.Select(input => new StageInput(
                    input.Name, input.Output.Stage.Id, input.Output.Stage.Outputs.IndexOf(input.Output), input.FirstTask, input.TaskCount)
                {
                    IsDivisible = divisible.Contains(input.Name),
                }),
            ],
            Outputs = [.. stage.Outputs.Select(output => new StageOutput(output.Kind, output.PartitionCount, output.Keys, output.Order, stage.Outputs.Count > 1 || output.IsReadAgain))],
            JoinFilters = OrleansFlow.Sql.Stages.JoinFilters.Of(stage.Part.Node),
            IsPassThrough = stage.Part.Node is InputNode,
            IsVolatile = !RepeatableRows.AreMadeBy(stage.Part.Node),
            EstimatedRowCount = stage.Part.RowCount,
            Notes = stage.Part.Notes,
        };
    }
}
