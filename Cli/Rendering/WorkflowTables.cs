using System.Globalization;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;
using Spectre.Console;

namespace OrleansFlow.Cli.Rendering;

/// <summary>Workflow runs and schedules as terminal tables.</summary>
internal static class WorkflowTables
{
    /// <summary>Characters of an input that a table shows.</summary>
    private const int InputCharsMax = 60;

    public static Table Runs(IReadOnlyList<WorkflowRunView> runs)
    {
        var table = RunTables.New("run", "workflow", "status", "started", "took", "wakes", "attributes", "why");
        foreach (var run in runs)
        {
            table.AddRow(
                RunTables.Text(run.RunId.Value), RunTables.Text($"{run.Workflow}@{run.Version}"), Status(run.Status), RunTables.Text(RunTables.Time(run.StartedUtc)),
                RunTables.Text(run.EndedUtc is { } ended ? string.Create(CultureInfo.InvariantCulture, $"{(ended - run.StartedUtc).TotalSeconds:0.00} s") : ""),
                RunTables.Text(run is { IsEnded: false, NextDueUtc: { } due } ? RunTables.Time(due) : ""),
                RunTables.Text(string.Join(' ', run.Attributes.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Key}={one.Value}"))),
                RunTables.Text(run.Failure ?? ""));
        }

        return table;
    }

    public static Table Items(IReadOnlyList<WorkflowItemView> items)
    {
        var table = RunTables.New("item", "node", "status", "attempts", "epoch", "worker", "until", "input");
        foreach (var item in items)
        {
            table.AddRow(
                RunTables.Text(RunTables.Count(item.Item)), RunTables.Text(item.Node), RunTables.Text(item.Signal is null ? item.Status.ToString() : $"{item.Status} {item.Signal}"),
                RunTables.Text(RunTables.Count(item.Attempts)), RunTables.Text(item.Epoch.ToString(CultureInfo.InvariantCulture)), RunTables.Text(item.Worker.Value),
                RunTables.Text(item.DueUtc is { } due ? RunTables.Time(due) : ""), RunTables.Text(Short(item.Input.IsDefault ? "" : item.Input.ToString())));
        }

        return table;
    }

    public static Table Errors(IReadOnlyList<WorkflowErrorView> errors)
    {
        var table = RunTables.New("at", "item", "node", "attempt", "message");
        foreach (var error in errors)
        {
            table.AddRow(
                RunTables.Text(RunTables.Time(error.TimeUtc)), RunTables.Text(RunTables.Count(error.Item)), RunTables.Text(error.Node),
                RunTables.Text(RunTables.Count(error.Attempt)), RunTables.Text(error.Message));
        }

        return table;
    }

    public static Table Schedules(IReadOnlyList<WorkflowScheduleView> schedules)
    {
        var table = RunTables.New("schedule", "state", "next", "started", "running", "waiting", "skipped", "missed", "refused", "note");
        foreach (var schedule in schedules)
        {
            var state = schedule.IsPaused ? "[yellow]Paused[/]" : schedule.NextUtc.Count > 0 ? "[green]Active[/]" : "[grey]Ended[/]";
            table.AddRow(
                RunTables.Text(schedule.Id), new Markup(state), RunTables.Text(schedule.NextUtc is [var next, ..] ? RunTables.Time(next) : ""),
                RunTables.Text(RunTables.Count(schedule.StartedCount)), RunTables.Text(RunTables.Count(schedule.Running.Count)), RunTables.Text(RunTables.Count(schedule.BufferedCount)),
                RunTables.Text(RunTables.Count(schedule.SkippedCount)), RunTables.Text(RunTables.Count(schedule.MissedCount)), RunTables.Text(RunTables.Count(schedule.RefusedCount)),
                RunTables.Text(schedule.Note ?? ""));
        }

        return table;
    }

    public static Table ScheduleRuns(IReadOnlyList<WorkflowScheduleRun> runs)
    {
        var table = RunTables.New("run", "time", "failure");
        foreach (var run in runs)
        {
            table.AddRow(RunTables.Text(run.Run.Value), RunTables.Text(RunTables.Time(run.TimeUtc)), RunTables.Text(run.Failure ?? ""));
        }

        return table;
    }

    private static Markup Status(WorkflowRunStatus status) => new(status switch
    {
        WorkflowRunStatus.Completed => "[green]Completed[/]",
        WorkflowRunStatus.Failed => "[red]Failed[/]",
        WorkflowRunStatus.Cancelled or WorkflowRunStatus.Paused => $"[yellow]{status}[/]",
        _ => status.ToString(),
    });

    private static string Short(string text) => text.Length > InputCharsMax ? $"{text[..InputCharsMax]}..." : text;
}
