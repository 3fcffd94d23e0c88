using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Schedules;

namespace OrleansFlow.Grains.Workflows;

/// <summary>A schedule of workflow runs: a thin shell around <see cref="ScheduleDecider"/>.</summary>
/// <remarks>Re-entrant: a call decides on the newest state and waits for the commit that holds its decision. What is owed to runs is delivered after it.</remarks>
[Reentrant]
internal sealed partial class WorkflowScheduleGrain : Grain, IWorkflowScheduleGrain, IRemindable, IDisposable
{
    private readonly IPersistentState<WorkflowScheduleRow> _row;
    private readonly IScheduledRuns _runs;
    private readonly LeaseClock _clock;
    private readonly ILogger<WorkflowScheduleGrain> _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stopped;
    private CommitPump<Kept, ScheduleCommand> _pump = null!;

    public WorkflowScheduleGrain(
        [PersistentState("schedule", FlowGrainStorage.Name)] IPersistentState<WorkflowScheduleRow> row, IScheduledRuns runs, LeaseClock clock, ILogger<WorkflowScheduleGrain> logger)
    {
        (_row, _runs, _clock, _logger) = (row, runs, clock, logger);
        _stopped = _stopping.Token;
    }

    private ScheduleState? Newest => _pump.Tentative.State;

    public void Dispose() => _stopping.Dispose();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var state = _row.State.Schedule.IsDefault
            ? null
            : StoredState.Convert(this.GetGrainId().ToString(), "schedule", () => ScheduleState.Parse(_row.State.Schedule));
        _pump = new CommitPump<Kept, ScheduleCommand>(new Kept(state), WriteAsync, (_, _) => { }, _ => DeactivateOnIdle());
        if (state is not null)
        {
            Arm();
            Deliver();
        }

        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _stopping.CancelInTurn();
        await _delivering;
        await _following;
        await _pump.WhenIdleAsync();
    }

    public async Task<bool> PutAsync(Payload schedule, CancellationToken cancellationToken)
    {
        var id = WorkflowSchedule.CheckId(this.GetPrimaryKeyString());
        var parsed = WorkflowSchedule.Parse(schedule.Utf8.Span);

        // Listed first: a name in the list without a schedule does no harm, a schedule that no list knows does.
        await GrainFactory.GetGrain<IWorkflowScheduleListGrain>(WorkflowShards.KeyOfSchedule(id)).AddAsync(id, cancellationToken);
        if (Newest is not null)
        {
            await ApplyAsync(new ScheduleCommand.Change(parsed));
            return false;
        }

        await CommitAsync(ScheduleDecider.Create(id, parsed, _clock.GetUtcNow()));
        return true;
    }

    public Task<WorkflowScheduleView?> GetAsync(CancellationToken cancellationToken) => Task.FromResult(_pump.Committed.State is { } state ? ViewOf(state) : null);

    public Task<WorkflowScheduleView> PauseAsync(string? note, CancellationToken cancellationToken) => ApplyAsync(new ScheduleCommand.Pause(note));

    public Task<WorkflowScheduleView> UnpauseAsync(string? note, CancellationToken cancellationToken) => ApplyAsync(new ScheduleCommand.Unpause(note));

    public async Task<WorkflowScheduleView> TriggerAsync(ScheduleOverlap? overlap, CancellationToken cancellationToken)
    {
        await RefreshAsync();
        return await ApplyAsync(new ScheduleCommand.Trigger(overlap));
    }

    public async Task<WorkflowScheduleView> BackfillAsync(DateTimeOffset fromUtc, DateTimeOffset untilUtc, ScheduleOverlap overlap, CancellationToken cancellationToken)
    {
        await RefreshAsync();
        return await ApplyAsync(new ScheduleCommand.Backfill(fromUtc, untilUtc, overlap));
    }

    public async Task<bool> DeleteAsync(CancellationToken cancellationToken)
    {
        var isThere = Newest is not null;
        if (isThere)
        {
            await CommitAsync(null);
        }

        await GrainFactory.GetGrain<IWorkflowScheduleListGrain>(WorkflowShards.KeyOfSchedule(this.GetPrimaryKeyString())).RemoveAsync(this.GetPrimaryKeyString(), cancellationToken);
        return isThere;
    }

    private static WorkflowScheduleView ViewOf(ScheduleState state) => new()
    {
        Id = state.Id,
        Schedule = new Payload(state.Schedule.ToUtf8()),
        IsPaused = state.IsPaused,
        Note = state.Note,
        NextUtc = state.NextTimes(WorkflowScheduleView.NextShown),
        Running = [.. state.Running.Select(RunOf)],
        BufferedCount = state.Buffer.Count,
        Recent = [.. state.Recent.Select(RunOf)],
        StartedCount = state.StartedCount,
        SkippedCount = state.SkippedCount,
        MissedCount = state.MissedCount,
        RefusedCount = state.RefusedCount,
        RunsLeft = state.RunsLeft,
    };

    private static WorkflowScheduleRun RunOf(ScheduleStart start) => new(new RunId(start.Run), start.TimeUtc, start.Failure);

    private async Task<WorkflowScheduleView> ApplyAsync(ScheduleCommand command)
    {
        var before = Newest ?? throw new FlowException(FlowErrorCode.NotFound, $"There is no schedule '{this.GetPrimaryKeyString()}'. 'flow schedule list' lists those that exist.");
        var next = ScheduleDecider.Decide(before, command, _clock.GetUtcNow());
        if (!ReferenceEquals(next, before))
        {
            await CommitAsync(next);
        }

        return ViewOf(next);
    }

    private async Task CommitAsync(ScheduleState? next)
    {
        await _pump.StageAsync(new Kept(next), []);
        Arm();
        Deliver();
        await EnsureReminderAsync();
    }

    private async Task WriteAsync(Kept kept, IReadOnlyList<ScheduleCommand> commands)
    {
        if (kept.State is { } state)
        {
            _row.State = new WorkflowScheduleRow { Schedule = state.ToPayload() };
            await _row.WriteStateAsync(CancellationToken.None);
        }
        else
        {
            await _row.ClearStateAsync(CancellationToken.None);
        }
    }

    /// <summary>The schedule, if there is one.</summary>
    private sealed record Kept(ScheduleState? State);

    [LoggerMessage(EventId = 1064, Level = LogLevel.Warning, Message = "Schedule {Schedule} could not {Kind} run {RunId}; it tries again")]
    private partial void LogNotDelivered(Exception exception, string schedule, ScheduleOrderKind kind, string runId);

    [LoggerMessage(EventId = 1065, Level = LogLevel.Warning, Message = "Schedule {Schedule} could not do what its time asks for; it tries again in {Wait}")]
    private partial void LogNotTicked(Exception exception, string schedule, TimeSpan wait);
}
