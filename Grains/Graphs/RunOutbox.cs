using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Grains.Tasks;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Graphs;

/// <summary>What a run owes to queues, workers and the catalog after its commits; delivered at least once, in order for each receiver.</summary>
/// <remarks>
/// Nothing of it is stored: it follows from the run's state, so <see cref="Owe"/> finds it again after a crash. Receivers take repetitions.
/// Used by one grain inside its turns.
/// </remarks>
internal sealed partial class RunOutbox
{
    /// <summary>Entries of one message.</summary>
    private const int ChunkMax = 512;

    private readonly IGrainFactory _grains;
    private readonly TimeProvider _clock;
    private readonly Action<Exception> _failed;
    private readonly SortedDictionary<string, RunMail> _queues = new(StringComparer.Ordinal);
    private readonly List<(WorkerId Worker, LeaseToken Token, string Reason, TimeSpan? Grace)> _stops = [];
    private readonly DeliveryLane _stopLane;
    private readonly DeliveryLane _entryLane;
    private readonly DeliveryLane _childLane;
    private readonly DeliveryLane _outcomeLane;
    private readonly RunChildren _children;
    private readonly RunCache _cache;
    private readonly DeliveryLane _cacheLane;
    private ChildOutcome? _outcome;
    private RunEntry? _entry;

    public RunOutbox(IGrainFactory grains, TimeProvider clock, Action<Exception> failed, Func<TaskSlot, LeaseFailure, Task> refused, Func<AnswerCache, Task> answer)
    {
        _cache = new RunCache(grains, failed, answer);
        _cacheLane = new DeliveryLane(clock, () => _cache.IsEmpty, _cache.DeliverAsync);
        _grains = grains;
        _clock = clock;
        _failed = failed;
        _children = new RunChildren(grains, failed, refused);
        _stopLane = new DeliveryLane(clock, () => _stops.Count == 0, SendStopsAsync);
        _entryLane = new DeliveryLane(clock, () => _entry is null, SendEntryAsync);
        _childLane = new DeliveryLane(clock, () => _children.IsEmpty, _children.DeliverAsync);
        _outcomeLane = new DeliveryLane(clock, () => _outcome is null, TellParentAsync);
    }

    /// <summary>The task of another run that this run is; default for none.</summary>
    public TaskId Parent { get; set; }

    /// <summary>True when nothing is owed.</summary>
    public bool IsEmpty => _stops.Count == 0 && _entry is null && _outcome is null && _children.IsEmpty && _cache.IsEmpty && _queues.Values.All(mail => mail.IsEmpty);

    /// <summary>Adds what follows from committed events.</summary>
    public void Add(GraphRunState state, IReadOnlyList<GraphRunEvent> events)
    {
        foreach (var change in events)
        {
            switch (change)
            {
                case NodeOpened opened:
                    AddNode(state, opened.Node);
                    break;
                case RunPaused or RunResumed:
                    for (var node = 0; node < state.Nodes.Count; node++)
                    {
                        // Nobody was ever told of the others.
                        if (state.Nodes[node] is { IsTerminal: false } open && open.Tasks.CountOf(FlowTaskStatus.Ready) > 0)
                        {
                            AddNode(state, node);
                        }
                    }

                    break;
                case NodeGrown grown:
                    for (var index = grown.First; index < grown.First + grown.Count; index++)
                    {
                        AddTask(state, new TaskSlot(grown.Node, index));
                    }

                    break;
                case NodeFailed { Node: var node }:
                    AddNode(state, node);
                    AddStops(state, node);
                    break;
                case NodeRestCancelled { Node: var node }:
                    AddNode(state, node);
                    AddStops(state, node);
                    break;
                case RunTaskChanged { Change: TaskReadied or LeaseRevoked or TaskCompleted or TaskFailed } task:
                    AddTask(state, task.Slot);
                    break;
                case RunAborted or RunReopened or RunCompensating:
                    Owe(state);
                    break;
                case RunStatusChanged:
                    AddOutcome(state);
                    break;
                case CacheAsked asked:
                    _cache.Add(state, asked.Node);
                    break;
                case NodeStatusChanged { Status: RunStatus.Completed } ended:
                    _cache.Add(state, ended.Node);
                    break;
            }

            if (change is RunTaskChanged changed && TaskReports.ToStop(changed.Change) is { } stop)
            {
                _stops.Add((stop.Worker, new LeaseToken(state.IdOf(changed.Slot), stop.Epoch), stop.Reason, null));
            }

            if (change is RunSubmitted or RunStatusChanged or RunPaused or RunResumed or RunCompensating or RunAborted)
            {
                AddEntry(state);
            }
        }
    }

    /// <summary>Adds all that the state alone asks for: ready tasks are queued, ended ones are not, cancelled attempts stop, the listing is right.</summary>
    public void Owe(GraphRunState state)
    {
        for (var node = 0; node < state.Nodes.Count; node++)
        {
            _cache.Add(state, node);
            if (state.Nodes[node] is { OpenedUtc: null, IsHeldBack: false })
            {
                // No queue and no worker was ever told of it.
                continue;
            }

            AddNode(state, node);
            AddStops(state, node);
        }

        AddOutcome(state);
        AddEntry(state);
    }

    /// <summary>Begins to send what is owed to whoever nothing is on its way to.</summary>
    public void Send(CancellationToken cancellationToken) => Lanes(cancellationToken);

    /// <summary>Delivers until nothing is owed; tries again, ever more slowly, what could not be delivered.</summary>
    public async Task DeliverAsync(CancellationToken cancellationToken)
    {
        while (Lanes(cancellationToken) is { Count: > 0 } lanes)
        {
            await Task.WhenAll(lanes);
        }
    }

    /// <summary>The lanes that have something to send, or are sending; all of them run when it returns.</summary>
    private List<Task> Lanes(CancellationToken cancellationToken)
    {
        var lanes = new List<Task>();
        foreach (var mail in _queues.Values)
        {
            Add(mail.Lane);
        }

        Add(_stopLane);
        Add(_entryLane);
        Add(_childLane);
        Add(_cacheLane);
        Add(_outcomeLane);
        return lanes;

        void Add(DeliveryLane lane)
        {
            var run = lane.RunAsync(cancellationToken);
            if (!run.IsCompletedSuccessfully)
            {
                lanes.Add(run);
            }
        }
    }

    /// <summary>What a queue is told of a task that is ready.</summary>
    internal static QueueEntry EntryOf(GraphRunState state, TaskSlot slot)
    {
        var (plan, task) = (state.Plan!.Nodes[slot.Node], state[slot]);
        return new QueueEntry(
            state.IdOf(slot), plan.Priority, task.ReadyUtc ?? state.SubmittedUtc, plan.Needs, RunPlacement.NearOf(state, slot), plan.LimitKey, plan.KeyLimit);
    }

    private void AddStops(GraphRunState state, int node)
    {
        for (var index = 0; index < state.Nodes[node].Tasks.Count && state.Nodes[node].Tasks.CountOf(FlowTaskStatus.Cancelled) > 0; index++)
        {
            if (state.Nodes[node].Tasks[index] is { Status: FlowTaskStatus.Cancelled, Holder: { } holder } task)
            {
                _stops.Add((holder.Worker, new LeaseToken(state.IdOf(new TaskSlot(node, index)), task.Epoch), LeaseReasons.Cancelled, state.CancelGrace));
            }
        }
    }

    private void AddNode(GraphRunState state, int node)
    {
        // Nobody was offered what was skipped, or what the control plane did itself.
        if (state.Plan!.Nodes[node] is { NeedsWorker: false, Child: null } || state.Nodes[node].Status == RunStatus.Skipped)
        {
            return;
        }

        var tasks = state.Nodes[node].Tasks;
        for (var index = 0; index < tasks.Count; index++)
        {
            // The queue was told when these ended. After a crash it may not know: it asks about each entry that it does not hear of.
            if (tasks[index].Status is not (FlowTaskStatus.Completed or FlowTaskStatus.Failed))
            {
                AddTask(state, new TaskSlot(node, index));
            }
        }
    }

    private void AddTask(GraphRunState state, TaskSlot slot)
    {
        var (plan, task) = (state.Plan!.Nodes[slot.Node], state[slot]);
        if (plan.Child is not null)
        {
            _children.Add(state, slot);
            return;
        }

        // One that is withheld must not count for its key: what it waits for may need the place.
        var isWithheld = task is { Status: FlowTaskStatus.Pending, Epoch: > 0 } && plan.LimitKey is not null;
        if (task.IsTerminal || isWithheld || (state.IsPaused && task.Status == FlowTaskStatus.Ready))
        {
            var mail = MailOf(plan.Role);
            mail.Ready.Remove(slot);
            mail.Ended[slot] = state.IdOf(slot);
        }
        else if (task.Status == FlowTaskStatus.Ready)
        {
            var mail = MailOf(plan.Role);
            mail.Ended.Remove(slot);
            mail.Ready[slot] = EntryOf(state, slot);
        }
    }

    /// <summary>The run that this one is a task of must know how it ended.</summary>
    private void AddOutcome(GraphRunState state)
    {
        if (!Parent.IsDefault && state.IsTerminal)
        {
            _outcome = new ChildOutcome
            {
                Task = Parent,
                Child = state.RunId,
                ResultJson = state.Status == RunStatus.Completed ? OutputScope.ResultOf(state) : null,
                Failure = state.Status switch
                {
                    RunStatus.Completed => null,
                    RunStatus.Failed when state.Failure is { } failure => new TaskFailure(failure.Reason, true, $"Run '{state.RunId}' failed: {failure.Message}"),
                    _ => new TaskFailure(LeaseReasons.Cancelled, true, $"Run '{state.RunId}' was cancelled: {state.CancelReason}"),
                },
            };
        }
    }

    private void AddEntry(GraphRunState state) =>
        _entry = new RunEntry { Run = RunViews.Run(state, state.RefusedEffects, withNodes: false), Version = state.Version };
}
