using System.Globalization;
using OrleansFlow.Client;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;
using Spectre.Console;

namespace OrleansFlow.Cli.Rendering;

/// <summary>Runs, nodes, tasks and workers as terminal tables.</summary>
internal static class RunTables
{
    /// <summary>Characters of an item that a table shows.</summary>
    private const int ItemCharsMax = 60;

    public static Table Runs(IReadOnlyList<RunView> runs)
    {
        var table = New("run", "graph", "status", "submitted", "took", "why");
        foreach (var run in runs)
        {
            table.AddRow(
                Text(run.RunId.Value), Text(run.GraphName), Status(run.Status), Text(Time(run.SubmittedUtc)), Text(Took(run.SubmittedUtc, run.EndedUtc)),
                Text(run.Failure?.Message ?? run.CancelReason ?? ""));
        }

        return table;
    }

    public static Table Summary(RunView run) => Runs([run]);

    public static Table Nodes(RunView run)
    {
        if (run.NodeCount > run.Nodes.Count)
        {
            var states = New("status", "nodes");
            foreach (var (status, count) in run.NodeStates)
            {
                states.AddRow(Status(status), Text(Count(count)));
            }

            return states;
        }

        var table = New("node", "role", "status", "tasks", "batches", "rows", "bytes", "took");
        foreach (var node in run.Nodes)
        {
            table.AddRow(
                Text(node.NodeId), Text(node.Role), Status(node.Status), Text($"{node.CompletedCount}/{node.TaskCount}"), Text(Count(node.Batches)), Text(Count(node.Rows)),
                Text(Bytes(node.Bytes)), Text(node.StartedUtc is { } started ? Took(started, node.EndedUtc) : ""));
        }

        return table;
    }

    public static Table Tasks(IReadOnlyList<TaskView> tasks)
    {
        var table = New("task", "status", "attempt", "epoch", "worker", "batches", "why");
        foreach (var task in tasks)
        {
            table.AddRow(
                Text(Name(task)), Text(task.Status.ToString()), Text(Count(task.Attempt)), Text(Count(task.Epoch)), Text(task.Worker.Value),
                Text(Count(task.Batches)), Text(task.Failure?.Message ?? ""));
        }

        return table;
    }

    public static Table Workers(IReadOnlyList<FlowWorker> workers)
    {
        var table = New("worker", "state", "roles", "slots", "process", "host", "version", "last seen");
        foreach (var worker in workers)
        {
            var colour = worker.Liveness == WorkerLiveness.Online ? "green" : worker.Liveness == WorkerLiveness.Offline ? "grey" : "yellow";
            table.AddRow(
                Text(worker.WorkerId.Value), new Markup($"[{colour}]{worker.Liveness}[/]"), Text(string.Join(' ', worker.Roles)),
                Text($"{worker.UsedSlots}/{worker.Slots}"), Text(Count(worker.ProcessId)), Text(worker.Host), Text(worker.Version), Text(Time(worker.LastSeenUtc)));
        }

        return table;
    }

    public static Table Leases(IReadOnlyList<FlowWorkerLease> leases, DateTimeOffset nowUtc)
    {
        var table = New("run", "node", "task", "epoch", "state", "attempt", "progress", "age", "ends in", "checkpoint");
        foreach (var lease in leases)
        {
            var isRun = !lease.TaskId.IsStandalone;
            table.AddRow(
                Text(isRun ? lease.TaskId.RunId.Value : ""), Text(isRun ? lease.TaskId.Node : ""), Text(isRun ? Count(lease.TaskId.Index) : lease.TaskId.Value),
                Text(lease.Epoch.ToString(CultureInfo.InvariantCulture)), Text(lease.Status.ToString()), Text(Count(lease.Attempt)), Text($"{100 * lease.Progress:0} %"),
                Text(lease.GrantedUtc is { } granted ? Took(granted, nowUtc) : ""), Text(lease.ExpiresUtc is { } ends ? Took(nowUtc, ends) : ""),
                Text(lease.CheckpointBytes > 0 ? $"{Bytes(lease.CheckpointBytes)}, {Took(lease.CheckpointedUtc ?? nowUtc, nowUtc)} ago" : ""));
        }

        return table;
    }

    /// <summary>1024-based, for example <c>4.2 MiB</c>.</summary>
    public static string Bytes(double bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var unit = 0;
        for (; bytes >= 1024 && unit < units.Length - 1; unit++)
        {
            bytes /= 1024;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{bytes:0.#} {units[unit]}");
    }

    /// <summary>With thousands separated by spaces.</summary>
    public static string Count(double count) => count.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' ');

    /// <summary>Each name with its number, in the order of the names.</summary>
    public static string Metrics(IReadOnlyDictionary<string, double>? metrics) => string.Join(
        ", ", (metrics ?? new Dictionary<string, double>()).OrderBy(metric => metric.Key, StringComparer.Ordinal).Select(metric => string.Create(CultureInfo.InvariantCulture, $"{metric.Key} {metric.Value:0.######}")));

    internal static Table New(params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = TableBorder.Rounded };
        foreach (var column in columns)
        {
            table.AddColumn(column);
        }

        return table;
    }

    internal static Markup Status(RunStatus status) => new(status switch
    {
        RunStatus.Completed => "[green]Completed[/]",
        RunStatus.Failed => "[red]Failed[/]",
        RunStatus.Skipped => "[grey]Skipped[/]",
        RunStatus.Cancelled or RunStatus.Cancelling or RunStatus.Paused or RunStatus.Compensating => $"[yellow]{status}[/]",
        _ => status.ToString(),
    });

    /// <summary>A task of a scattered node is known by its item.</summary>
    private static string Name(TaskView task) => task.ItemJson is { } item
        ? string.Create(CultureInfo.InvariantCulture, $"{task.TaskId.Node}[{task.TaskId.Index}] {(item.Length > ItemCharsMax ? $"{item[..ItemCharsMax]}..." : item)}")
        : task.TaskId.Value;

    internal static Text Text(string text) => new(text);

    internal static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Took(DateTimeOffset from, DateTimeOffset? to) =>
        to is { } end ? string.Create(CultureInfo.InvariantCulture, $"{(end - from).TotalSeconds:0.00} s") : "";
}
