using OrleansFlow.Graphs;
using Spectre.Console;

namespace OrleansFlow.Cli.Rendering;

/// <summary>Changes of status and accepted batches as terminal tables.</summary>
internal static class HistoryTables
{
    /// <summary>Of a run and its nodes, oldest first.</summary>
    public static Table Of(RunView run) => Make(
        run.History.Select(change => ("", change)).Concat(run.Nodes.SelectMany(node => node.History.Select(change => (node.NodeId, change)))).OrderBy(one => one.change.AtUtc));

    /// <summary>Of one node.</summary>
    public static Table Of(NodeView node) => Make(node.History.Select(change => (node.NodeId, change)));

    public static Table Batches(IReadOnlyList<ArtifactRef> batches)
    {
        var table = RunTables.New("task", "batch", "epoch", "rows", "bytes", "metrics");
        foreach (var batch in batches)
        {
            table.AddRow(
                RunTables.Text(RunTables.Count(batch.TaskIndex)), RunTables.Text(RunTables.Count(batch.Index)), RunTables.Text(RunTables.Count(batch.Epoch)),
                RunTables.Text(RunTables.Count(batch.Rows)), RunTables.Text(RunTables.Bytes(batch.Bytes)), RunTables.Text(RunTables.Metrics(batch.Metrics)));
        }

        return table;
    }

    private static Table Make(IEnumerable<(string Node, StatusTransition Change)> changes)
    {
        var table = RunTables.New("at", "node", "from", "to", "why");
        foreach (var (node, change) in changes)
        {
            table.AddRow(
                RunTables.Text(RunTables.Time(change.AtUtc)), RunTables.Text(node), RunTables.Text(change.From?.ToString() ?? ""), RunTables.Status(change.To),
                RunTables.Text(change.Reason ?? ""));
        }

        return table;
    }
}
