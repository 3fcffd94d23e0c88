using System.Numerics;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>Which groups have changed since they were last taken: a bit for each that was there then, and all that came since.</summary>
/// <remarks>
/// Most windows begin and end between two checkpoints. Groups that came since cost nothing to mark, so theirs never pay for a bit. Not thread-safe.
/// </remarks>
internal sealed class ChangedGroups
{
    private ulong[] _bits = [];
    private int _known;

    /// <summary>Bytes that it holds.</summary>
    public long ByteCount => _bits.Length * (long)sizeof(ulong);

    /// <summary>Whether a group has changed.</summary>
    public bool Contains(int group) => group >= _known || (_bits[group >> 6] >> (group & 63) & 1) != 0;

    /// <summary>Groups have changed; negative numbers are none.</summary>
    public void Mark(ReadOnlySpan<int> groups)
    {
        if (_known == 0)
        {
            return;
        }

        var (bits, known) = (_bits, (uint)_known);
        foreach (var group in groups)
        {
            if ((uint)group < known)
            {
                bits[group >> 6] |= 1UL << (group & 63);
            }
        }
    }

    /// <summary>How many have changed.</summary>
    /// <param name="groupCount">Groups that there are.</param>
    public int Count(int groupCount)
    {
        var count = groupCount - _known;
        foreach (var bits in _bits)
        {
            count += BitOperations.PopCount(bits);
        }

        return count;
    }

    /// <summary>Takes some of those that have changed, in their order. All of them have to be taken before another one changes.</summary>
    /// <param name="groups">Gets their numbers.</param>
    /// <param name="groupCount">Groups that there are.</param>
    /// <param name="next">Where to go on: 0 at first, and then what the call before left.</param>
    /// <returns>How many; less than the length of <paramref name="groups"/> when there are no more, and from then on none has changed.</returns>
    public int Take(Span<int> groups, int groupCount, ref int next)
    {
        var count = 0;
        while (next < _known)
        {
            var bits = _bits[next >> 6] >> (next & 63);
            if (bits == 0)
            {
                next = Math.Min((next | 63) + 1, _known);
                continue;
            }

            if (count == groups.Length)
            {
                return count;
            }

            next += BitOperations.TrailingZeroCount(bits);
            groups[count++] = next++;
        }

        for (; next < groupCount; next++)
        {
            if (count == groups.Length)
            {
                return count;
            }

            groups[count++] = next;
        }

        if (count < groups.Length)
        {
            Forget(groupCount);
        }

        return count;
    }

    /// <summary>From here on none has changed.</summary>
    /// <param name="groupCount">Groups that there are.</param>
    public void Forget(int groupCount)
    {
        Array.Clear(_bits);
        var words = (groupCount + 63) / 64;
        if (_bits.Length < words)
        {
            _bits = new ulong[Math.Max(words, _bits.Length * 2)];
        }

        _known = groupCount;
    }

    /// <summary>There are no groups any more.</summary>
    public void Clear()
    {
        Array.Clear(_bits);
        _known = 0;
    }
}
