using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores.Logs;

namespace OrleansFlow.Workflows.Stores;

/// <content>Runs in memory.</content>
public abstract partial class WorkflowLogStore
{
    /// <summary>The run in memory, read when it is not there.</summary>
    /// <param name="run">The run.</param>
    /// <param name="isFresh">Whether what another process may have written must be seen.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private async ValueTask<RunSlot?> LoadAsync(RunId run, bool isFresh, CancellationToken cancellationToken)
    {
        var slot = _slots.GetOrAdd(run, static id => new RunSlot(id));
        bool isLoaded;
        lock (slot.Gate)
        {
            slot.LastUse = Interlocked.Increment(ref _uses);
            isLoaded = slot.State is not null;
        }

        if (isLoaded && isFresh && !_log.IsExclusive)
        {
            var line = await _log.FindAsync(run, cancellationToken).ConfigureAwait(false);
            lock (slot.Gate)
            {
                // Commits of this process that are under way are ahead of the line; when they clash with others they fail by themselves.
                if (line is null || (slot.State is { } state && line.Position >= state.Position && line.Tip != slot.Tip))
                {
                    slot.Forget();
                    isLoaded = false;
                }
            }
        }

        return isLoaded ? slot : await ReadAsync(slot, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<RunSlot?> ReadAsync(RunSlot slot, CancellationToken cancellationToken)
    {
        if (await _log.LoadAsync(slot.Run, cancellationToken).ConfigureAwait(false) is not { } stored)
        {
            _slots.TryRemove(slot.Run, out _);
            return null;
        }

        // The version that it was on then: the rows may move it to another.
        var events = stored.Rows.SelectMany(row => WorkflowEventJson.Read(row)).ToList();
        var version = stored.Snapshot is { } kept ? VersionOf(kept) : VersionOf((WorkflowRunEvent.Started)events[0]);
        var workflow = await DefinitionAsync(version, cancellationToken).ConfigureAwait(false)
            ?? throw new FlowException(FlowErrorCode.StateCorrupt, $"Run '{slot.Run}' was on {version}, which the store does not keep.");
        var state = stored.Snapshot is { } snapshot ? WorkflowRunJson.ReadSnapshot(snapshot, workflow) : WorkflowRunState.None(workflow);
        state = WorkflowRunDecider.ApplyAll(state, events);
        var renewed = await _log.ListRenewedAsync(slot.Run, cancellationToken).ConfigureAwait(false);
        lock (slot.Gate)
        {
            if (slot.State is null)
            {
                // What was read is durable, whatever became of the commits that were forgotten.
                (slot.State, slot.Tip, slot.CommitsSinceSnapshot, slot.Durable) = (state, stored.Line.Tip, stored.Rows.Count, Task.FromResult(true));
                foreach (var lease in renewed)
                {
                    slot.Renewed[lease.Item] = lease;
                }

                SettleKeys(slot.Run, state);
            }
        }

        Sweep();
        return slot;
    }

    private async ValueTask<CompiledWorkflow?> DefinitionAsync(WorkflowVersion version, CancellationToken cancellationToken)
    {
        if (_definitions.TryGetValue(version, out var known))
        {
            return known;
        }

        var found = await _log.FindDefinitionAsync(version, cancellationToken).ConfigureAwait(false);
        return found is null ? null : _definitions.GetOrAdd(new(found.Name, found.Version), found);
    }

    private static WorkflowVersion VersionOf(byte[] snapshot) => WorkflowRunJson.DefinitionOf(snapshot) is var (name, version, _) ? new(name, version) : default;

    private static WorkflowVersion VersionOf(WorkflowRunEvent.Started started) => new(started.Workflow, started.Version);

    private static RunLine LineOf(RunSlot slot, WorkflowRunState state, long tip)
    {
        var leases = !state.IsFinal && Summaries.InFlightCount(state) > 0;
        var needs = (HasWork(state) ? RunNeeds.Work : 0) | (leases ? RunNeeds.Leases : 0) | (state.Owed.IsEmpty ? 0 : RunNeeds.Orders);
        var (due, check) = (state.IsFinal ? null : state.NextDueUtc, leases ? slot.LeaseCheckUtc : null);
        return new RunLine(
            slot.Run,
            new(state.Workflow.Name, state.Workflow.Version),
            state.Status,
            state.StartedUtc,
            state.EndedUtc,
            state.IdempotencyKey,
            state.Position,
            tip,
            needs,
            due < check || check is null ? due : check);
    }

    private static bool HasWork(WorkflowRunState state) => state.Status == WorkflowRunStatus.Running && !state.Pending.IsEmpty;

    private static void Forget(RunSlot slot)
    {
        lock (slot.Gate)
        {
            slot.Forget();
        }
    }

    /// <summary>Whether what is in memory came to be. Why it did not is told to whoever wanted it.</summary>
    private static async ValueTask<bool> IsDurableAsync(Task<bool> durable)
    {
        await ((Task)durable).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return durable.IsCompletedSuccessfully && await durable.ConfigureAwait(false);
    }

    /// <summary>Drops the runs that were not used for longest when there are too many.</summary>
    private void Sweep()
    {
        if (_slots.Count <= _options.RunsInMemoryMax || Interlocked.Exchange(ref _isSweeping, 1) == 1)
        {
            return;
        }

        foreach (var slot in _slots.Values.OrderBy(slot => slot.LastUse).Take(_slots.Count - _options.RunsInMemoryMax + (_options.RunsInMemoryMax / 10)).ToList())
        {
            // One that is still being written would clash with itself, harmlessly but for nothing.
            if (slot.Durable.IsCompleted)
            {
                _slots.TryRemove(slot.Run, out _);
            }
        }

        Volatile.Write(ref _isSweeping, 0);
    }
}
