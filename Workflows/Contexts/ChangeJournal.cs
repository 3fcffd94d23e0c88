namespace OrleansFlow.Workflows.Contexts;

/// <summary>
/// Remembers which keys a persistent collection changed since an earlier version of it, so that a delta costs what changed and not what exists.
/// </summary>
/// <remarks>
/// A list that grows at its head, one node a change; a version is told by its node. It forgets after <see cref="MaxLength"/> changes, so that old
/// versions' nodes can go; whoever then asks compares the two versions in full, once in that many changes.
/// </remarks>
internal sealed class ChangeJournal<TKey>
{
    private const int MaxLength = 4_096;

    private readonly ChangeJournal<TKey>? _previous;
    private readonly TKey? _key;
    private readonly int _length;

    /// <summary>A version whose past is not known.</summary>
    public ChangeJournal()
    {
    }

    private ChangeJournal(ChangeJournal<TKey> previous, TKey key)
    {
        _previous = previous;
        _key = key;
        _length = previous._length + 1;
    }

    /// <summary>The version after a change of one key.</summary>
    public ChangeJournal<TKey> Then(TKey key) => _length < MaxLength ? new(this, key) : new();

    /// <summary>The keys that changed since a version, possibly with repeats, or null when that is not known.</summary>
    public List<TKey>? Since(ChangeJournal<TKey> version)
    {
        var keys = new List<TKey>();
        for (var node = this; !ReferenceEquals(node, version); node = node._previous)
        {
            if (node._previous is null)
            {
                return null;
            }

            keys.Add(node._key!);
        }

        return keys;
    }
}
