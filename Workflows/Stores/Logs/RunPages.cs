namespace OrleansFlow.Workflows.Stores.Logs;

/// <summary>Makes pages of lists that were read one line too far.</summary>
internal static class RunPages
{
    public static RunPage Of(List<WorkflowRunLine> lines, int limit)
    {
        if (lines.Count <= limit)
        {
            return new(lines, null);
        }

        lines.RemoveRange(limit, lines.Count - limit);
        return new(lines, lines[^1].Id.Value);
    }
}
