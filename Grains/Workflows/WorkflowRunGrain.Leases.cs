using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <content>What workers ask: leases, renewals, and the commits of their steps.</content>
internal sealed partial class WorkflowRunGrain
{
    /// <summary>Steps that a worker may do one after the other, before the next one waits in the queue like those of other runs.</summary>
    private const int InRowMax = 64;

    /// <summary>The leases that stand, by item.</summary>
    private readonly Dictionary<long, StepLease> _leases = [];

    private readonly WorkflowChance _chance;

    public async Task<IReadOnlyList<LeaseGrant?>> GrantManyAsync(IReadOnlyList<TaskId> tasks, WorkerId worker, string sessionId, CancellationToken cancellationToken)
    {
        var grants = new LeaseGrant?[tasks.Count];
        if (Tentative is not { Status: not WorkflowRunStatus.None } state)
        {
            return grants;
        }

        var nowUtc = _clock.GetUtcNow();
        var turn = new WorkflowRunTurn(state);
        var items = new WorkItem?[tasks.Count];
        for (var index = 0; index < grants.Length; index++)
        {
            if (tasks[index].Index >= FirstQuery)
            {
                grants[index] = GrantQuery(tasks[index], worker);
                continue;
            }

            var step = turn.Do(new WorkflowCommand.Take(tasks[index].Index, worker.Value, sessionId, EpochFloor), nowUtc);
            items[index] = step.Answer == WorkflowAnswer.Taken ? step.Item : null;
        }

        if (turn.EventCount == 0)
        {
            return grants;
        }

        var after = turn.State;
        for (var index = 0; index < grants.Length; index++)
        {
            if (items[index] is { } item)
            {
                grants[index] = Lease(after, item, worker, nowUtc, inRow: 0);
            }
        }

        // Nothing is written before this turn ends, so one wait covers them all.
        await StageAsync(turn);
        return grants;
    }

    public async Task<IReadOnlyList<bool>> RenewManyAsync(IReadOnlyList<LeaseRenewal> renewals, WorkerId worker, string sessionId, CancellationToken cancellationToken)
    {
        var standing = new bool[renewals.Count];
        var expiresUtc = _clock.GetUtcNow() + _leaseOptions.Duration;
        var isSure = true;
        for (var index = 0; index < standing.Length; index++)
        {
            var token = renewals[index].Token;
            if (RenewQuery(token, worker, expiresUtc))
            {
                standing[index] = true;
            }
            else if (_leases.TryGetValue(token.TaskId.Index, out var lease) && lease.Epoch == token.Epoch && lease.Worker == worker)
            {
                // The holder is alive: it need not be asked for.
                lease.ExpiresUtc = expiresUtc;
                _restored.Remove(token.TaskId.Index);
                standing[index] = true;
            }
            else
            {
                isSure = false;
            }
        }

        if (!isSure && _pump is { } pump)
        {
            await pump.FlushAsync();
        }

        return standing;
    }

    public async Task<IReadOnlyList<EffectReceipt>> CompleteManyAsync(
        IReadOnlyList<AttemptOutcome> outcomes, WorkerId worker, string sessionId, CancellationToken cancellationToken)
    {
        var receipts = new EffectReceipt[outcomes.Count];
        if (Tentative is not { Status: not WorkflowRunStatus.None } state)
        {
            Array.Fill(receipts, new EffectReceipt(false, LeaseLost));
            return receipts;
        }

        _pump!.ThrowIfFailed();
        var nowUtc = _clock.GetUtcNow();
        var turn = new WorkflowRunTurn(state);
        (int Index, WorkItem Item, int InRow)? only = null;
        List<(int Index, WorkItem Item, int InRow)>? others = null;
        for (var index = 0; index < receipts.Length; index++)
        {
            var outcome = outcomes[index];
            if (outcome.Token.TaskId.Index >= FirstQuery)
            {
                receipts[index] = EndQuery(outcome);
                continue;
            }

            receipts[index] = Complete(turn, outcome, worker, nowUtc);
            if (receipts[index].Accepted && EndLease(outcome.Token) is { } ended && outcome.End == AttemptEnd.Completed && ended.InRow < InRowMax
                && turn.TakeFollower(worker.Value, sessionId, EpochFloor, nowUtc, _mayFollow) is { Answer: WorkflowAnswer.Taken, Item: { } next })
            {
                var following = (index, next, ended.InRow + 1);
                if (only is null)
                {
                    only = following;
                }
                else
                {
                    (others ??= []).Add(following);
                }
            }
        }

        if (turn.EventCount == 0)
        {
            // A refusal may rest on what is not durable yet.
            await _pump.FlushAsync();
            return receipts;
        }

        var after = turn.State;
        if (only is { } first)
        {
            receipts[first.Index] = new EffectReceipt(true, Next: Lease(after, first.Item, worker, nowUtc, first.InRow));
        }

        foreach (var (index, item, inRow) in others ?? [])
        {
            receipts[index] = new EffectReceipt(true, Next: Lease(after, item, worker, nowUtc, inRow));
        }

        await StageAsync(turn);
        return receipts;
    }

    public async Task RevokeManyAsync(IReadOnlyList<LeaseToken> tokens, string reason, CancellationToken cancellationToken)
    {
        if (Tentative is not { Status: not WorkflowRunStatus.None } state)
        {
            return;
        }

        var turn = new WorkflowRunTurn(state);
        foreach (var token in tokens)
        {
            if (!LoseQuery(token))
            {
                Lose(turn, token.TaskId.Index, token.Epoch, reason);
            }
        }

        await StageAsync(turn);
    }

    public async Task<TaskView?> GetTaskAsync(TaskId task, CancellationToken cancellationToken)
    {
        if (task.Index >= FirstQuery)
        {
            return ViewOfQuery(task);
        }

        if (_pump is { } pump && !ReferenceEquals(pump.Committed, pump.Tentative))
        {
            // Grants are decided on what is newest: an item told as ready that is not any more would be offered and refused until the write ends.
            await pump.FlushAsync();
        }

        if (Committed is not { } state)
        {
            return null;
        }

        var view = new TaskView { TaskId = task, Role = "", Status = FlowTaskStatus.Completed };
        if (!state.IsFinal && state.Items.TryGetValue(task.Index, out var item))
        {
            view = view with
            {
                Role = WorkflowPlan.Of(state.Workflow).RoleOf(item.Node),
                Status = item.Status switch
                {
                    WorkItemStatus.Pending when state.Status == WorkflowRunStatus.Running => FlowTaskStatus.Ready,
                    WorkItemStatus.InProgress => FlowTaskStatus.Leased,
                    _ => FlowTaskStatus.Pending,
                },
                Attempt = item.Attempts,
                Epoch = item.Epoch,
                Worker = item.Worker is null ? default : new WorkerId(item.Worker),
                DueUtc = item.Status == WorkItemStatus.InProgress ? _leases.GetValueOrDefault(item.Id)?.ExpiresUtc : item.DueUtc,
                GrantedUtc = item.Status == WorkItemStatus.InProgress ? item.LeasedUtc : null,
            };
        }

        return view;
    }

    private EffectReceipt Complete(WorkflowRunTurn turn, AttemptOutcome outcome, WorkerId worker, DateTimeOffset nowUtc)
    {
        var (item, epoch) = (outcome.Token.TaskId.Index, outcome.Token.Epoch);
        WorkflowTurnStep step;
        switch (outcome.End)
        {
            case AttemptEnd.Completed:
                step = Commit(turn, item, epoch, outcome.Step, nowUtc);
                break;
            case AttemptEnd.Failed:
                var failure = outcome.Failure!;
                var code = FlowErrorKind.OfWire(failure.Reason).Code;
                var kind = code switch
                {
                    FlowErrorCode.DeadlineExceeded => FailureKinds.Timeout,
                    FlowErrorCode.Cancelled => FailureKinds.Cancelled,
                    _ => FailureKinds.Generic,
                };
                step = turn.Do(new WorkflowCommand.Fail(item, epoch, kind, failure.Message, _chance.Next()) { Permanent = failure.Permanent, Code = code }, nowUtc);
                break;
            default:
                // Handed back: nothing was done, or nothing that counts.
                _contexts.Remove(worker);
                step = turn.Do(new WorkflowCommand.Lose(item, epoch), nowUtc);
                break;
        }

        if (step.Answer == WorkflowAnswer.Refused)
        {
            LogEffectRefused(outcome.Token.TaskId, epoch, step.Refused!);
            return new EffectReceipt(false, step.Code == FlowErrorCode.AlreadyEnded ? Cancelled : LeaseLost);
        }

        return new EffectReceipt(true);
    }

    private static WorkflowTurnStep Commit(WorkflowRunTurn turn, long item, long epoch, Payload step, DateTimeOffset nowUtc)
    {
        string refused;
        try
        {
            var committed = turn.Do(new WorkflowCommand.Commit(item, epoch, StepOutcomeJson.Read(step.Utf8)), nowUtc);
            if (committed is not { Answer: WorkflowAnswer.Refused, Code: FlowErrorCode.BadInput })
            {
                return committed;
            }

            refused = committed.Refused!;
        }
        catch (FlowException malformed)
        {
            refused = malformed.Message;
        }

        // The lease stands, and what the worker made of it cannot be: trying again would make the same.
        return turn.Do(new WorkflowCommand.Fail(item, epoch, FailureKinds.Generic, refused) { Permanent = true, Code = FlowErrorCode.BadInput }, nowUtc);
    }

    private void Lose(WorkflowRunTurn turn, long item, long epoch, string reason)
    {
        if (turn.Do(new WorkflowCommand.Lose(item, epoch), _clock.GetUtcNow()).Answer != WorkflowAnswer.Refused)
        {
            LogLeaseEnded(_id, item, epoch, reason);
            EndLease(new LeaseToken(TaskId.OfWorkflow(_id, item), epoch));
        }
    }

    private StepLease? EndLease(LeaseToken token)
    {
        _restored.Remove(token.TaskId.Index);
        return _leases.Remove(token.TaskId.Index, out var lease) ? lease : null;
    }

    /// <summary>A lease that was decided, and what its worker gets.</summary>
    private LeaseGrant Lease(WorkflowRunState state, WorkItem item, WorkerId worker, DateTimeOffset nowUtc, int inRow)
    {
        var lease = new StepLease(item.Epoch, worker, nowUtc + _leaseOptions.Duration, inRow);
        _leases[item.Id] = lease;
        Arm(lease.ExpiresUtc);
        var task = new StepTask
        {
            Kind = item.Node < 0 ? StepTaskKind.Update : StepTaskKind.Step,
            Item = item.Id,
            Node = Math.Max(0, item.Node),
            Name = item.Update,
            Input = item.Input,
            Lane = item.Lane,
            Signal = item.Signal,
            HasSignal = item.HasSignal,
            SignalPayload = item.SignalPayload,
            Saved = item.Saved,
            Children = item.Children,
        };
        return new LeaseGrant
        {
            Token = new LeaseToken(TaskId.OfWorkflow(_id, item.Id), item.Epoch),
            Role = WorkflowPlan.Of(state.Workflow).RoleOf(item.Node),
            Attempt = item.Attempts,
            Timeout = item.LimitUtc - nowUtc,
            Step = StepTaskJson.Write(WithContext(task, state, worker)),
        };
    }
}
