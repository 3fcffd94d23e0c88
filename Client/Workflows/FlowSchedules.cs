using System.Runtime.CompilerServices;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Client.Protocol;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Workflows.V1;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Schedules;

namespace OrleansFlow.Client.Workflows;

/// <summary>Schedules of workflow runs behind the gateway: <see cref="FlowClient.Schedules"/>. Thread-safe.</summary>
/// <remarks>A run's id is made from the schedule's id and the time, so no time is run twice. Runs have the attribute <c>schedule</c>.</remarks>
public sealed class FlowSchedules
{
    private readonly FlowClient _client;

    internal FlowSchedules(FlowClient client) => _client = client;

    /// <summary>Creates a schedule, or changes what it is to do. Durable when it returns.</summary>
    /// <param name="id">Its id; 1 to 96 characters.</param>
    /// <param name="schedule">What it is to do.</param>
    /// <param name="cancellationToken">Stops waiting; it may have happened.</param>
    /// <returns>True when it is new.</returns>
    /// <exception cref="FlowException"><c>bad_input</c> with everything that is wrong.</exception>
    public async Task<bool> PutAsync(string id, WorkflowSchedule schedule, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        schedule.Check();
        var request = new PutScheduleRequest { ScheduleId = id, ScheduleJson = Encoding.UTF8.GetString(schedule.ToUtf8()) };
        return (await _client.CallAsync(ScheduleMethods.Put, request, cancellationToken).ConfigureAwait(false)).Created;
    }

    /// <summary>Where a schedule stands.</summary>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public async Task<WorkflowScheduleView> GetAsync(string id, CancellationToken cancellationToken = default) =>
        ToView(await _client.CallAsync(ScheduleMethods.Get, new GetScheduleRequest { ScheduleId = id }, cancellationToken).ConfigureAwait(false));

    /// <summary>Every schedule by id; pages are fetched as they are needed.</summary>
    /// <param name="cancellationToken">Ends the listing.</param>
    public async IAsyncEnumerable<WorkflowScheduleView> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = new ListSchedulesRequest();
        do
        {
            var page = await _client.CallAsync(ScheduleMethods.List, request, cancellationToken).ConfigureAwait(false);
            foreach (var schedule in page.Schedules)
            {
                yield return ToView(schedule);
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
    }

    /// <summary>Starts nothing by itself until it goes on. Twice is fine.</summary>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public async Task<WorkflowScheduleView> PauseAsync(string id, string note = "", CancellationToken cancellationToken = default) =>
        ToView(await _client.CallAsync(ScheduleMethods.Pause, new PauseScheduleRequest { ScheduleId = id, Note = note }, cancellationToken).ConfigureAwait(false));

    /// <summary>Goes on with the next time; times that came meanwhile are left out. Twice is fine.</summary>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public async Task<WorkflowScheduleView> UnpauseAsync(string id, string note = "", CancellationToken cancellationToken = default) =>
        ToView(await _client.CallAsync(ScheduleMethods.Unpause, new UnpauseScheduleRequest { ScheduleId = id, Note = note }, cancellationToken).ConfigureAwait(false));

    /// <summary>Starts a run now, paused or not.</summary>
    /// <param name="id">The schedule.</param>
    /// <param name="overlap">What happens while another has not ended; null: as the schedule says.</param>
    /// <param name="cancellationToken">Stops waiting; it may have happened.</param>
    /// <exception cref="FlowException"><c>not_found</c>; <c>bad_input</c>: all of its runs were started.</exception>
    public async Task<WorkflowScheduleView> TriggerAsync(string id, ScheduleOverlap? overlap = null, CancellationToken cancellationToken = default) =>
        ToView(await _client.CallAsync(ScheduleMethods.Trigger, new TriggerScheduleRequest { ScheduleId = id, Overlap = ToWire(overlap) }, cancellationToken).ConfigureAwait(false));

    /// <summary>Does the times of a range of the past; one that was run is not run again.</summary>
    /// <param name="id">The schedule.</param>
    /// <param name="fromUtc">From this time on.</param>
    /// <param name="untilUtc">Up to this time; not in the future.</param>
    /// <param name="overlap">What happens while another has not ended; null: one after the other.</param>
    /// <param name="cancellationToken">Stops waiting; it may have happened.</param>
    /// <exception cref="FlowException"><c>not_found</c>; <c>bad_input</c>: the range is not possible, or holds more than 1 000 times.</exception>
    public async Task<WorkflowScheduleView> BackfillAsync(
        string id, DateTimeOffset fromUtc, DateTimeOffset untilUtc, ScheduleOverlap? overlap = null, CancellationToken cancellationToken = default)
    {
        var request = new BackfillScheduleRequest { ScheduleId = id, From = fromUtc.ToTimestamp(), Until = untilUtc.ToTimestamp(), Overlap = ToWire(overlap) };
        return ToView(await _client.CallAsync(ScheduleMethods.Backfill, request, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Deletes a schedule; its runs go on.</summary>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public Task DeleteAsync(string id, CancellationToken cancellationToken = default) =>
        _client.CallAsync(ScheduleMethods.Delete, new DeleteScheduleRequest { ScheduleId = id }, cancellationToken);

    private static Overlap ToWire(ScheduleOverlap? overlap) => overlap is { } value ? (Overlap)((int)value + 1) : Overlap.Unspecified;

    private static WorkflowScheduleView ToView(OrleansFlow.Protocol.Workflows.V1.Schedule schedule) => new()
    {
        Id = schedule.ScheduleId,
        Schedule = schedule.ScheduleJson.ToPayload(),
        IsPaused = schedule.Paused,
        Note = schedule.Note.Length == 0 ? null : schedule.Note,
        NextUtc = [.. schedule.Next.Select(time => time.ToDateTimeOffset())],
        Running = [.. schedule.Running.Select(ToView)],
        BufferedCount = schedule.Buffered,
        Recent = [.. schedule.Recent.Select(ToView)],
        StartedCount = schedule.Started,
        SkippedCount = schedule.Skipped,
        MissedCount = schedule.Missed,
        RefusedCount = schedule.Refused,
        RunsLeft = schedule.HasRunsLeft ? schedule.RunsLeft : null,
    };

    private static WorkflowScheduleRun ToView(ScheduleRun run) =>
        new(new RunId(run.RunId), run.Time?.ToDateTimeOffset() ?? default, run.Failure.Length == 0 ? null : run.Failure);
}
