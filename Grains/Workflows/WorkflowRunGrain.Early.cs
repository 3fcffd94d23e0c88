using OrleansFlow.Grains.Commits;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <content>
/// Offers what a commit makes ready before it is written, so that a worker that waits has its lease in the same commit
/// (docs/decisions/016-a-lease-may-share-the-commit-that-makes-its-task-ready.md).
/// </content>
internal sealed partial class WorkflowRunGrain
{
    /// <summary>More items than these are told after the commit: what they cost is not the one commit that this saves.</summary>
    private const int EarlyMax = 16;

    /// <summary>Longest wait of a commit for the grants. They come in microseconds; this is for a queue or a worker that does not answer.</summary>
    private static readonly TimeSpan EarlyWaitMax = TimeSpan.FromMilliseconds(5);

    private EarlyHold<long>? _hold;
    private Task _offering = Task.CompletedTask;

    public Task OfferEndedAsync(IReadOnlyList<TaskId> tasks, CancellationToken cancellationToken)
    {
        if (_hold is { } hold)
        {
            foreach (var task in tasks)
            {
                hold.Offered.Remove(task.Index);
            }

            hold.Look();
        }

        return Task.CompletedTask;
    }

    /// <summary>Before a write: offers what it makes ready, and lets it wait until the workers that wait have asked for it.</summary>
    private Task OfferEarlyAsync(WorkflowRunState state, IReadOnlyList<WorkflowRunEvent> staged)
    {
        if (_ready.Count is 0 or > EarlyMax || state.Status != WorkflowRunStatus.Running)
        {
            return Task.CompletedTask;
        }

        SortedDictionary<string, List<QueueEntry>>? entries = null;
        var plan = PlanOf(state);
        foreach (var id in _ready)
        {
            if (state.Items.TryGetValue(id, out var item) && item.Status == WorkItemStatus.Pending)
            {
                var role = plan.RoleOf(item.Node);
                entries ??= new SortedDictionary<string, List<QueueEntry>>(StringComparer.Ordinal);
                if (!entries.TryGetValue(role, out var list))
                {
                    entries.Add(role, list = []);
                }

                list.Add(EntryOf(plan, item));
            }
        }

        return entries is null ? Task.CompletedTask : HoldAsync(entries);
    }

    private async Task HoldAsync(SortedDictionary<string, List<QueueEntry>> entries)
    {
        var hold = _hold = new EarlyHold<long>(id => _pump!.Tentative.Items.TryGetValue(id, out var item) && item.Status == WorkItemStatus.Pending);
        _offering = AskQueuesAsync(entries, hold, _offering);
        using (_stopped.UnsafeRegister(static hold => ((EarlyHold<long>)hold!).End(), hold))
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

    private async Task AskQueuesAsync(SortedDictionary<string, List<QueueEntry>> entries, EarlyHold<long> hold, Task before)
    {
        // Leaves the turn of the pump first, which has to be waiting by the time that an answer comes.
        await Task.Yield();
        foreach (var (role, items) in entries)
        {
            try
            {
                foreach (var task in await GrainFactory.GetGrain<IRoleQueueGrain>(QueueOf(role)).OfferAsync(items, _stopped))
                {
                    Tell(task.Index, role);
                    hold.Offered.Add(task.Index);
                }
            }
            catch (Exception exception)
            {
                // The mail tells the queue once more.
                LogNotOfferedEarly(exception, _id, role);
            }
        }

        hold.IsAnswered = true;
        hold.Look();
        await before;
    }

    private QueueEntry EntryOf(WorkflowPlan plan, WorkItem item) => new(
        TaskId.OfWorkflow(_id, item.Id),
        item.Node < 0 ? UpdatePriority : 0,
        _clock.GetUtcNow(),
        plan.Needs,
        LimitKey: item.Node < 0 ? null : plan.LimitKeys[item.Node],
        Limit: item.Node < 0 || plan.LimitKeys[item.Node] is null ? 0 : plan.LimitOf(item.Node));
}
