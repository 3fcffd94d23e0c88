using System.Numerics;

namespace OrleansFlow.Streaming.Updates;

/// <summary>A set of hashes of keys of one partition, to find rows whose keys may be among them. One caller at a time.</summary>
/// <remarks>Two keys of one hash do no harm: a row more is chosen.</remarks>
internal sealed class KeyHashes
{
    private const int SlotsMin = 64;

    // 0 is an empty slot. The lowest bit, which a partition shares, is always set, so that no hash is 0.
    private ulong[] _slots = new ulong[SlotsMin];
    private int _shift = 64 - int.TrailingZeroCount(SlotsMin);

    /// <summary>Bytes that it holds.</summary>
    public long ByteCount => _slots.Length * (long)sizeof(ulong);

    /// <summary>Forgets what is in it.</summary>
    /// <param name="count">Most hashes to come.</param>
    public void Clear(int count)
    {
        var length = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(SlotsMin, 2 * count));
        if (length > _slots.Length || length < _slots.Length / 8)
        {
            (_slots, _shift) = (new ulong[length], 64 - int.TrailingZeroCount(length));
        }
        else
        {
            Array.Clear(_slots);
        }
    }

    /// <summary>Adds hashes; in all no more than was said to <see cref="Clear"/>.</summary>
    public void Add(ReadOnlySpan<ulong> hashes)
    {
        foreach (var hash in hashes)
        {
            var at = PlaceOf(hash | 1);
            while (_slots[at] != 0)
            {
                at = (at + 1) & (_slots.Length - 1);
            }

            _slots[at] = hash | 1;
        }
    }

    /// <summary>The rows whose hashes are in it.</summary>
    /// <param name="hashes">The hash of each row.</param>
    /// <param name="rows">Gets the rows in their order; as long as there are rows.</param>
    /// <returns>How many.</returns>
    public int Choose(ReadOnlySpan<ulong> hashes, Span<int> rows)
    {
        var (slots, count) = (_slots, 0);
        for (var row = 0; row < hashes.Length; row++)
        {
            var hash = hashes[row] | 1;
            var at = PlaceOf(hash);
            while (slots[at] != 0)
            {
                if (slots[at] == hash)
                {
                    rows[count++] = row;
                    break;
                }

                at = (at + 1) & (slots.Length - 1);
            }
        }

        return count;
    }

    // Keys of one subtask share the high bits of their hashes, those of one partition the low ones.
    private int PlaceOf(ulong hash) => (int)((hash * 0x9E37_79B9_7F4A_7C15) >> _shift);
}
