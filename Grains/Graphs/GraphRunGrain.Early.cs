using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Graphs;

/// <content>
/// Offers what a commit makes ready before it is written, so that a worker that waits has its lease in the same commit: a run of one task needs two
/// commits and not three, a chain one for each task and not two.
/// </content>
/// <remarks>
/// Nothing of this is a promise. The queue stores nothing and gives the task to a worker that waits; that worker asks for the lease, which is decided on
/// the newest state and answered, as ever, once it is durable; what was not leased by then goes to the queue by the outbox after the commit. If
/// the write fails, so do the grants, and the queue drops what nobody owns.
/// </remarks>
internal sealed partial class GraphRunGrain
{
    /// <summary>More tasks than these are told after the commit: what they cost is not the one commit that this saves.</summary>
    private const int EarlyMax = 16;

    /// <summary>Longest wait of a commit for the grants. They come in microseconds; this is for a queue or a worker that does not answer.</summary>
    private static readonly TimeSpan EarlyWaitMax = TimeSpan.FromMilliseconds(5);

    private EarlyHold<TaskSlot>? _hold;
    private Task _offering = Task.CompletedTask;

    public Task OfferEndedAsync(IReadOnlyList<TaskId> tasks, CancellationToken cancellationToken)
    {
        if (_hold is { } hold)
        {
            foreach (var task in tasks)
            {
                if (_pump.Tentative.Find(task) is { } slot)
                {
                    hold.Offered.Remove(slot);
                }
            }

            hold.Look();
        }

        return Task.CompletedTask;
    }

    /// <summary>Before a write: offers what it makes ready, and lets it wait until the workers that wait have asked for it.</summary>
    /// <param name="state">What is about to be written.</param>
    /// <param name="staged">What led to it; looked at before this waits for the first time.</param>
    private async Task OfferEarlyAsync(GraphRunState state, IReadOnlyList<GraphRunEvent> staged)
    {
        if (EarlyEntries(state, staged) is not { } entries)
        {
            return;
        }

        var hold = _hold = new EarlyHold<TaskSlot>(slot => _pump.Tentative[slot].Status == FlowTaskStatus.Ready);
        _offering = AskQueuesAsync(entries, hold, _offering);
        using (_stopped.UnsafeRegister(static hold => ((EarlyHold<TaskSlot>)hold!).End(), hold))
        using (this.RegisterGrainTimer(
            static (hold, _) =>
            {
                hold.End();
                return Task.CompletedTask;
            },
            hold,
            new GrainTimerCreationOptions(EarlyWaitMax, Timeout.InfiniteTimeSpan) { Interleave = true }))
        {
            await hold.WaitAsync();
        }

        _hold = null;
    }

    private async Task AskQueuesAsync(SortedDictionary<string, List<QueueEntry>> entries, EarlyHold<TaskSlot> hold, Task before)
    {
        // Leaves the turn of the pump first, which has to be waiting by the time that an answer comes.
        await Task.Yield();
        foreach (var (role, tasks) in entries)
        {
            try
            {
                foreach (var task in await GrainFactory.GetGrain<IRoleQueueGrain>(role + "/0").OfferAsync(tasks, _stopped))
                {
                    if (_pump.Tentative.Find(task) is { } slot)
                    {
                        hold.Offered.Add(slot);
                    }
                }
            }
            catch (Exception exception)
            {
                // The outbox tells the queue once more.
                LogNotOfferedEarly(exception, _id, role);
            }
        }

        hold.IsAnswered = true;
        hold.Look();
        await before;
    }

    /// <summary>The tasks that events made ready, by role; null when there are none, or too many.</summary>
    private static SortedDictionary<string, List<QueueEntry>>? EarlyEntries(GraphRunState state, IReadOnlyList<GraphRunEvent> events)
    {
        SortedDictionary<string, List<QueueEntry>>? entries = null;
        var count = 0;
        if (state.IsPaused || state.IsTerminal)
        {
            return null;
        }

        foreach (var change in events)
        {
            switch (change)
            {
                case NodeOpened opened:
                    var tasks = state.Nodes[opened.Node].Tasks;
                    if (tasks.CountOf(FlowTaskStatus.Ready) + count > EarlyMax)
                    {
                        return null;
                    }

                    for (var index = 0; index < tasks.Count && state.Plan!.Nodes[opened.Node].NeedsWorker; index++)
                    {
                        Add(new TaskSlot(opened.Node, index));
                    }

                    break;
                case RunTaskChanged { Change: Decisions.Leases.TaskReadied, Slot: var slot } when state.Plan!.Nodes[slot.Node].NeedsWorker:
                    Add(slot);
                    break;
            }
        }

        return count > EarlyMax ? null : entries;

        void Add(TaskSlot slot)
        {
            if (state[slot].Status == FlowTaskStatus.Ready && count++ < EarlyMax)
            {
                entries ??= new SortedDictionary<string, List<QueueEntry>>(StringComparer.Ordinal);
                var role = state.Plan!.Nodes[slot.Node].Role;
                if (!entries.TryGetValue(role, out var list))
                {
                    entries.Add(role, list = []);
                }

                list.Add(RunOutbox.EntryOf(state, slot));
            }
        }
    }
}
