using System.Collections;
using System.Runtime.CompilerServices;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Graphs;

/// <summary>The tasks of one node of a run, by index, and how many of them are in each state. Immutable.</summary>
[CollectionBuilder(typeof(NodeTasks), nameof(Create))]
public sealed class NodeTasks : IReadOnlyList<TaskLease>
{
    private readonly PersistentArray<TaskLease> _tasks;
    private readonly Counts _counts;

    private NodeTasks(PersistentArray<TaskLease> tasks, Counts counts)
    {
        _tasks = tasks;
        _counts = counts;
    }

    /// <inheritdoc/>
    public int Count => _tasks.Count;

    /// <inheritdoc/>
    public TaskLease this[int index] => _tasks[index];

    /// <summary>The tasks; what a collection expression calls.</summary>
    public static NodeTasks Create(ReadOnlySpan<TaskLease> tasks) => Of(PersistentArray.Create(tasks));

    /// <summary>The same task, <paramref name="count"/> times.</summary>
    public static NodeTasks Repeat(TaskLease task, int count)
    {
        ArgumentNullException.ThrowIfNull(task);
        var counts = default(Counts);
        counts[(int)task.Status] = count;
        return new NodeTasks(PersistentArray.Repeat(task, count), counts);
    }

    /// <summary>How many tasks are in a state. O(1).</summary>
    public int CountOf(FlowTaskStatus status) => _counts[(int)status];

    /// <summary>With another task at <paramref name="index"/>.</summary>
    public NodeTasks SetItem(int index, TaskLease task)
    {
        ArgumentNullException.ThrowIfNull(task);
        var counts = _counts;
        counts[(int)_tasks[index].Status]--;
        counts[(int)task.Status]++;
        return new NodeTasks(_tasks.SetItem(index, task), counts);
    }

    /// <summary>With the same task added at the end, <paramref name="count"/> times.</summary>
    public NodeTasks Add(TaskLease task, int count)
    {
        ArgumentNullException.ThrowIfNull(task);
        var counts = _counts;
        counts[(int)task.Status] += count;
        return count == 0 ? this : new NodeTasks(_tasks.Add(task, count), counts);
    }

    /// <summary>With each task replaced by a pure function of it.</summary>
    public NodeTasks Map(Func<TaskLease, TaskLease> change)
    {
        var tasks = _tasks.Map(change);
        return ReferenceEquals(tasks, _tasks) ? this : Of(tasks);
    }

    /// <inheritdoc/>
    public IEnumerator<TaskLease> GetEnumerator() => _tasks.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static NodeTasks Of(PersistentArray<TaskLease> tasks)
    {
        var counts = default(Counts);
        foreach (var task in tasks)
        {
            counts[(int)task.Status]++;
        }

        return new NodeTasks(tasks, counts);
    }

    /// <summary>One number for each <see cref="FlowTaskStatus"/>.</summary>
    [InlineArray(Length)]
    private struct Counts
    {
        public const int Length = 8;
        private int _first;
    }
}
