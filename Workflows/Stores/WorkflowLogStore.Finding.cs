using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores.Logs;

namespace OrleansFlow.Workflows.Stores;

/// <content>How runs that need something are found.</content>
public abstract partial class WorkflowLogStore
{
    /// <summary>Looks through the rows for runs that need something, soon or now.</summary>
    private async ValueTask ScanAsync(bool isOpening, CancellationToken cancellationToken)
    {
        var (after, untilUtc) = (default(RunId), NowUtc + Horizon);
        while (true)
        {
            var lines = await _log.ListCaresAsync(untilUtc, after, ScanPage, cancellationToken).ConfigureAwait(false);
            foreach (var line in lines)
            {
                await SortAsync(line, isOpening, cancellationToken).ConfigureAwait(false);
            }

            if (lines.Count < ScanPage)
            {
                break;
            }

            after = lines[^1].Id;
        }

        _wakes.Add(default, NowUtc + (Horizon / 2));
    }

    private async ValueTask SortAsync(RunLine line, bool isOpening, CancellationToken cancellationToken)
    {
        if (isOpening && _log.IsExclusive && line.Needs.HasFlag(RunNeeds.Leases))
        {
            await CareAsync(line.Id, isOpening: true, cancellationToken).ConfigureAwait(false);
        }
        else if (line.Needs.HasFlag(RunNeeds.Orders))
        {
            _wakes.Add(line.Id, NowUtc);
        }
        else
        {
            if (line.WakeUtc is { } wakeUtc)
            {
                _wakes.Add(line.Id, wakeUtc);
            }

            if (line.Needs.HasFlag(RunNeeds.Work) && await DefinitionAsync(line.Workflow, cancellationToken).ConfigureAwait(false) is not null)
            {
                AddWork(line);
            }
        }
    }

    private void PublishWhileLocked(RunSlot slot)
    {
        if (slot.State is { } state && HasWork(state))
        {
            foreach (var role in Roles.WithWork(state))
            {
                _ring.Add(slot.Run, new(state.Workflow.Name, state.Workflow.Version), role);
            }
        }
    }

    private void SettleKeys(RunId run, WorkflowRunState? state)
    {
        foreach (var waiting in _keys.Settle(run, state))
        {
            _wakes.Add(waiting, NowUtc);
        }
    }

    private void WakeAt(RunId run, DateTimeOffset dueUtc)
    {
        if (dueUtc < NowUtc + Horizon)
        {
            _wakes.Add(run, dueUtc);
        }
    }

    private void AnnounceEnd(RunId run)
    {
        if (_endings.TryRemove(run, out var ending))
        {
            ending.TrySetResult();
        }
    }

    /// <summary>Another process has written a run; null: runs that are not known.</summary>
    private void OnChanged(RunLine? line)
    {
        if (line is null)
        {
            foreach (var slot in _slots.Values)
            {
                ForgetIfBehind(slot, null);
            }

            foreach (var run in _endings.Keys)
            {
                _wakes.Add(run, NowUtc);
            }

            foreach (var run in _changes.Keys)
            {
                AnnounceChange(run);
            }

            _wakes.Add(default, NowUtc);
            return;
        }

        if (_slots.TryGetValue(line.Id, out var known))
        {
            ForgetIfBehind(known, line);
        }

        AnnounceChange(line.Id);
        if (line.EndedUtc is not null)
        {
            AnnounceEnd(line.Id);
        }

        if (line.WakeUtc is { } wakeUtc)
        {
            WakeAt(line.Id, wakeUtc);
        }

        if (line.Needs.HasFlag(RunNeeds.Orders))
        {
            _wakes.Add(line.Id, NowUtc);
        }
        else if (line.Needs.HasFlag(RunNeeds.Work))
        {
            AddWork(line);
        }
    }

    /// <summary>Commits of this process that are under way are left alone: if they clash with others they fail by themselves.</summary>
    private static void ForgetIfBehind(RunSlot slot, RunLine? line)
    {
        lock (slot.Gate)
        {
            if (slot.State is { } state && slot.Durable.IsCompleted && (line is null || (line.Tip != slot.Tip && line.Position >= state.Position)))
            {
                slot.Forget();
            }
        }
    }

    /// <summary>Offers a run that was not read: whether it has work for each of its roles is found out by whoever takes it.</summary>
    private void AddWork(RunLine line)
    {
        if (!_definitions.TryGetValue(line.Workflow, out var workflow))
        {
            _wakes.Add(line.Id, NowUtc);
            return;
        }

        foreach (var role in Roles.OfAll(workflow))
        {
            _ring.Add(line.Id, line.Workflow, role);
        }
    }
}
