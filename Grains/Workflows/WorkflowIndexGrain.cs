using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;

namespace OrleansFlow.Grains.Workflows;

/// <summary>One shard of the index of workflow runs, kept by <see cref="WorkflowIndexStore"/>. The runs themselves are the truth.</summary>
/// <remarks>
/// Re-entrant: what is recorded while a write is under way shares the next one. While a run of the shard has not ended a reminder stands, so that
/// the shard, and through it the runs, come back after the loss of every process.
/// </remarks>
[Reentrant]
internal sealed partial class WorkflowIndexGrain : Grain, IWorkflowIndexGrain, IRemindable, IDisposable
{
    private readonly WorkflowIndexStore _store;
    private readonly IWorkflowWaker _waker;
    private readonly LeaseClock _clock;
    private readonly ILogger<WorkflowIndexGrain> _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stopped;

    public WorkflowIndexGrain(IServiceProvider services, LeaseClock clock, IWorkflowWaker waker, ILogger<WorkflowIndexGrain> logger)
    {
        _store = new WorkflowIndexStore(services, clock, DeactivateOnIdle);
        (_clock, _waker, _logger) = (clock, waker, logger);
        _stopped = _stopping.Token;
    }

    public void Dispose() => _stopping.Dispose();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await StoredState.ReadAsync(this.GetGrainId().ToString(), () => _store.LoadAsync(this.GetGrainId()));
        BeginWaking(DateTimeOffset.UnixEpoch);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _stopping.CancelInTurn();
        await _waking;
        await Task.WhenAll(_lanes);
        try
        {
            await _store.FlushAsync();
        }
        catch (Exception exception)
        {
            // Nobody waits for these news: a run whose news are lost is asked again.
            LogNotFlushed(exception, this.GetPrimaryKeyString());
        }

        await _store.WhenIdleAsync();
    }

    public async Task RecordAsync(WorkflowLine line, CancellationToken cancellationToken)
    {
        await EnsureReminderAsync();
        var recorded = _store.RecordAsync(WorkflowIndexLine.Of(line));
        ArmAt(NextUtc());
        await recorded;
        ArmAt(NextUtc());
    }

    public async Task RecordManyAsync(IReadOnlyList<WorkflowLine> lines, bool mayShare, CancellationToken cancellationToken)
    {
        await EnsureReminderAsync();
        var recorded = lines.Select(line => _store.RecordAsync(WorkflowIndexLine.Of(line), mayShare)).ToList();
        ArmAt(NextUtc());
        await Task.WhenAll(recorded);
        ArmAt(NextUtc());
    }

    public Task RemoveAsync(RunId run, DateTimeOffset startedUtc, CancellationToken cancellationToken) => _store.RemoveAsync(run.Value, startedUtc);

    public async Task<IReadOnlyList<WorkflowLine>> ListAsync(WorkflowFilter filter, WorkflowPlace? after, int limit, CancellationToken cancellationToken) =>
        [.. (await _store.ListAsync(filter, after is { } place ? (place.StartedUtc, place.Run.Value) : null, limit)).Select(line => line.ToLine())];

    public Task<int> StartAsync(CancellationToken cancellationToken) => Task.FromResult(_ready.Count + _lanes.Count(lane => !lane.IsCompleted));

    [LoggerMessage(EventId = 1061, Level = LogLevel.Warning, Message = "Workflow run {RunId} could not be woken; it is tried again in {Wait}")]
    private partial void LogNotWoken(Exception exception, string runId, TimeSpan wait);

    [LoggerMessage(EventId = 1062, Level = LogLevel.Warning, Message = "News of shard {Shard} of the workflow index were not written; runs whose news are lost are asked again")]
    private partial void LogNotFlushed(Exception exception, string shard);

    [LoggerMessage(EventId = 1063, Level = LogLevel.Warning, Message = "Shard {Shard} of the workflow index could not look for runs whose time has come; it tries again in {Wait}")]
    private partial void LogNotLooked(Exception exception, string shard, TimeSpan wait);
}
