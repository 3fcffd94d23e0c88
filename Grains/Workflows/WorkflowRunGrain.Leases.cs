using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <content>What workers ask: leases and their renewals.</content>
internal sealed partial class WorkflowRunGrain
{
    /// <summary>The leases that stand, by item.</summary>
    private readonly Dictionary<long, StepLease> _leases = [];

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

    /// <summary>Leases the first item that the ticket's worker may run: a slot was kept for it, so the queue need not hear of it.</summary>
    private LeaseGrant? LeaseFirst(WorkflowRunTurn turn, SlotTicket ticket, DateTimeOffset nowUtc)
    {
        var plan = PlanOf(turn.State);
        var step = turn.TakeFollower(
            ticket.Worker.Value, ticket.SessionId, EpochFloor, nowUtc, node => _mayFollow is null && node.ConcurrencyKey is null && plan.RoleOf(node) == ticket.Role);
        return step is { Answer: WorkflowAnswer.Taken, Item: { } item } ? Lease(turn.State, item, ticket.Worker, nowUtc, inRow: 0) : null;
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
                _restored?.Remove(token.TaskId.Index);
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
                Role = PlanOf(state).RoleOf(item.Node),
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

    private void Lose(WorkflowRunTurn turn, long item, long epoch, string reason)
    {
        // After what the turn has done: the item's node may have another role since.
        var state = turn.State;
        var isTakeover = LeaseLosses.IsTakeover(reason);
        var most = isTakeover && state.Items.TryGetValue(item, out var lost) ? _leaseOptions.MaxTakeoversOf(PlanOf(state).RoleOf(lost.Node)) : null;
        var command = new WorkflowCommand.Lose(item, epoch) { Takeover = isTakeover ? reason : null, MaxTakeovers = most };
        if (turn.Do(command, _clock.GetUtcNow()).Answer != WorkflowAnswer.Refused)
        {
            LogLeaseEnded(_id, item, epoch, reason);
            EndLease(new LeaseToken(TaskId.OfWorkflow(_id, item), epoch));
        }
    }

    private StepLease? EndLease(LeaseToken token)
    {
        _restored?.Remove(token.TaskId.Index);
        return _leases.Remove(token.TaskId.Index, out var lease) ? lease : null;
    }
}
