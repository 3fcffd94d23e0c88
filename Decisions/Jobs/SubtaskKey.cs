namespace OrleansFlow.Decisions.Jobs;

/// <summary>One parallel instance of a node of a program: what runs, starts, fails and ends as one.</summary>
/// <param name="NodeId">The node, as the program numbers it.</param>
/// <param name="Index">Which instance, from 0.</param>
public readonly record struct SubtaskKey(uint NodeId, int Index) : IComparable<SubtaskKey>
{
    /// <inheritdoc/>
    public int CompareTo(SubtaskKey other) => NodeId == other.NodeId ? Index.CompareTo(other.Index) : NodeId.CompareTo(other.NodeId);

    /// <inheritdoc/>
    public override string ToString() => $"{NodeId}/{Index}";

    /// <summary>Whether <paramref name="left"/> comes first.</summary>
    public static bool operator <(SubtaskKey left, SubtaskKey right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> comes later.</summary>
    public static bool operator >(SubtaskKey left, SubtaskKey right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> does not come later.</summary>
    public static bool operator <=(SubtaskKey left, SubtaskKey right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> does not come first.</summary>
    public static bool operator >=(SubtaskKey left, SubtaskKey right) => left.CompareTo(right) >= 0;
}
