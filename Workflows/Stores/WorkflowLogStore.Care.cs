using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores.Logs;

namespace OrleansFlow.Workflows.Stores;

/// <content>What a store does by itself: ends waits and leases when their time has come, and carries out what runs owe to each other.</content>
public abstract partial class WorkflowLogStore
{
    private const int ScanPage = 1_000;
    private const int CaresAtOnce = 64;
    private static readonly TimeSpan CareRetry = TimeSpan.FromSeconds(1);

    /// <summary>Waits that end later than this are left in the rows; they are looked for twice in that time.</summary>
    private static readonly TimeSpan Horizon = TimeSpan.FromMinutes(10);

    private async Task CareAsync()
    {
        while (true)
        {
            try
            {
                await _wakes.WaitAsync(_stopping.Token).ConfigureAwait(false);
                await CareForDueAsync(_stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async ValueTask CareForDueAsync(CancellationToken cancellationToken)
    {
        await _careGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var due = new List<Task>(CaresAtOnce);
            while (_wakes.TryTake(out var run))
            {
                due.Add(TryCareAsync(run));
                if (due.Count == CaresAtOnce)
                {
                    await Task.WhenAll(due).ConfigureAwait(false);
                    due.Clear();
                }
            }

            await Task.WhenAll(due).ConfigureAwait(false);
        }
        finally
        {
            _careGate.Release();
        }
    }

    private async Task TryCareAsync(RunId run)
    {
        try
        {
            if (run.IsDefault)
            {
                await ScanAsync(isOpening: false, _stopping.Token).ConfigureAwait(false);
            }
            else
            {
                await CareAsync(run, isOpening: false, _stopping.Token).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (!_stopping.IsCancellationRequested)
        {
            LogCareFailed(_options.Logger, error, run.Value);
            _wakes.Add(run, NowUtc + CareRetry);
        }
        catch (OperationCanceledException)
        {
            // The store is being closed: whoever opens it next finds the run again.
        }
    }

    /// <summary>Does all that a run needs now; repeating it is harmless.</summary>
    private async ValueTask CareAsync(RunId run, bool isOpening, CancellationToken cancellationToken)
    {
        if (await LoadAsync(run, isFresh: true, cancellationToken).ConfigureAwait(false) is not { } slot)
        {
            AnnounceEnd(run);
            return;
        }

        await DecideAsync(run, state => !state.IsFinal && state.NextDueUtc <= NowUtc ? new WorkflowCommand.Tick() : null, cancellationToken).ConfigureAwait(false);
        foreach (var (item, epoch) in await ExpiredAsync(slot, isOpening, cancellationToken).ConfigureAwait(false))
        {
            await DecideAsync(run, _ => new WorkflowCommand.Lose(item, epoch), cancellationToken).ConfigureAwait(false);
        }

        WorkflowRunState? state;
        lock (slot.Gate)
        {
            state = slot.State;
            PublishWhileLocked(slot);
            if (state is { IsFinal: false, NextDueUtc: { } due })
            {
                WakeAt(run, due);
            }
        }

        if (state is { IsFinal: true })
        {
            AnnounceEnd(run);
        }

        foreach (var order in state?.Owed.Values ?? [])
        {
            await DeliverAsync(run, order, cancellationToken).ConfigureAwait(false);
            await DecideAsync(run, _ => new WorkflowCommand.Delivered(order.Number), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The leases of a run that have expired; of the others it is noted when to look again.</summary>
    private async ValueTask<List<(long Item, long Epoch)>> ExpiredAsync(RunSlot slot, bool isOpening, CancellationToken cancellationToken)
    {
        if (!_log.IsExclusive)
        {
            var renewed = await _log.ListRenewedAsync(slot.Run, cancellationToken).ConfigureAwait(false);
            lock (slot.Gate)
            {
                foreach (var lease in renewed)
                {
                    slot.Renewed[lease.Item] = lease;
                }
            }
        }

        var expired = new List<(long, long)>();
        lock (slot.Gate)
        {
            slot.LeaseCheckUtc = null;
            if (slot.State is not { IsFinal: false } state || Summaries.InFlightCount(state) == 0)
            {
                slot.Renewed.Clear();
                return expired;
            }

            foreach (var item in state.Items.Values)
            {
                if (item.Status != WorkItemStatus.InProgress)
                {
                    slot.Renewed.Remove(item.Id);
                    continue;
                }

                var untilUtc = (item.LeasedUtc ?? NowUtc) + _options.LeaseDuration;
                if (slot.Renewed.TryGetValue(item.Id, out var lease) && lease.Epoch == item.Epoch && lease.UntilUtc > untilUtc)
                {
                    untilUtc = lease.UntilUtc;
                }

                // Nobody else could write this store: whoever had a lease when it was opened is gone.
                if (untilUtc <= NowUtc || (isOpening && _log.IsExclusive))
                {
                    expired.Add((item.Id, item.Epoch));
                }
                else if (slot.LeaseCheckUtc is null || untilUtc < slot.LeaseCheckUtc)
                {
                    slot.LeaseCheckUtc = untilUtc;
                }
            }

            if (slot.LeaseCheckUtc is { } checkUtc)
            {
                _wakes.Add(slot.Run, checkUtc);
            }
        }

        return expired;
    }

    private async ValueTask DeliverAsync(RunId run, RunOrder order, CancellationToken cancellationToken)
    {
        switch (order)
        {
            case RunOrder.StartChild start:
                await StartChildAsync(run, start, cancellationToken).ConfigureAwait(false);
                break;
            case RunOrder.CancelChild cancel:
                await DecideAsync(new RunId(cancel.Child), state => state.IsFinal ? null : new WorkflowCommand.Cancel(cancel.Reason), cancellationToken).ConfigureAwait(false);
                break;
            case RunOrder.TellParent tell:
                await DecideAsync(
                    new RunId(tell.Parent), _ => new WorkflowCommand.ChildEnded(run.Value, tell.Status, tell.Output, tell.Failure), cancellationToken).ConfigureAwait(false);
                break;
            default:
                throw new InvalidOperationException($"Run '{run}' owes {order}, which this store does not know.");
        }
    }

    private async ValueTask StartChildAsync(RunId parent, RunOrder.StartChild start, CancellationToken cancellationToken)
    {
        var version = new WorkflowVersion(start.Order.Workflow, start.Order.Version);
        try
        {
            var workflow = await DefinitionAsync(version, cancellationToken).ConfigureAwait(false)
                ?? throw new FlowException(FlowErrorCode.NotFound, $"This store keeps no definition {version}. Start a worker that has it, or register it.");
            await CreateAsync(
                new NewWorkflowRun { Workflow = workflow, Input = start.Order.Input },
                new WorkflowCommand.Start { RunId = start.Child, ParentRun = parent.Value, Input = start.Order.Input, Context = start.Order.Context },
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is ArgumentException or FlowException { Code: FlowErrorCode.NotFound or FlowErrorCode.AlreadyExists or FlowErrorCode.BadInput or FlowErrorCode.LimitExceeded })
        {
            await DecideAsync(
                parent, _ => new WorkflowCommand.ChildEnded(start.Child, WorkflowRunStatus.Failed, Failure: $"It could not be started: {error.Message}"), cancellationToken).ConfigureAwait(false);
        }
    }

    [LoggerMessage(EventId = 6450, Level = LogLevel.Warning, Message = "Workflow run '{Run}' could not be looked after; it is tried again in a second (empty: the search for such runs)")]
    private static partial void LogCareFailed(ILogger logger, Exception error, string run);
}
