namespace OrleansFlow.Decisions.Graphs;

/// <summary>One task of a run, by positions.</summary>
/// <param name="Node">Position of the node in the plan.</param>
/// <param name="Index">Position of the task in the node.</param>
public readonly record struct TaskSlot(int Node, int Index) : IComparable<TaskSlot>
{
    /// <inheritdoc/>
    public int CompareTo(TaskSlot other) => Node == other.Node ? Index.CompareTo(other.Index) : Node.CompareTo(other.Node);

    /// <summary>Whether <paramref name="left"/> comes first.</summary>
    public static bool operator <(TaskSlot left, TaskSlot right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> comes later.</summary>
    public static bool operator >(TaskSlot left, TaskSlot right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> does not come later.</summary>
    public static bool operator <=(TaskSlot left, TaskSlot right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> does not come first.</summary>
    public static bool operator >=(TaskSlot left, TaskSlot right) => left.CompareTo(right) >= 0;
}
