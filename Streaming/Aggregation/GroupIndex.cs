using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>Numbers the different keys of rows: the first one is 0, the next one 1. One caller at a time.</summary>
/// <remarks>As SQL groups: nulls are one key, and so are all NaNs, and the two zeros of floating point.</remarks>
internal abstract class GroupIndex
{
    /// <summary>Different keys so far.</summary>
    public abstract int Count { get; }

    /// <summary>Bytes that it holds.</summary>
    public abstract long ByteCount { get; }

    /// <summary>How many keys fit without more memory for the table; the keys' own bytes come on top.</summary>
    public abstract int Capacity { get; }

    /// <summary>An index for keys of some types.</summary>
    /// <exception cref="NotSupportedException">A type cannot be a key; the message names it.</exception>
    public static GroupIndex Create(IReadOnlyList<ArrowType> types) => types switch
    {
        [] => new SingleGroupIndex(),
        [var only] when KeyBits.IsSupported(only) => new FixedGroupIndex(only),
        _ => new BytesGroupIndex(types),
    };

    /// <summary>Finds the number of each row's key; new keys get new numbers.</summary>
    /// <param name="keys">The key's columns, each of as many values as there are rows.</param>
    /// <param name="groups">As long as there are rows; gets the numbers.</param>
    public abstract void Find(ReadOnlySpan<ArrowArray> keys, Span<int> groups);

    /// <summary>The keys of some numbers, as columns that the caller owns.</summary>
    public abstract ArrowArray[] Keys(ReadOnlySpan<int> groups, ArrowAllocator allocator);

    /// <summary>The keys of numbers where they lie: no copy, and later keys change nothing in it. For columns that live for a while, as those of a checkpoint.</summary>
    /// <returns>Columns that the caller owns; null where keys do not lie side by side as in a column.</returns>
    public virtual ArrowArray[]? SharedKeys(ReadOnlySpan<int> groups) => null;

    /// <summary>Forgets all keys, but not the room for them.</summary>
    public abstract void Clear();

    /// <summary>Makes room at once for about as many keys as are expected.</summary>
    public virtual void Expect(int count)
    {
    }

    /// <summary>Without key columns all rows are one group, from the first row on.</summary>
    private sealed class SingleGroupIndex : GroupIndex
    {
        private int _count;

        public override int Count => _count;

        public override long ByteCount => 0;

        public override int Capacity => int.MaxValue;

        public override void Find(ReadOnlySpan<ArrowArray> keys, Span<int> groups)
        {
            groups.Clear();
            _count = groups.Length > 0 ? 1 : _count;
        }

        public override ArrowArray[] Keys(ReadOnlySpan<int> groups, ArrowAllocator allocator) => [];

        public override void Clear() => _count = 0;
    }
}
