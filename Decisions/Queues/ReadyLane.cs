using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Queues;

/// <summary>Ready tasks that need the same of a worker and are near the same one, in their order.</summary>
internal sealed class ReadyLane(string? needs, WorkerId near)
{
    private readonly SortedSet<QueuedTask> _tasks = new(Comparer<QueuedTask>.Create(QueuedTask.CompareReady));

    public PlacementTraits Needs { get; } = PlacementTraits.Parse(needs);

    public WorkerId Near { get; } = near;

    public int Count => _tasks.Count;

    public QueuedTask? First => _tasks.Min;

    public DateTimeOffset OldestReadyUtc => _tasks.Min(task => task.ReadyUtc);

    public void Add(QueuedTask task) => _tasks.Add(task);

    public void Remove(QueuedTask task) => _tasks.Remove(task);
}
