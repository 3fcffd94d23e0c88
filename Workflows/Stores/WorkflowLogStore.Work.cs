using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores.Logs;

namespace OrleansFlow.Workflows.Stores;

/// <content>What changes a run.</content>
public abstract partial class WorkflowLogStore
{
    private const int KeyLengthMax = 256;

    /// <inheritdoc/>
    public async ValueTask<CreatedRun> CreateRunAsync(NewWorkflowRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.IdempotencyKey is { Length: 0 or > KeyLengthMax })
        {
            throw new ArgumentException($"An idempotency key has 1 to {KeyLengthMax} characters; this one has {run.IdempotencyKey.Length}.", nameof(run));
        }

        var id = run.Id ?? new RunId($"run-{Guid.CreateVersion7(NowUtc):n}");
        return await CreateAsync(run, new WorkflowCommand.Start
        {
            RunId = id.Value,
            Context = run.Context,
            Input = run.Input,
            DefaultRetry = run.Retry,
            IdempotencyKey = run.IdempotencyKey,
            DeadlineUtc = run.DeadlineUtc,
            Attributes = [.. run.Attributes.Select(pair => new KeyValuePair<string, string?>(pair.Key, pair.Value))],
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<WorkLease?> TakeAsync(WorkFilter filter, TimeSpan wait, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var (began, hasCared) = (_options.Time.GetTimestamp(), false);
        while (true)
        {
            if (_stopping.IsCancellationRequested)
            {
                throw Closed();
            }

            if (await TryTakeAsync(filter, cancellationToken).ConfigureAwait(false) is { } taken)
            {
                return taken;
            }

            if (!hasCared && (_wakes.HasDue || _careGate.CurrentCount == 0))
            {
                // What is due now counts as there, also for whoever does not want to wait.
                await CareForDueAsync(cancellationToken).ConfigureAwait(false);
                hasCared = true;
                continue;
            }

            var waiter = _ring.BeginWait(filter);
            var passOn = true;
            try
            {
                // What came between the look above and the wait was announced to nobody.
                if (await TryTakeAsync(filter, cancellationToken).ConfigureAwait(false) is { } late)
                {
                    return late;
                }

                var rest = wait == Timeout.InfiniteTimeSpan ? wait : wait - _options.Time.GetElapsedTime(began);
                if (rest <= TimeSpan.Zero && rest != Timeout.InfiniteTimeSpan)
                {
                    return null;
                }

                await waiter.Woken.WaitAsync(rest, _options.Time, cancellationToken).ConfigureAwait(false);
                passOn = false;
            }
            catch (TimeoutException)
            {
                return null;
            }
            finally
            {
                _ring.EndWait(waiter, passOn);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RenewAsync(StepToken lease, CancellationToken cancellationToken)
    {
        var slot = await LoadAsync(lease.Run, isFresh: true, cancellationToken).ConfigureAwait(false);
        if (slot is null)
        {
            return false;
        }

        var untilUtc = NowUtc + _options.LeaseDuration;
        lock (slot.Gate)
        {
            if (slot.State is not { IsFinal: false } state
                || !state.Items.TryGetValue(lease.Item, out var item)
                || item.Status != WorkItemStatus.InProgress
                || item.Epoch != lease.Epoch)
            {
                return false;
            }

            slot.Renewed[lease.Item] = new RenewedLease(lease.Item, lease.Epoch, untilUtc);
        }

        if (!_log.IsExclusive)
        {
            await _log.RenewAsync(lease, untilUtc, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <inheritdoc/>
    public ValueTask<StepReceipt> CommitStepAsync(StepToken lease, StepOutcome outcome, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return PresentAsync(lease, new WorkflowCommand.Commit(lease.Item, lease.Epoch, outcome), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<StepReceipt> FailStepAsync(StepToken lease, StepFailure failure, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return PresentAsync(
            lease,
            new WorkflowCommand.Fail(lease.Item, lease.Epoch, failure.Kind, failure.Message, failure.Chance)
            {
                Permanent = failure.IsPermanent,
                Code = failure.Code,
                WorkerRetry = failure.WorkerRetry,
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<StepReceipt> ReleaseStepAsync(StepToken lease, CancellationToken cancellationToken) =>
        PresentAsync(lease, new WorkflowCommand.Lose(lease.Item, lease.Epoch), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<bool> FoldContextAsync(RunId run, long version, Payload snapshot, CancellationToken cancellationToken)
    {
        var decision = await DecideAsync(run, state => state.IsFinal ? null : new WorkflowCommand.Fold(version, snapshot), cancellationToken).ConfigureAwait(false);
        return decision is { Answer: WorkflowAnswer.Stepped };
    }

    /// <inheritdoc/>
    public async ValueTask SignalAsync(RunId run, string name, Payload payload, string? id, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Accept(run, await DecideAsync(run, _ => new WorkflowCommand.Signal(name, payload, id), cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async ValueTask<WorkflowRunSummary> SteerAsync(RunId run, RunSteering steering, string? reason, CancellationToken cancellationToken)
    {
        var decision = await DecideAsync(run, state => CommandOf(state, steering, reason), cancellationToken).ConfigureAwait(false);
        return Summaries.Of(run, Accept(run, decision).State);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteRunAsync(RunId run, CancellationToken cancellationToken)
    {
        var slot = await LoadAsync(run, isFresh: true, cancellationToken).ConfigureAwait(false);
        if (slot is null)
        {
            return false;
        }

        Task<bool> durable;
        lock (slot.Gate)
        {
            durable = slot.Durable;
            if (slot.State is not { } state)
            {
                throw new FlowException(FlowErrorCode.StoreUnavailable, $"Run '{run}' was being changed; nothing was deleted. It is safe to try again.");
            }

            if (!state.IsFinal)
            {
                throw new FlowException(FlowErrorCode.BadInput, $"Run '{run}' has not ended (it is {state.Status}) and cannot be deleted. Cancel it first.");
            }
        }

        await durable.WaitAsync(cancellationToken).ConfigureAwait(false);
        await _log.DeleteAsync(run).WaitAsync(cancellationToken).ConfigureAwait(false);
        _slots.TryRemove(run, out _);
        Forget(slot);
        AnnounceChange(run);
        AnnounceEnd(run);
        return true;
    }

    private static WorkflowCommand? CommandOf(WorkflowRunState state, RunSteering steering, string? reason) => (steering, state.Status) switch
    {
        (RunSteering.Pause, WorkflowRunStatus.Paused) => null,
        (RunSteering.Pause, _) => new WorkflowCommand.Pause(reason),
        (RunSteering.Resume, WorkflowRunStatus.Running) => null,
        (RunSteering.Resume, WorkflowRunStatus.Failed) => new WorkflowCommand.Reopen(),
        (RunSteering.Resume, _) => new WorkflowCommand.Unpause(),
        (RunSteering.Cancel, _) => new WorkflowCommand.Cancel(reason),
        (RunSteering.Terminate, _) => new WorkflowCommand.Terminate(reason),
        _ => throw new ArgumentOutOfRangeException(nameof(steering), steering, "Not something that can be asked of a run."),
    };

    private async ValueTask<WorkLease?> TryTakeAsync(WorkFilter filter, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (_ring.TryTake(filter, out var run, out var role))
        {
            WorkflowDecision? decision;
            try
            {
                // Not given up half-way: the lease would be out, and nobody would know.
                decision = await DecideAsync(
                    run, state => Serves(filter, state) && Choose(run, state, role, out var item) ? new WorkflowCommand.Take(item, filter.Worker.Value, filter.Session) : null, CancellationToken.None).ConfigureAwait(false);
            }
            catch
            {
                // The run is offered again by whoever looks after it.
                _wakes.Add(run, NowUtc + CareRetry);
                throw;
            }

            if (decision is { Item: { } leased, State: var state })
            {
                return new WorkLease(
                    new StepToken(run, leased.Id, leased.Epoch), state.Workflow, leased, Summaries.ContextOf(state), NowUtc + _options.LeaseDuration, _options.LeaseDuration);
            }
        }

        return null;
    }

    /// <summary>The oldest pending item of a role whose key is not full; an item of 0: the oldest of all.</summary>
    private bool Choose(RunId run, WorkflowRunState state, string role, out long item)
    {
        item = 0;
        if (!HasWork(state))
        {
            return false;
        }

        if (!Roles.AreSpecial(state.Workflow))
        {
            return true;
        }

        foreach (var id in state.Pending)
        {
            if (Roles.OfItem(state, id) == role && (state.Items[id].Node is not (>= 0 and var node) || _keys.TryHold(run, id, state.Workflow.Nodes[node])))
            {
                item = id;
                return true;
            }
        }

        return false;
    }

    private async ValueTask<StepReceipt> PresentAsync(StepToken lease, WorkflowCommand command, CancellationToken cancellationToken) =>
        await DecideAsync(lease.Run, _ => command, cancellationToken).ConfigureAwait(false) switch
        {
            null => new StepReceipt($"There is no run '{lease.Run}'.", Code: FlowErrorCode.NotFound),
            { Answer: WorkflowAnswer.Refused, Refused: var why, Code: var code } => new StepReceipt(why, Code: code),
            { Answer: WorkflowAnswer.Completed, State: var state } => new StepReceipt(Ended: Summaries.Of(lease.Run, state)),
            _ => new StepReceipt(),
        };

    private static WorkflowDecision Accept(RunId run, WorkflowDecision? decision) => decision switch
    {
        null => throw NotFound(run),
        { Answer: WorkflowAnswer.Refused } => throw new FlowException(decision.Code ?? FlowErrorCode.BadInput, $"Run '{run}': {decision.Refused}"),
        _ => decision,
    };

    private static FlowException NotFound(RunId run) => new(FlowErrorCode.NotFound, $"There is no run '{run}' in this store.");
}
