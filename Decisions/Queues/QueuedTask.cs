using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Queues;

/// <summary>One task of a <see cref="ReadyBook"/>. Its order must not change while a set holds it.</summary>
internal sealed class QueuedTask(TaskId task, long segment)
{
    private readonly string _run = task.RunId.Value;

    public TaskId Task { get; } = task;

    public long Segment { get; set; } = segment;

    /// <summary>How often it was taken.</summary>
    public long Taking { get; set; }

    public int Priority { get; set; }

    public DateTimeOffset ReadyUtc { get; set; }

    /// <summary>Text of what it needs; null for nothing.</summary>
    public string? Needs { get; set; }

    /// <summary>Who has its input at hand; default when nobody or everybody has.</summary>
    public WorkerId Near { get; set; }

    /// <summary>What its limit is shared by; null for a task without one.</summary>
    public string? LimitKey { get; set; }

    /// <summary>How many tasks of that key may be in flight at once.</summary>
    public int Limit { get; set; }

    /// <summary>What it takes turns as: the key of its limit, or its run; all standalone tasks are one.</summary>
    public string Key => LimitKey is not null ? "/" + LimitKey : _run;

    /// <summary>Null: ready. Else in flight, with the time of the next check-up.</summary>
    public DateTimeOffset? CheckUtc { get; set; }

    /// <summary>The order of ready tasks: priority (higher first), then age (older first), then id.</summary>
    public static int CompareReady(QueuedTask left, QueuedTask right)
    {
        var order = right.Priority.CompareTo(left.Priority);
        order = order != 0 ? order : left.ReadyUtc.CompareTo(right.ReadyUtc);
        return order != 0 ? order : string.CompareOrdinal(left.Task.Value, right.Task.Value);
    }

    /// <summary>The order of tasks in flight: the next check-up first.</summary>
    public static int CompareChecks(QueuedTask left, QueuedTask right)
    {
        var order = Nullable.Compare(left.CheckUtc, right.CheckUtc);
        return order != 0 ? order : string.CompareOrdinal(left.Task.Value, right.Task.Value);
    }
}
