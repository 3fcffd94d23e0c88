using OrleansFlow.Engine;

namespace OrleansFlow.Sql.Stages;

/// <summary>Makes a plan that hands on rows into one that writes them.</summary>
public static class SinkPlan
{
    private const string Input = "written";

    private static readonly string[] ColumnTypes = ["VARCHAR", "BIGINT", "BIGINT"];

    /// <summary>Names of the result's columns: what was written, its rows and its bytes.</summary>
    public static IReadOnlyList<string> ResultNames { get; } = ["name", "row_count", "byte_count"];

    /// <summary>
    /// The plan whose rows are written. Where the last stage only gathers the rows of many tasks, those write side by side; else the one task of the last stage does.
    /// </summary>
    /// <param name="plan">A plan of a query.</param>
    /// <param name="sink">Where to write.</param>
    /// <param name="inOneTask">Whether one task has to write everything.</param>
    public static DistributedPlan WritingTo(this DistributedPlan plan, StageSink sink, bool inOneTask)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(sink);
        var stages = plan.Stages.ToList();
        var last = stages[^1];
        var producer = !inOneTask && last is { IsPassThrough: true, Scans.Count: 0, Inputs: [var input] } ? stages.FindIndex(stage => stage.Id == input.StageId) : -1;
        if (producer >= 0 && stages[producer].Outputs is [{ Kind: ExchangeKind.Coalesce, IsMaterialized: false }])
        {
            stages[producer] = Writing(stages[producer], sink);
            stages[^1] = last with { Sql = Text(last.Inputs[0].Name), ColumnTypes = ColumnTypes };
        }
        else
        {
            stages[^1] = Writing(last, sink) with { Outputs = [new StageOutput(ExchangeKind.Coalesce, 1, [], [], IsMaterialized: false)] };
            stages.Add(new QueryStage
            {
                Id = stages.Max(stage => stage.Id) + 1,
                Sql = Text(Input),
                ColumnTypes = ColumnTypes,
                TaskCount = 1,
                Inputs = [new StageInput(Input, last.Id, 0, 0, 1)],
                IsPassThrough = true,
            });
        }

        return plan with { Stages = stages, Names = ResultNames };
    }

    private static QueryStage Writing(QueryStage stage, StageSink sink) =>
        stage with { Sink = sink with { ColumnTypes = stage.ColumnTypes }, ColumnTypes = ColumnTypes, IsPassThrough = false };

    private static string Text(string input) => $"SELECT c0, c1, c2 FROM {EngineText.Quote(input)}";
}
