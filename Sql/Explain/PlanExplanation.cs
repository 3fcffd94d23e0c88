using System.Globalization;
using System.Text.Json;
using OrleansFlow.Sql.Planning;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Stages;
using OrleansFlow.Sql.Statistics;

namespace OrleansFlow.Sql.Explain;

/// <summary>Writes what planning came to, in any format.</summary>
internal static class PlanExplanation
{
    /// <summary>The plan as a text of the format.</summary>
    /// <param name="attempt">The plan.</param>
    /// <param name="format">The format.</param>
    /// <param name="actuals">What came of its tasks; empty for a plan that was not run.</param>
    public static string Write(PlanAttempt attempt, ExplainFormat format, IReadOnlyList<TaskActual> actuals) => format switch
    {
        ExplainFormat.Text => attempt.Cut is { } cut ? PlanText.Write(cut, actuals) : PlanText.WriteUnread(attempt.Unread!.Reasons),
        ExplainFormat.Json => JsonSerializer.Serialize(Explain(attempt, actuals), ExplainedPlanJson.Default.ExplainedPlan) + "\n",
        ExplainFormat.Graphviz => PlanGraph.WriteGraphviz(Explain(attempt, actuals)),
        ExplainFormat.Mermaid => PlanGraph.WriteMermaid(Explain(attempt, actuals)),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "The format is none of Text, Json, Graphviz and Mermaid."),
    };

    private static ExplainedPlan Explain(PlanAttempt attempt, IReadOnlyList<TaskActual> actuals)
    {
        if (attempt.Cut is not { } plan)
        {
            return new ExplainedPlan(true, attempt.Unread!.Reasons, [new ExplainedStage(1, 1, 1, 1, true, [], [], [], [], null)]);
        }

        return plan.Stages.Count == 0
            ? new ExplainedPlan(true, plan.Reasons, [LocalStage(plan)])
            : new ExplainedPlan(false, plan.Reasons, [.. plan.Stages.Select(stage => Explain(plan, stage) with { Actual = ExplainedActual.Of(stage.Id, actuals) })]);
    }

    private static ExplainedStage LocalStage(CutPlan plan)
    {
        var root = plan.Query.Plan;
        var scans = root.SelfAndInputs().OfType<ScanNode>()
            .Select(scan => new ExplainedScan(plan.TitleOf(scan.Table), [.. scan.Columns.OfType<string>()], 0, 1, 0));
        return new ExplainedStage(1, 1, plan.RowCount, plan.RowCount * SizeEstimator.Width(root.Types), true, [], [.. scans], [], [], Operator(root, plan.TitleOf));
    }

    private static ExplainedStage Explain(CutPlan plan, PendingStage stage) => new(
        stage.Id,
        stage.Part.TaskCount,
        stage.Part.RowCount,
        stage.Part.ByteCount,
        stage == plan.Stages[^1],
        stage.Part.Notes,
        [.. stage.Part.Scans.Select(scan => new ExplainedScan(plan.TitleOf(scan.Table), scan.Columns, scan.FirstTask, scan.TaskCount, scan.Conditions.Count))],
        [.. stage.Part.Inputs.Select(input => new ExplainedInput(
            input.Output.Stage.Id, input.Output.Stage.Outputs.IndexOf(input.Output), Name(input.Output.Kind), input.FirstTask, input.TaskCount))],
        [.. stage.Outputs.Select(output => new ExplainedOutput(
            Name(output.Kind),
            output.PartitionCount,
            [.. output.Keys.Select(key => string.Create(CultureInfo.InvariantCulture, $"c{key}"))],
            [.. output.Order.Select(key => string.Create(CultureInfo.InvariantCulture, $"c{key.Column}{(key.IsDescending ? " desc" : "")}{(key.NullsFirst ? " nulls first" : "")}"))],
            stage.Outputs.Count > 1))],
        Operator(stage.Part.Node, name => Source(plan, stage, name)));

    private static string Source(CutPlan plan, PendingStage stage, string name) =>
        stage.Part.Inputs.FirstOrDefault(input => input.Name == name) is { } read
            ? string.Create(CultureInfo.InvariantCulture, $"[Stage {read.Output.Stage.Id}] {read.Output.Kind}")
            : stage.Part.Scans.FirstOrDefault(scan => scan.Name == name) is { } table ? plan.TitleOf(table.Table) : name;

    private static ExplainedOperator Operator(PlanNode node, Func<string, string> sourceOf) =>
        new(OperatorText.Write(node, sourceOf), [.. node.Inputs.Select(input => Operator(input, sourceOf))]);

    private static string Name(ExchangeKind kind) => kind switch
    {
        ExchangeKind.RoundRobin => "round robin",
        _ => kind.ToString().ToLowerInvariant(),
    };
}
