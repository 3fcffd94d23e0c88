using System.Globalization;
using System.Text;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Sql.Explain;

/// <summary>EXPLAIN as text: the stages, the last one first, each with its tasks, exchanges, operators, and what holds it back.</summary>
internal static class PlanText
{
    public static string Write(CutPlan plan) => Write(plan, []);

    /// <summary>The same with what came of the tasks.</summary>
    public static string Write(CutPlan plan, IReadOnlyList<TaskActual> actuals)
    {
        var text = new StringBuilder();
        if (plan.Stages.Count == 0)
        {
            text.AppendLine("Local: the query runs as it is written, in one task");
            foreach (var reason in plan.Reasons)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"  ! {reason}");
            }

            WriteOperators(text, plan.Query.Plan, plan.TitleOf, 1);
            return text.ToString();
        }

        foreach (var stage in plan.Stages.Reverse())
        {
            WriteStage(text, plan, stage, stage == plan.Stages[^1]);
            foreach (var line in ExplainedActual.Of(stage.Id, actuals) is { } actual ? ActualText.Lines(actual) : [])
            {
                text.AppendLine(line);
            }
        }

        return text.ToString();
    }

    /// <summary>EXPLAIN of a query whose plan cannot be read.</summary>
    public static string WriteUnread(IReadOnlyList<string> reasons) =>
        string.Join(Environment.NewLine, reasons.Select(reason => $"  ! {reason}").Prepend("Local: the query runs as it is written, in one task")) + Environment.NewLine;

    private static void WriteStage(StringBuilder text, CutPlan plan, PendingStage stage, bool isHead)
    {
        text.Append(CultureInfo.InvariantCulture, $"Stage {stage.Id}: tasks={stage.Part.TaskCount}");
        text.Append(isHead ? ", result" : string.Concat(stage.Outputs.Select(output => $", {Exchange(output)}")));
        text.AppendLine(CultureInfo.InvariantCulture, $", rows~{stage.Part.RowCount}");
        foreach (var note in stage.Part.Notes)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  ! {note}");
        }

        string SourceOf(string name)
        {
            if (stage.Part.Inputs.FirstOrDefault(input => input.Name == name) is { } read)
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"[Stage {read.Output.Stage.Id}] {read.Output.Kind} input_tasks={read.Output.Stage.Part.TaskCount}{Tasks(stage, read.FirstTask, read.TaskCount)}");
            }

            return stage.Part.Scans.FirstOrDefault(scan => scan.Name == name) is { } table
                ? $"{plan.TitleOf(table.Table)}{Tasks(stage, table.FirstTask, table.TaskCount)}"
                : name;
        }

        WriteOperators(text, stage.Part.Node, SourceOf, 1);
    }

    // Which tasks of the stage read this; nothing is said when all do.
    private static string Tasks(PendingStage stage, int first, int count) =>
        count == stage.Part.TaskCount ? "" : string.Create(CultureInfo.InvariantCulture, $" t{first}..t{first + count - 1}");

    private static string Exchange(PendingOutput output) => output.Kind switch
    {
        ExchangeKind.Shuffle => string.Create(
            CultureInfo.InvariantCulture, $"shuffle by {string.Join(", ", output.Keys.Select(key => $"c{key}"))} partitions={output.PartitionCount}"),
        ExchangeKind.Merge => $"merge by {string.Join(", ", output.Order.Select(key => $"c{key.Column}{(key.IsDescending ? " desc" : "")}"))}",
        _ => output.Kind.ToString().ToLowerInvariant(),
    };

    private static void WriteOperators(StringBuilder text, PlanNode node, Func<string, string> sourceOf, int depth)
    {
        text.Append(' ', depth * 2).AppendLine(OperatorText.Write(node, sourceOf));
        foreach (var input in node.Inputs)
        {
            WriteOperators(text, input, sourceOf, depth + 1);
        }
    }
}
