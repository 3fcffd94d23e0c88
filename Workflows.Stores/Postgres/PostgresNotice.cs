using System.Text.Json;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores.Logs;

namespace OrleansFlow.Workflows.Stores.Postgres;

/// <summary>What processes tell each other of a commit. Well below the 8 000 bytes that a notification may have.</summary>
internal sealed record PostgresNotice(string By, string Run, string Workflow, int Version, int Status, long Started, long? Ended, long Position, long Tip, int Needs, long? Wake)
{
    public static string Of(string by, RunLine line) => JsonSerializer.Serialize(new PostgresNotice(
        by,
        line.Id.Value,
        line.Workflow.Name,
        line.Workflow.Version,
        (int)line.Status,
        line.StartedUtc.UtcTicks,
        line.EndedUtc?.UtcTicks,
        line.Position,
        line.Tip,
        (int)line.Needs,
        line.WakeUtc?.UtcTicks));

    /// <summary>The line that another process has written; null when it was this one.</summary>
    public static RunLine? Read(string payload, string by) =>
        JsonSerializer.Deserialize<PostgresNotice>(payload) is { } notice && notice.By != by
            ? new RunLine(
                new RunId(notice.Run),
                new(notice.Workflow, notice.Version),
                (WorkflowRunStatus)notice.Status,
                At(notice.Started),
                notice.Ended is { } ended ? At(ended) : null,
                null,
                notice.Position,
                notice.Tip,
                (RunNeeds)notice.Needs,
                notice.Wake is { } wake ? At(wake) : null)
            : null;

    private static DateTimeOffset At(long ticks) => new(ticks, TimeSpan.Zero);
}
