using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Graphs;

/// <summary>What is owed to one role's queue.</summary>
internal sealed class RunMail
{
    public RunMail(TimeProvider clock, Func<RunMail, CancellationToken, Task<bool>> send) =>
        Lane = new DeliveryLane(clock, () => IsEmpty, cancellationToken => send(this, cancellationToken));

    public DeliveryLane Lane { get; }

    public bool IsEmpty => Ready.Count == 0 && Ended.Count == 0;

    public SortedDictionary<TaskSlot, QueueEntry> Ready { get; private set; } = [];

    public SortedDictionary<TaskSlot, TaskId> Ended { get; private set; } = [];

    public (SortedDictionary<TaskSlot, QueueEntry> Ready, SortedDictionary<TaskSlot, TaskId> Ended) Take()
    {
        var taken = (Ready, Ended);
        (Ready, Ended) = ([], []);
        return taken;
    }

    /// <summary>What could not be sent is owed again, but for what newer mail says otherwise.</summary>
    public void PutBack(SortedDictionary<TaskSlot, QueueEntry> ready, SortedDictionary<TaskSlot, TaskId> ended)
    {
        foreach (var (slot, task) in ended.Where(one => !Ready.ContainsKey(one.Key)))
        {
            Ended[slot] = task;
        }

        foreach (var (slot, entry) in ready.Where(one => !Ended.ContainsKey(one.Key)))
        {
            Ready.TryAdd(slot, entry);
        }
    }
}
