using System.Runtime.InteropServices;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <content>How a turn becomes durable, and what follows from that.</content>
internal sealed partial class WorkflowRunGrain
{
    private static readonly string LeaseLost = FlowErrorKind.Of(FlowErrorCode.LeaseLost).Wire;
    private static readonly string Cancelled = FlowErrorKind.Of(FlowErrorCode.Cancelled).Wire;

    /// <summary>Items that became pending and that their queue was not told of yet.</summary>
    private readonly List<long> _ready = [];

    /// <summary>Items that their queue was told of and that are not done, with its role.</summary>
    private Dictionary<long, string>? _queued;

    /// <summary>Items that their queue has on disk.</summary>
    private HashSet<long>? _stored;

    /// <summary>Makes what a turn decided the newest state.</summary>
    /// <returns>Completes when it is durable.</returns>
    private Task<bool> StageAsync(WorkflowRunTurn turn) => StageAsync(turn, true);

    /// <summary>Makes what a turn decided the newest state, and answers when it is durable.</summary>
    private Task<TAnswer> StageAsync<TAnswer>(WorkflowRunTurn turn, TAnswer answer)
    {
        if (turn.EventCount == 0)
        {
            return AfterAsync(_pump!.FlushAsync(), answer);
        }

        _isAsked = false;
        var events = turn.TakeEvents();
        var state = turn.State;
        var dropsLeased = _leases.Count > 0 && (state.IsFinal || DropsItems(CollectionsMarshal.AsSpan(events)));
        _ready.AddRange(turn.Ready);
        var committed = _pump!.StageAsync(state, events, answer);
        if (dropsLeased)
        {
            StopDropped(state);
        }

        _hold?.Look();
        if (!_isParked)
        {
            Arm(state.NextDueUtc);
            return committed;
        }

        if (IsIdle(state))
        {
            return committed;
        }

        // Whoever finds runs after a crash has to know that this one goes on before anybody is told so.
        _isParked = false;
        Arm(state.NextDueUtc);
        return BothAsync(committed, RecordAsync(LineOf(state, wakeUtc: null)));
    }

    /// <summary>One after the other: what combines tasks would see the end of the commit outside the grain's turns.</summary>
    private static async Task<TAnswer> BothAsync<TAnswer>(Task<TAnswer> committed, Task recorded)
    {
        var answer = await committed;
        await recorded;
        return answer;
    }

    private static async Task<TAnswer> AfterAsync<TAnswer>(Task durable, TAnswer answer)
    {
        await durable;
        return answer;
    }

    private Task WriteAsync(WorkflowRunState state, IReadOnlyList<WorkflowRunEvent> events) => _store.WriteAsync(state, events, mayWait: false, _pump!.Committed);

    private void OnCommitted(WorkflowRunState state, IReadOnlyList<WorkflowRunEvent> events)
    {
        for (var place = 0; place < events.Count; place++)
        {
            switch (events[place])
            {
                case WorkflowRunEvent.Committed { Item: var item }:
                    EndQueued(state, item);
                    break;
                case WorkflowRunEvent.Failed { Item: var item, Message: var message }:
                    LogStepFailed(_id, item, message);
                    EndQueued(state, item);
                    break;
                case WorkflowRunEvent.Described:
                    _owesNews = true;
                    break;
            }
        }

        if (_queued is { Count: > 0 } && (state.IsFinal || DropsItems(CollectionsMarshal.AsSpan((List<WorkflowRunEvent>)events))))
        {
            foreach (var item in _queued.Keys.Order().ToList())
            {
                EndQueued(state, item);
            }
        }

        OweReady(state);
        if (state.IsFinal)
        {
            _owesNews = true;
            LogEnded(_id, state.Status);
            _end?.Pulse();
        }
        else
        {
            ParkIfIdle(state);
        }

        Publish(state, events);
        _signal.Pulse();
        Deliver();
    }

    private void OnFailed(FlowException failure)
    {
        LogWriteFailed(failure, _id);
        _signal.Fail(failure);
        _end?.Fail(failure);
        EndQueries();
        DeactivateOnIdle();
    }

    /// <summary>Whether one of the events takes items away that workers may be busy with.</summary>
    private static bool DropsItems(ReadOnlySpan<WorkflowRunEvent> events)
    {
        foreach (var happened in events)
        {
            if (happened is WorkflowRunEvent.Steered or WorkflowRunEvent.Restored or WorkflowRunEvent.Migrated
                or WorkflowRunEvent.Committed { Outcome.ContinueAsNew: not null })
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Tells the workers of steps that are not wanted any more.</summary>
    private void StopDropped(WorkflowRunState state)
    {
        foreach (var (item, lease) in _leases.ToList())
        {
            if (!state.Items.TryGetValue(item, out var live) || live.Status != WorkItemStatus.InProgress || live.Epoch != lease.Epoch)
            {
                _leases.Remove(item);
                _restored?.Remove(item);
                OweStop(lease.Worker, new LeaseToken(TaskId.OfWorkflow(_id, item), lease.Epoch), Cancelled);
            }
        }
    }

    /// <summary>An item is done, or waits and is counted by a limit: its queue need not keep it.</summary>
    private void EndQueued(WorkflowRunState state, long item)
    {
        if (_queued is not null && _queued.TryGetValue(item, out var role)
            && (!state.Items.TryGetValue(item, out var kept) || (kept.Status is not (WorkItemStatus.Pending or WorkItemStatus.InProgress) && IsCounted(state, kept))))
        {
            _queued.Remove(item);
            _stored?.Remove(item);
            Owe(role).Ended.Add(item);
        }
    }

    private bool IsCounted(WorkflowRunState state, WorkItem item) => item.Node >= 0 && PlanOf(state).LimitKeys[item.Node] is not null;

    /// <summary>What is pending now, and durably so, is its queue's.</summary>
    private void OweReady(WorkflowRunState state)
    {
        if (_ready.Count == 0)
        {
            return;
        }

        var newest = _pump!.Tentative;
        var plan = PlanOf(state);
        for (var place = 0; place < _ready.Count; place++)
        {
            var id = _ready[place];
            if (!newest.Items.TryGetValue(id, out var item) || item.Status != WorkItemStatus.Pending)
            {
                _ready[place] = 0;
            }
            else if (state.Items.TryGetValue(id, out var stored) && stored.Status == WorkItemStatus.Pending)
            {
                _ready[place] = 0;
                Owe(plan.RoleOf(item.Node)).Ready.Add(id);
            }
        }

        _ready.RemoveAll(static id => id == 0);
    }
}
