using System.Collections.Concurrent;
using System.Security.Cryptography;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores.Logs;

namespace OrleansFlow.Workflows.Stores;

/// <summary>A store that keeps each run as a log of its events: what all embedded stores have in common, whatever holds their rows.</summary>
/// <remarks>
/// Runs in use are kept in memory as their events left them. A decision is made on that and appended to the log on condition that the log ends
/// where the decision supposes; otherwise the run is read again and decided anew. So correctness needs neither locks nor a single process.
/// </remarks>
public abstract partial class WorkflowLogStore : IWorkflowStore
{
    private readonly IRunLog _log;
    private readonly WorkflowStoreOptions _options;
    private readonly ConcurrentDictionary<RunId, RunSlot> _slots = new();
    private readonly ConcurrentDictionary<WorkflowVersion, CompiledWorkflow> _definitions = new();
    private readonly ConcurrentDictionary<RunId, TaskCompletionSource> _endings = new();
    private readonly ConcurrentDictionary<WorkerId, (WorkerHealth Health, DateTimeOffset WrittenUtc)> _workers = new();
    private readonly ReadyRing _ring = new();
    private readonly KeyLimits _keys = new();
    private readonly WakeQueue _wakes;
    private readonly SemaphoreSlim _careGate = new(1);
    private readonly CancellationTokenSource _stopping = new();

    // Random, so that no other process ever names a commit the same; counted up from there.
    private long _tips = RandomNumberGenerator.GetInt32(int.MaxValue) * (1L << 31);
    private long _uses;
    private int _isSweeping;
    private Task _caring = Task.CompletedTask;

    private protected WorkflowLogStore(IRunLog log, WorkflowStoreOptions? options)
    {
        _log = log;
        _options = options ?? new WorkflowStoreOptions();
        _wakes = new WakeQueue(_options.Time);
    }

    private static FlowException Closed() => new(FlowErrorCode.StoreUnavailable, "The workflow store was closed.");

    private DateTimeOffset NowUtc => _options.Time.GetUtcNow();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _caring.ConfigureAwait(false);
        foreach (var ending in _endings.Values.Concat(_changes.Values))
        {
            ending.TrySetException(Closed());
        }

        _ring.Close();
        await _log.DisposeAsync().ConfigureAwait(false);
        _wakes.Dispose();
        _careGate.Dispose();
        _stopping.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    public async ValueTask RegisterAsync(CompiledWorkflow workflow, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        var version = new WorkflowVersion(workflow.Name, workflow.Version);
        if (_definitions.TryGetValue(version, out var known))
        {
            KeptDefinitions.RequireSame(known, workflow);
            return;
        }

        await _log.SaveDefinitionAsync(workflow, cancellationToken).ConfigureAwait(false);
        _definitions[version] = workflow;
    }

    private protected async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        await _log.OpenAsync(OnChanged, cancellationToken).ConfigureAwait(false);
        await ScanAsync(isOpening: true, cancellationToken).ConfigureAwait(false);
        _caring = CareAsync();
    }

    /// <summary>Decides something about a run, and has it durable before it returns.</summary>
    /// <param name="run">The run.</param>
    /// <param name="choose">The command for a state; null: there is nothing to decide.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The decision; null when there is no such run.</returns>
    private async ValueTask<WorkflowDecision?> DecideAsync(RunId run, Func<WorkflowRunState, WorkflowCommand?> choose, CancellationToken cancellationToken)
    {
        var isFresh = _log.IsExclusive;
        while (await LoadAsync(run, isFresh: false, cancellationToken).ConfigureAwait(false) is { } slot)
        {
            WorkflowDecision decision;
            Task<bool>? commit = null;
            Task<bool> durable;
            lock (slot.Gate)
            {
                if (slot.State is not { } state)
                {
                    continue;
                }

                decision = choose(state) is { } command ? WorkflowRunDecider.Decide(state, command, NowUtc) : new(state, WorkflowAnswer.Idle, []);
                if (!decision.Events.IsDefaultOrEmpty)
                {
                    commit = CommitWhileLockedAsync(slot, decision);
                }

                durable = slot.Durable;
            }

            if (commit is not null)
            {
                if (await commit.WaitAsync(cancellationToken).ConfigureAwait(false))
                {
                    return decision;
                }
            }
            else if (!await IsDurableAsync(durable).ConfigureAwait(false))
            {
                // What nothing was decided on never came to be.
            }
            else if (isFresh)
            {
                return decision;
            }
            else
            {
                // Another process may have changed the run, so that there is something to decide after all.
                isFresh = true;
                await LoadAsync(run, isFresh: true, cancellationToken).ConfigureAwait(false);
            }
        }

        return null;
    }

    /// <summary>Begins to make a decision durable, behind all others of the run.</summary>
    private Task<bool> CommitWhileLockedAsync(RunSlot slot, WorkflowDecision decision)
    {
        var before = slot.State!;
        var (state, tip, nowUtc) = (decision.State, Interlocked.Increment(ref _tips), NowUtc);
        if (decision.Item is { } leased && slot.LeaseCheckUtc is null)
        {
            slot.LeaseCheckUtc = nowUtc + _options.LeaseDuration;
            _wakes.Add(slot.Run, slot.LeaseCheckUtc.Value);
        }

        var hasSnapshot = ++slot.CommitsSinceSnapshot >= _options.CommitsPerSnapshot || state.LogStart != before.LogStart || !ReferenceEquals(state.Workflow, before.Workflow);
        slot.CommitsSinceSnapshot = hasSnapshot ? 0 : slot.CommitsSinceSnapshot;
        var append = _log.AppendAsync(new RunAppend(
            LineOf(slot, state, tip), before.Position, slot.Tip, WorkflowEventJson.ToUtf8(decision.Events), hasSnapshot ? WorkflowRunJson.WriteSnapshot(state) : null));
        (slot.State, slot.Tip) = (state, tip);
        if (state.NextDueUtc is { } due && due != before.NextDueUtc)
        {
            WakeAt(slot.Run, due);
        }

        SettleKeys(slot.Run, state);
        PublishWhileLocked(slot);
        var commit = FinishAsync(slot, append, state);
        slot.Durable = commit;
        return commit;
    }

    private async Task<bool> FinishAsync(RunSlot slot, Task<AppendAnswer> append, WorkflowRunState state)
    {
        try
        {
            if (!(await append.ConfigureAwait(false)).IsAppended)
            {
                Forget(slot);
                return false;
            }
        }
        catch
        {
            // Whether it was written is not known: the run is read again before anything else is decided, and its work is offered again.
            Forget(slot);
            _wakes.Add(slot.Run, NowUtc + CareRetry);
            throw;
        }

        AnnounceChange(slot.Run);
        if (state.IsFinal)
        {
            AnnounceEnd(slot.Run);
        }

        if (!state.Owed.IsEmpty)
        {
            _wakes.Add(slot.Run, NowUtc);
        }

        return true;
    }
}
