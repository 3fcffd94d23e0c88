using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.History;

/// <summary>Compares where a run stands under two definitions.</summary>
internal static class RunDifference
{
    /// <summary>The first thing in which the runs differ; null when they stand at the same.</summary>
    public static (string Expected, string Found)? Between(WorkflowRunState then, WorkflowRunState now)
    {
        if (then.Status != now.Status || then.FailureCode != now.FailureCode)
        {
            return (Standing(then), Standing(now));
        }

        foreach (var (id, item) in then.Items)
        {
            if (!now.Items.TryGetValue(id, out var other))
            {
                return (Text(then, item), "nothing of it");
            }

            if (Name(then, item) != Name(now, other) || item.Status != other.Status || item.DueUtc != other.DueUtc || item.Input != other.Input || item.Parts.Count != other.Parts.Count)
            {
                return (Text(then, item), Text(now, other));
            }
        }

        if (now.Items.Count > then.Items.Count)
        {
            return ("no other item", Text(now, now.Items.Values.First(item => !then.Items.ContainsKey(item.Id))));
        }

        return then.Outputs.SequenceEqual(now.Outputs) ? null : ($"outputs [{string.Join(", ", then.Outputs)}]", $"[{string.Join(", ", now.Outputs)}]");
    }

    private static string Standing(WorkflowRunState run) => run.Failure is null ? $"the run {run.Status}" : $"the run {run.Status} ({run.Failure.TrimEnd('.')})";

    private static string Name(WorkflowRunState run, WorkItem item) => item.Node < 0 ? item.Update! : run.Workflow.Nodes[item.Node].Name;

    private static string Text(WorkflowRunState run, WorkItem item)
    {
        var due = item.DueUtc is { } time ? $" until {time:O}" : "";
        var parts = item.Parts.IsEmpty ? "" : $" with {item.Parts.Count} items";
        return $"item {item.Id} of '{Name(run, item)}' {item.Status}{parts}{due}";
    }
}
