using System.Runtime.CompilerServices;
using System.Threading.Channels;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Grains.Tasks;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Graphs;

/// <summary>Tells watchers of a run what was committed. A watcher that reads too slowly gets the whole run again instead of a gap.</summary>
/// <remarks>Used by one grain inside its turns.</remarks>
internal sealed class RunWatchers(Func<RunView> snapshot, TimeProvider clock)
{
    /// <summary>Changes that may wait for one watcher.</summary>
    private const int WaitingMax = 1_024;

    /// <summary>Most tasks of one change that are told one by one; more, and the whole run is told instead.</summary>
    private const int TasksMax = 256;

    private readonly List<Watcher> _watchers = [];
    private Exception? _failure;

    /// <summary>A snapshot, then every change until the run has ended.</summary>
    public async IAsyncEnumerable<RunEvent> WatchAsync(Func<bool> hasEnded, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var watcher = new Watcher();
        _watchers.Add(watcher);
        var sequence = 0L;
        try
        {
            while (true)
            {
                if (watcher.NeedsSnapshot)
                {
                    // What waits is older than the snapshot.
                    while (watcher.Changes.Reader.TryRead(out _))
                    {
                    }

                    watcher.NeedsSnapshot = false;
                    yield return new RunEvent { Sequence = ++sequence, AtUtc = clock.GetUtcNow(), Snapshot = snapshot() };
                }
                else if (watcher.Changes.Reader.TryRead(out var change))
                {
                    yield return change with { Sequence = ++sequence };
                }
                else if (hasEnded())
                {
                    yield break;
                }
                else
                {
                    if (_failure is { } failure)
                    {
                        throw failure;
                    }

                    await watcher.WaitAsync(cancellationToken);
                }
            }
        }
        finally
        {
            _watchers.Remove(watcher);
        }
    }

    /// <summary>Tells what was committed.</summary>
    public void Publish(GraphRunState state, IReadOnlyList<GraphRunEvent> events)
    {
        if (_watchers.Count == 0)
        {
            return;
        }

        foreach (var change in events)
        {
            // Who is behind gets the whole run instead: for a hundred thousand changes that nobody will read nothing is made.
            if (_watchers.TrueForAll(watcher => watcher.NeedsSnapshot))
            {
                break;
            }

            Publish(state, change);
        }

        // Also without a change of its own: a watcher may wait for the end alone.
        _watchers.ForEach(watcher => watcher.Wake());
    }

    /// <summary>Ends every watch: nothing more can be committed here.</summary>
    public void Fail(Exception failure)
    {
        _failure = failure;
        _watchers.ForEach(watcher => watcher.Wake());
    }

    private void Publish(GraphRunState state, GraphRunEvent change)
    {
        switch (change)
        {
            case RunTaskChanged { Change: BatchAccepted accepted } task:
                Tell(new RunEvent
                {
                    Sequence = 0,
                    AtUtc = change.AtUtc,
                    Batch = new BatchReport
                    {
                        Token = new LeaseToken(state.IdOf(task.Slot), accepted.Batch.Epoch),
                        Index = accepted.Index,
                        Rows = accepted.Batch.Rows,
                        Bytes = accepted.Batch.Bytes,
                        Path = accepted.Batch.Path,
                        Metrics = accepted.Metrics.IsEmpty ? null : new Dictionary<string, double>(accepted.Metrics),
                    },
                });
                break;
            case RunTaskChanged { IsDurable: true } task:
                TellTask(state, task.Slot, change.AtUtc, TaskReports.ReasonOf(task.Change));
                break;
            case NodeFailed failed:
                TellTasks(state, failed.Node, change.AtUtc, LeaseReasons.Cancelled, task => task.Status == FlowTaskStatus.Cancelled);
                TellNode(state, failed.Node, change.AtUtc);
                break;
            case NodeOpened opened:
                TellTasks(state, opened.Node, change.AtUtc, null, _ => true);
                TellNode(state, opened.Node, change.AtUtc);
                break;
            case NodeRestCancelled rest:
                TellTasks(state, rest.Node, change.AtUtc, rest.Reason, task => task.Status == FlowTaskStatus.Cancelled);
                break;
            case NodeGrown grown:
                TellGrown(state, grown);
                break;
            case NodeHeldBack held:
                TellTasks(state, held.Node, change.AtUtc, held.Reason, task => task is { Status: FlowTaskStatus.Pending, Epoch: 0 });
                TellNode(state, held.Node, change.AtUtc);
                break;
            case NodeStatusChanged node:
                TellNode(state, node.Node, change.AtUtc);
                break;
            case RunStatusChanged or RunPaused or RunResumed:
                TellRun(state, change.AtUtc);
                break;
            case RunAborted or RunCompensating when state.Nodes.Count > RunView.ShownNodesMax:
                _watchers.ForEach(watcher => watcher.NeedsSnapshot = true);
                break;
            case RunReopened:
                _watchers.ForEach(watcher => watcher.NeedsSnapshot = true);
                break;
            case RunAborted or RunCompensating:
                for (var node = 0; node < state.Nodes.Count; node++)
                {
                    if (state.Nodes[node].EndedUtc == change.AtUtc)
                    {
                        TellTasks(state, node, change.AtUtc, LeaseReasons.Cancelled, task => task.Status == FlowTaskStatus.Cancelled);
                        TellNode(state, node, change.AtUtc);
                    }
                }

                TellRun(state, change.AtUtc);
                break;
        }
    }

    private void TellTasks(GraphRunState state, int node, DateTimeOffset atUtc, string? reason, Func<TaskLease, bool> which)
    {
        if (state.Nodes[node].Tasks.Count > TasksMax)
        {
            _watchers.ForEach(watcher => watcher.NeedsSnapshot = true);
            return;
        }

        for (var task = 0; task < state.Nodes[node].Tasks.Count; task++)
        {
            if (which(state.Nodes[node].Tasks[task]))
            {
                TellTask(state, new TaskSlot(node, task), atUtc, reason);
            }
        }
    }

    private void TellGrown(GraphRunState state, NodeGrown grown)
    {
        if (grown.Count > TasksMax)
        {
            _watchers.ForEach(watcher => watcher.NeedsSnapshot = true);
            return;
        }

        for (var index = grown.First; index < grown.First + grown.Count; index++)
        {
            TellTask(state, new TaskSlot(grown.Node, index), grown.AtUtc, null);
        }
    }

    private void TellTask(GraphRunState state, TaskSlot slot, DateTimeOffset atUtc, string? reason) =>
        Tell(new RunEvent { Sequence = 0, AtUtc = atUtc, Task = RunViews.Task(state, slot), Reason = reason });

    private void TellNode(GraphRunState state, int node, DateTimeOffset atUtc) =>
        Tell(new RunEvent { Sequence = 0, AtUtc = atUtc, Node = RunViews.Node(state, node, withTasks: false) });

    private void TellRun(GraphRunState state, DateTimeOffset atUtc) =>
        Tell(new RunEvent { Sequence = 0, AtUtc = atUtc, Run = RunViews.Run(state, state.RefusedEffects, withNodes: false) });

    private void Tell(RunEvent change)
    {
        foreach (var watcher in _watchers)
        {
            if (!watcher.NeedsSnapshot && !watcher.Changes.Writer.TryWrite(change))
            {
                watcher.NeedsSnapshot = true;
            }
        }
    }

    private sealed class Watcher
    {
        private TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Channel<RunEvent> Changes { get; } = Channel.CreateBounded<RunEvent>(WaitingMax);

        public bool NeedsSnapshot { get; set; } = true;

        public async Task WaitAsync(CancellationToken cancellationToken)
        {
            await _woken.Task.WaitInTurnAsync(cancellationToken);
            _woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        public void Wake() => _woken.TrySetResult();
    }
}
