namespace OrleansFlow.Streaming.State;

/// <summary>The hashes of keys that one subtask owns; both ends belong to it.</summary>
/// <remarks>All subtasks of an operator together own every hash exactly once, whatever their number.</remarks>
/// <param name="Min">Smallest hash.</param>
/// <param name="Max">Largest hash; not below <paramref name="Min"/>.</param>
public readonly record struct KeyRange(ulong Min, ulong Max)
{
    /// <summary>Every hash.</summary>
    public static readonly KeyRange All = new(0, ulong.MaxValue);

    /// <summary>The range of a subtask: all ranges have the same size, and the last one takes what is left.</summary>
    /// <param name="index">Which subtask. 0 to <paramref name="parallelism"/> - 1.</param>
    /// <param name="parallelism">Number of subtasks. At least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such subtask.</exception>
    public static KeyRange Of(int index, int parallelism)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parallelism, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, parallelism);
        if (parallelism == 1)
        {
            return All;
        }

        var size = SizeOf(parallelism);
        var min = (ulong)index * size;
        return new KeyRange(min, index == parallelism - 1 ? ulong.MaxValue : min + size - 1);
    }

    /// <summary>The subtask that owns a hash.</summary>
    /// <param name="hash">Hash of a key.</param>
    /// <param name="parallelism">Number of subtasks. At least 1.</param>
    /// <returns>0 to <paramref name="parallelism"/> - 1.</returns>
    public static int OwnerOf(ulong hash, int parallelism)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parallelism, 1);
        return parallelism == 1 ? 0 : (int)(hash / SizeOf(parallelism));
    }

    /// <summary>Whether a hash is one of the range.</summary>
    public bool Contains(ulong hash) => hash >= Min && hash <= Max;

    /// <summary>Whether some hash is in both ranges.</summary>
    public bool Overlaps(KeyRange other) => Min <= other.Max && other.Min <= Max;

    // For one subtask the size is 2^64, which is no ulong: callers leave that case out.
    private static ulong SizeOf(int parallelism) => ulong.MaxValue / (ulong)parallelism + 1;
}
