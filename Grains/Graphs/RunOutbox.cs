using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
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
internal sealed class RunOutbox
{
    /// <summary>Entries of one message.</summary>
    private const int ChunkMax = 512;

    private readonly IGrainFactory _grains;
    private readonly TimeProvider _clock;
    private readonly Action<Exception> _failed;
    private readonly SortedDictionary<string, RunMail> _queues = new(StringComparer.Ordinal);
    private readonly List<(WorkerId Worker, LeaseToken Token, string Reason)> _stops = [];
    private readonly RunOutboxLane _stopLane;
    private readonly RunOutboxLane _entryLane;
    private RunEntry? _entry;

    public RunOutbox(IGrainFactory grains, TimeProvider clock, Action<Exception> failed)
    {
        _grains = grains;
        _clock = clock;
        _failed = failed;
        _stopLane = new RunOutboxLane(clock, () => _stops.Count == 0, SendStopsAsync);
        _entryLane = new RunOutboxLane(clock, () => _entry is null, SendEntryAsync);
    }

    /// <summary>True when nothing is owed.</summary>
    public bool IsEmpty => _stops.Count == 0 && _entry is null && _queues.Values.All(mail => mail.IsEmpty);

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
                case NodeFailed failed:
                    AddNode(state, failed.Node);
                    AddStops(state, failed.Node);
                    break;
                case RunTaskChanged { Change: TaskReadied or LeaseRevoked or TaskCompleted or TaskFailed } task:
                    AddTask(state, task.Slot);
                    break;
                case RunAborted or RunReopened:
                    Owe(state);
                    break;
            }

            if (change is RunTaskChanged changed && TaskReports.ToStop(changed.Change) is { } stop)
            {
                _stops.Add((stop.Worker, new LeaseToken(state.IdOf(changed.Slot), stop.Epoch), stop.Reason));
            }

            if (change is RunSubmitted or RunStatusChanged or RunPaused or RunResumed or RunAborted)
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
            if (state.Nodes[node] is { OpenedUtc: null, IsHeldBack: false })
            {
                // No queue and no worker was ever told of it.
                continue;
            }

            AddNode(state, node);
            AddStops(state, node);
        }

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
        return lanes;

        void Add(RunOutboxLane lane)
        {
            var run = lane.RunAsync(cancellationToken);
            if (!run.IsCompletedSuccessfully)
            {
                lanes.Add(run);
            }
        }
    }

    private void AddStops(GraphRunState state, int node)
    {
        for (var index = 0; index < state.Nodes[node].Tasks.Count && state.Nodes[node].Tasks.CountOf(FlowTaskStatus.Cancelled) > 0; index++)
        {
            if (state.Nodes[node].Tasks[index] is { Status: FlowTaskStatus.Cancelled, Holder: { } holder } task)
            {
                _stops.Add((holder.Worker, new LeaseToken(state.IdOf(new TaskSlot(node, index)), task.Epoch), LeaseReasons.Cancelled));
            }
        }
    }

    private void AddNode(GraphRunState state, int node)
    {
        // Nobody was offered what was skipped, or what the control plane did itself.
        if (!state.Plan!.Nodes[node].NeedsWorker || state.Nodes[node].Status == RunStatus.Skipped)
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
        if (task.IsTerminal || (state.IsPaused && task.Status == FlowTaskStatus.Ready))
        {
            var mail = MailOf(plan.Role);
            mail.Ready.Remove(slot);
            mail.Ended[slot] = state.IdOf(slot);
        }
        else if (task.Status == FlowTaskStatus.Ready)
        {
            var mail = MailOf(plan.Role);
            mail.Ended.Remove(slot);
            mail.Ready[slot] = new QueueEntry(
                state.IdOf(slot), plan.Priority, task.ReadyUtc ?? state.SubmittedUtc, plan.Needs, RunPlacement.NearOf(state, slot));
        }
    }

    private void AddEntry(GraphRunState state) =>
        _entry = new RunEntry { Run = RunViews.Run(state, state.RefusedEffects, withNodes: false), Version = state.Version };

    private RunMail MailOf(string role)
    {
        if (!_queues.TryGetValue(role, out var mail))
        {
            mail = new RunMail(_clock, (mine, cancellationToken) => SendAsync(role, mine, cancellationToken));
            _queues.Add(role, mail);
        }

        return mail;
    }

    private async Task<bool> SendAsync(string role, RunMail mail, CancellationToken cancellationToken)
    {
        var (ready, ended) = mail.Take();
        try
        {
            var queue = _grains.GetGrain<IRoleQueueGrain>(role + "/0");
            foreach (var entries in ready.Values.Chunk(ChunkMax))
            {
                await queue.EnqueueAsync(entries, cancellationToken);
            }

            foreach (var tasks in ended.Values.Chunk(ChunkMax))
            {
                await queue.RemoveAsync(tasks, cancellationToken);
            }

            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            _failed(exception);
            mail.PutBack(ready, ended);
            return false;
        }
    }

    private async Task<bool> SendStopsAsync(CancellationToken cancellationToken)
    {
        var stops = _stops.ToArray();
        _stops.Clear();
        return Array.TrueForAll(await Task.WhenAll(stops.Select(stop => StopAsync(stop, cancellationToken))), sent => sent);
    }

    private async Task<bool> StopAsync((WorkerId Worker, LeaseToken Token, string Reason) stop, CancellationToken cancellationToken)
    {
        try
        {
            await _grains.GetGrain<IWorkerGrain>(stop.Worker.Value).StopAsync(stop.Token, stop.Reason, cancellationToken);
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            _failed(exception);
            _stops.Add(stop);
            return false;
        }
    }

    private async Task<bool> SendEntryAsync(CancellationToken cancellationToken)
    {
        var entry = _entry!;
        _entry = null;
        try
        {
            await _grains.GetGrain<IRunCatalogGrain>(RunShards.KeyOf(entry.Run.RunId)).RecordAsync(entry, cancellationToken);
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            _failed(exception);
            _entry ??= entry;
            return false;
        }
    }
}
