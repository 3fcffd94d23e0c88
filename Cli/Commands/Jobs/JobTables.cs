using System.Globalization;
using OrleansFlow.Cli.Rendering;
using OrleansFlow.Client.Jobs;
using Spectre.Console;

namespace OrleansFlow.Cli.Commands.Jobs;

/// <summary>Streaming jobs as tables and lines.</summary>
internal static class JobTables
{
    public static Table Jobs(IReadOnlyList<FlowStreamJob> jobs)
    {
        var table = new Table().AddColumns("job", "state", "since", "slots", "checkpoint", "restarts", "failure");
        foreach (var job in jobs)
        {
            table.AddRow(Cells(job.JobId, State(job), RunTables.Time(job.SinceUtc), Number(job.Slots), Checkpoint(job), Number(job.RestartCount), job.FailureKind is { } kind ? $"{kind.Wire}: {job.Failure}" : ""));
        }

        return table;
    }

    public static Table Nodes(FlowStreamJob job)
    {
        var table = new Table().AddColumns("node", "what", "subtasks");
        foreach (var node in job.Nodes)
        {
            table.AddRow(Cells(Number(node.Id), node.Description, Number(node.Parallelism)));
        }

        return table;
    }

    public static Table Checkpoints(IReadOnlyList<StreamJobCheckpoint> checkpoints)
    {
        var table = new Table().AddColumns("checkpoint", "generation", "finished", "files", "bytes", "");
        foreach (var one in checkpoints)
        {
            table.AddRow(Cells(one));
        }

        return table;
    }

    public static Table Savepoints(IReadOnlyList<StreamJobSavepoint> savepoints)
    {
        var table = new Table().AddColumns("savepoint", "checkpoint", "generation", "finished", "files", "bytes", "");
        foreach (var one in savepoints)
        {
            table.AddRow([new Text(one.Name), .. Cells(one.Checkpoint)]);
        }

        return table;
    }

    /// <summary>One line: what a script reads.</summary>
    public static string Line(FlowStreamJob job) =>
        $"{job.JobId} {State(job)}, generation {Number(job.Generation)}, checkpoint {Checkpoint(job)}{(job.FailureKind is { } kind ? $", {kind.Wire}: {job.Failure}" : "")}";

    private static Text[] Cells(StreamJobCheckpoint one) => Cells(
        Number(one.Epoch), Number(one.Generation), one.FinishedUtc is { } finished ? RunTables.Time(finished) : "", Number(one.FileCount), one.Bytes.ToString(CultureInfo.InvariantCulture), one.IsCommitting ? "commits" : "");

    private static string State(FlowStreamJob job) => job.Phase.Length == 0 ? job.State.ToString() : $"{job.State} ({job.Phase})";

    private static string Checkpoint(FlowStreamJob job) =>
        (job.Checkpoint is { } newest ? Number(newest) : "none") + (job.CheckpointUnderWay is { } next ? $" ({Number(next)} is under way)" : "");

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    // Texts of users are not markup.
    private static Text[] Cells(params string[] texts) => [.. texts.Select(text => new Text(text))];
}
