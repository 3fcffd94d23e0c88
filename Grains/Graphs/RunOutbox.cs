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
internal sealed class RunOutbox(IGrainFactory grains, TimeProvider clock, Action<Exception> failed)
{
    /// <summary>Entries of one message.</summary>
    private const int ChunkMax = 512;

    private readonly SortedDictionary<string, Mail> _queues = new(StringComparer.Ordinal);
    private readonly List<(WorkerId Worker, LeaseToken Token, string Reason)> _stops = [];
    private RunEntry? _entry;

    /// <summary>True when nothing is owed.</summary>
    public bool IsEmpty => _queues.Count == 0 && _stops.Count == 0 && _entry is null;

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
                        AddNode(state, node);
                    }

                    break;
                case NodeFailed failed:
                    AddNode(state, failed.Node);
                    AddStops(state, failed.Node);
                    break;
                case RunTaskChanged { Change: TaskReadied or LeaseRevoked or TaskCompleted or TaskFailed } task:
                    AddTask(state, task.Slot);
                    break;
                case RunAborted:
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
            AddNode(state, node);
            AddStops(state, node);
        }

        AddEntry(state);
    }

    /// <summary>Delivers until nothing is owed; tries again, ever more slowly, what could not be delivered.</summary>
    public async Task DeliverAsync(CancellationToken cancellationToken)
    {
        var retry = new DeliveryRetry(clock);
        while (!IsEmpty)
        {
            var sends = _queues.Select(queue => SendAsync(queue.Key, queue.Value, cancellationToken)).ToList();
            sends.AddRange(_stops.ToArray().Select(stop => StopAsync(stop, cancellationToken)));
            if (_entry is { } entry)
            {
                sends.Add(RecordAsync(entry, cancellationToken));
            }

            _queues.Clear();
            _stops.Clear();
            _entry = null;
            var delivered = await Task.WhenAll(sends);
            cancellationToken.ThrowIfCancellationRequested();
            if (Array.TrueForAll(delivered, one => one))
            {
                retry.Reset();
            }
            else
            {
                await retry.WaitAsync(cancellationToken);
            }
        }
    }

    private void AddStops(GraphRunState state, int node)
    {
        for (var index = 0; index < state.Nodes[node].Tasks.Count; index++)
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

        for (var index = 0; index < state.Nodes[node].Tasks.Count; index++)
        {
            AddTask(state, new TaskSlot(node, index));
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
            mail.Ready[slot] = new QueueEntry(state.IdOf(slot), plan.Priority, task.ReadyUtc ?? state.SubmittedUtc);
        }
    }

    private void AddEntry(GraphRunState state) =>
        _entry = new RunEntry { Run = RunViews.Run(state, state.RefusedEffects, withNodes: false), Version = state.Version };

    private Mail MailOf(string role)
    {
        if (!_queues.TryGetValue(role, out var mail))
        {
            mail = new Mail();
            _queues.Add(role, mail);
        }

        return mail;
    }

    private async Task<bool> SendAsync(string role, Mail mail, CancellationToken cancellationToken)
    {
        try
        {
            var queue = grains.GetGrain<IRoleQueueGrain>(role + "/0");
            foreach (var entries in mail.Ready.Values.Chunk(ChunkMax))
            {
                await queue.EnqueueAsync(entries, cancellationToken);
            }

            foreach (var ended in mail.Ended.Values.Chunk(ChunkMax))
            {
                await queue.RemoveAsync(ended, cancellationToken);
            }

            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            failed(exception);
            var later = MailOf(role);
            foreach (var (slot, task) in mail.Ended)
            {
                // What came meanwhile is newer.
                if (!later.Ready.ContainsKey(slot))
                {
                    later.Ended[slot] = task;
                }
            }

            foreach (var (slot, entry) in mail.Ready)
            {
                if (!later.Ended.ContainsKey(slot))
                {
                    later.Ready.TryAdd(slot, entry);
                }
            }

            return false;
        }
    }

    private async Task<bool> StopAsync((WorkerId Worker, LeaseToken Token, string Reason) stop, CancellationToken cancellationToken)
    {
        try
        {
            await grains.GetGrain<IWorkerGrain>(stop.Worker.Value).StopAsync(stop.Token, stop.Reason, cancellationToken);
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            failed(exception);
            _stops.Add(stop);
            return false;
        }
    }

    private async Task<bool> RecordAsync(RunEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            await grains.GetGrain<IRunCatalogGrain>(RunShards.KeyOf(entry.Run.RunId)).RecordAsync(entry, cancellationToken);
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            failed(exception);
            _entry ??= entry;
            return false;
        }
    }

    private sealed class Mail
    {
        public SortedDictionary<TaskSlot, QueueEntry> Ready { get; } = [];

        public SortedDictionary<TaskSlot, TaskId> Ended { get; } = [];
    }
}
