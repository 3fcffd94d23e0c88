using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>Numbers keys of one column of at most 64 bits.</summary>
/// <remarks>
/// Open addressing with linear probing in slots of 16 bytes, which hold the key and its number, so that a lookup is one miss of the cache
/// however many keys there are; the states lie side by side elsewhere. From a size on that no cache near the core holds, slots are fetched
/// for a block of rows before they are looked at (figures: docs/performance.md).
/// </remarks>
internal sealed unsafe class FixedGroupIndex(ArrowType type) : GroupIndex
{
    private const int SlotsMin = 64;
    private const int Block = 64;
    private const int PrefetchFromSlots = 1 << 15;

    private readonly ArrowType _type = type;
    private Slot[] _slots = new Slot[SlotsMin];
    private ulong[] _bits = new ulong[SlotsMin / 2];
    private int _shift = 64 - int.TrailingZeroCount(SlotsMin);
    private int _nullGroup = -1;
    private Loans _loans = new();
    private int _count;

    public override int Count => _count;

    public override long ByteCount => (long)_slots.Length * sizeof(Slot) + (long)_bits.Length * sizeof(ulong);

    // Room is made for a block of rows at a time, new keys or not.
    public override int Capacity => _slots.Length / 2 - Block;

    public override void Find(ReadOnlySpan<ArrowArray> keys, Span<int> groups)
    {
        var array = keys[0];
        if (KeyBits.TryGet(array) is { IsEmpty: false } stored)
        {
            Find(array, stored, groups);
            return;
        }

        var bits = ArrayPool<ulong>.Shared.Rent(groups.Length);
        try
        {
            KeyBits.Fill(array, bits.AsSpan(0, groups.Length));
            Find(array, bits.AsSpan(0, groups.Length), groups);
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(bits);
        }
    }

    public override ArrowArray[] Keys(ReadOnlySpan<int> groups, ArrowAllocator allocator)
    {
        using var builder = ArrowArrayBuilder.Create(_type, allocator);
        if (builder is PrimitiveBuilder<long> longs && TryRange(groups) is { } range)
        {
            longs.AppendRange(MemoryMarshal.Cast<ulong, long>(_bits.AsSpan(range)));
            return [builder.Build()];
        }

        foreach (var group in groups)
        {
            if (group == _nullGroup)
            {
                builder.AppendNull();
            }
            else
            {
                KeyBits.Append(builder, _bits[group]);
            }
        }

        return [builder.Build()];
    }

    public override ArrowArray[]? SharedKeys(ReadOnlySpan<int> groups)
    {
        if (!IsAsInColumn || TryRange(groups) is not { } range)
        {
            return null;
        }

        var (first, count) = range.GetOffsetAndLength(_bits.Length);
        var buffer = _loans.Lend(_bits, first, count);
        return [ArrowArray.Create(new ArrowArrayData { Type = _type, Length = count, NullCount = 0, Buffers = [ArrowBuffer.Empty, buffer] })];
    }

    public override void Expect(int count) => Reserve(count);

    public override void Clear()
    {
        if (_loans.Any)
        {
            // Numbers begin at 0 again, and what was lent is still read.
            (_bits, _loans) = (HugePages.Allocate<ulong>(_bits.Length), new Loans());
        }

        Array.Clear(_slots);
        (_count, _nullGroup) = (0, -1);
    }

    private bool IsAsInColumn => _type is TimestampType || _type.Equals(ArrowType.Int64) || _type.Equals(ArrowType.UInt64);

    private Range? TryRange(ReadOnlySpan<int> groups) =>
        GroupRange.TryGet(groups) is { } range && !(_nullGroup >= range.Start.Value && _nullGroup < range.End.Value) ? range : null;

    private void Find(ArrowArray array, ReadOnlySpan<ulong> bits, Span<int> groups)
    {
        for (var start = 0; start < groups.Length; start += Block)
        {
            var length = Math.Min(Block, groups.Length - start);

            // Room for as many new keys, so that the loop has none to make.
            Reserve(_count + length);
            FindBlock(array, bits.Slice(start, length), start, groups.Slice(start, length));
        }
    }

    private void FindBlock(ArrowArray array, ReadOnlySpan<ulong> bits, int start, Span<int> groups)
    {
        var (slots, shift, mask) = (_slots, _shift, _slots.Length - 1);
        ref var first = ref MemoryMarshal.GetArrayDataReference(slots);
        if (slots.Length >= PrefetchFromSlots && Sse.IsSupported)
        {
            for (var i = 0; i < bits.Length; i++)
            {
                // Only a hint: should the array move meanwhile, another line is fetched in vain.
                Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref first, (nint)(Spread(bits[i]) >> shift))));
            }
        }

        var hasNulls = array.MayHaveNulls;
        for (var i = 0; i < bits.Length; i++)
        {
            if (hasNulls && array.IsNull(start + i))
            {
                groups[i] = _nullGroup >= 0 ? _nullGroup : _nullGroup = New(0);
                continue;
            }

            var key = bits[i];
            for (var at = (nint)(Spread(key) >> shift); ; at = (at + 1) & mask)
            {
                ref var slot = ref Unsafe.Add(ref first, at);
                if (slot.NumberPlus1 == 0)
                {
                    var group = New(key);
                    slot = new Slot { Key = key, NumberPlus1 = group + 1 };
                    groups[i] = group;
                    break;
                }

                if (slot.Key == key)
                {
                    groups[i] = slot.NumberPlus1 - 1;
                    break;
                }
            }
        }
    }

    // Multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4), of bits that are mixed first: keys of one subtask share the high bits of another hash.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Spread(ulong key) => (key ^ (key >> 32)) * 0x9E37_79B9_7F4A_7C15;

    private int New(ulong key)
    {
        _bits[_count] = key;
        return _count++;
    }

    private void Reserve(int count)
    {
        if (count <= _slots.Length / 2)
        {
            return;
        }

        var length = _slots.Length;
        while (length / 2 < count)
        {
            length = checked(length * 2);
        }

        var older = _slots;
        _slots = HugePages.Allocate<Slot>(length);
        HugePages.Resize(ref _bits, length / 2);
        _loans = new Loans();
        _shift = 64 - int.TrailingZeroCount(length);
        foreach (var slot in older)
        {
            if (slot.NumberPlus1 != 0)
            {
                var at = (int)(Spread(slot.Key) >> _shift);
                while (_slots[at].NumberPlus1 != 0)
                {
                    at = (at + 1) & (length - 1);
                }

                _slots[at] = slot;
            }
        }
    }

    private struct Slot
    {
        public ulong Key;
        public int NumberPlus1;
    }
}
