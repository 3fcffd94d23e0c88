using System.Globalization;
using OrleansFlow.Cli.Rendering;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansFlow.Cli.Demo;

/// <summary>Draws a <see cref="DemoState"/>: a bar per node, tasks running per worker, rows and bytes.</summary>
internal static class DemoDisplay
{
    private const int BarWidth = 40;

    public static IRenderable Draw(DemoState state, IReadOnlyList<WorkerId> workers, WorkerId killed, TimeSpan elapsed)
    {
        var nodes = new Table { Border = TableBorder.None, ShowHeaders = false };
        nodes.AddColumns("node", "bar", "tasks", "batches");
        foreach (var node in state.Nodes)
        {
            nodes.AddRow(
                new Markup($"[bold]{Markup.Escape(node.NodeId)}[/]"),
                new Markup(Bar(node)),
                new Text($"{node.Completed}/{node.TaskCount} tasks"),
                new Text($"{RunTables.Count(node.Batches)} batches, {RunTables.Bytes(node.Bytes)}"));
        }

        var people = new Table { Border = TableBorder.None, ShowHeaders = false };
        people.AddColumns("worker", "tasks");
        foreach (var worker in workers)
        {
            var running = string.Join(' ', state.RunningOn(worker).Select(task => $"{task.TaskId.Node}/{task.TaskId.Index}").Order(StringComparer.Ordinal));
            people.AddRow(
                new Markup(worker == killed ? $"[red]{worker.Value} killed[/]" : $"[green]{worker.Value}[/]"),
                new Text(running.Length == 0 ? "idle" : running));
        }

        var seconds = Math.Max(elapsed.TotalSeconds, 0.001);
        return new Rows(
            nodes,
            people,
            new Text(string.Create(
                CultureInfo.InvariantCulture,
                $"{RunTables.Count(state.Rows)} rows moved, {RunTables.Count(state.Rows / seconds)} rows/s, {RunTables.Bytes(state.Bytes)}, {seconds:0.0} s")));
    }

    /// <summary>One line for terminals that cannot redraw.</summary>
    public static string Line(DemoState state) => string.Join(
        "   ", state.Nodes.Select(node => $"{node.NodeId} {node.Completed}/{node.TaskCount} tasks {node.Batches} batches"));

    private static string Bar(DemoState.NodeProgress node)
    {
        var filled = node.TaskCount == 0 ? 0 : BarWidth * node.Completed / node.TaskCount;
        var running = node.TaskCount == 0 ? 0 : Math.Min(BarWidth - filled, (BarWidth * node.Running + node.TaskCount - 1) / node.TaskCount);
        var colour = node.Status == RunStatus.Completed ? "green" : "blue";
        return $"[{colour}]{new string('█', filled)}[/][yellow]{new string('▒', running)}[/][grey]{new string('·', BarWidth - filled - running)}[/]";
    }
}
