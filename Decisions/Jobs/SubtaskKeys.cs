namespace OrleansFlow.Decisions.Jobs;

/// <summary>Which hashes of keys a subtask owns: equal ranges of the 64-bit hash, so that another parallelism is the same hash with new ranges.</summary>
public static class SubtaskKeys
{
    /// <summary>The hashes of a subtask.</summary>
    /// <param name="index">Which subtask, from 0.</param>
    /// <param name="parallelism">How many there are, from 1.</param>
    /// <returns>First and last hash, both included; the last subtask's goes up to the largest hash.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such subtask.</exception>
    public static (ulong First, ulong Last) RangeOf(int index, int parallelism)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, parallelism);
        if (parallelism == 1)
        {
            return (0, ulong.MaxValue);
        }

        var size = Size(parallelism);
        var first = (ulong)index * size;
        return (first, index == parallelism - 1 ? ulong.MaxValue : first + size - 1);
    }

    /// <summary>The subtask that owns a hash.</summary>
    /// <param name="hash">Hash of a key.</param>
    /// <param name="parallelism">How many subtasks there are, from 1.</param>
    public static int OwnerOf(ulong hash, int parallelism)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parallelism, 1);
        return parallelism == 1 ? 0 : (int)(hash / Size(parallelism));
    }

    /// <summary>Subtasks of one parallelism whose hashes overlap those of a subtask of another one: whose state it has to read.</summary>
    /// <param name="index">The subtask that restores.</param>
    /// <param name="parallelism">How many there are now.</param>
    /// <param name="before">How many there were.</param>
    /// <returns>First and last of them.</returns>
    public static (int First, int Last) RestoredFrom(int index, int parallelism, int before)
    {
        var (first, last) = RangeOf(index, parallelism);
        return (OwnerOf(first, before), OwnerOf(last, before));
    }

    // With one subtask the size would be 2^64, which has no place in 64 bits; the callers treat that case themselves.
    private static ulong Size(int parallelism) => (ulong.MaxValue / (ulong)parallelism) + 1;
}
