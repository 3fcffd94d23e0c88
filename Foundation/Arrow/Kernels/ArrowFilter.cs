using System.Buffers.Binary;
using System.Numerics;

namespace OrleansFlow.Arrow.Kernels;

/// <summary>The rows that a condition chooses.</summary>
public static class ArrowFilter
{
    /// <summary>The values where the mask is true, in order; the caller owns the result.</summary>
    /// <param name="source">The values.</param>
    /// <param name="mask">As long as the source; a null chooses nothing.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    /// <exception cref="ArgumentException">The mask has another length.</exception>
    public static ArrowArray Filter(ArrowArray source, BooleanArray mask, ArrowAllocator? allocator = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        CheckLength(source.Length, mask);
        return ArrowTake.Take(source, SelectedRows(mask), allocator);
    }

    /// <summary>The rows where the mask is true, in order; the caller owns the result.</summary>
    /// <param name="source">The rows.</param>
    /// <param name="mask">As long as the batch; a null chooses nothing.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    /// <exception cref="ArgumentException">The mask has another length.</exception>
    public static RecordBatch Filter(RecordBatch source, BooleanArray mask, ArrowAllocator? allocator = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        CheckLength(source.RowCount, mask);
        return mask.NullCount == 0 && CountSelected(mask) == mask.Length ? source.Retain() : ArrowTake.Take(source, SelectedRows(mask), allocator);
    }

    /// <summary>The places where a mask is true, ascending.</summary>
    public static int[] SelectedRows(BooleanArray mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        var rows = new int[CountSelected(mask)];
        var at = 0;
        for (var start = 0; start < mask.Length; start += 64)
        {
            for (var word = SelectedWord(mask, start); word != 0; word &= word - 1)
            {
                rows[at++] = start + BitOperations.TrailingZeroCount(word);
            }
        }

        return rows;
    }

    /// <summary>64 bits from a place on that need not be on a byte; bits behind <paramref name="end"/> are zero.</summary>
    internal static ulong ReadWord(ReadOnlySpan<byte> bits, int start, int end)
    {
        var from = start >> 3;
        var shift = start & 7;
        ulong word;
        if (bits.Length - from >= 9)
        {
            word = BinaryPrimitives.ReadUInt64LittleEndian(bits[from..]) >> shift;
            word |= shift == 0 ? 0 : (ulong)bits[from + 8] << (64 - shift);
        }
        else
        {
            word = 0;
            for (var i = 0; i < bits.Length - from; i++)
            {
                word |= i == 0 ? (ulong)bits[from] >> shift : i * 8 - shift < 64 ? (ulong)bits[from + i] << (i * 8 - shift) : 0;
            }
        }

        return end - start >= 64 ? word : word & ((1UL << (end - start)) - 1);
    }

    private static int CountSelected(BooleanArray mask)
    {
        var count = 0;
        for (var start = 0; start < mask.Length; start += 64)
        {
            count += BitOperations.PopCount(SelectedWord(mask, start));
        }

        return count;
    }

    private static ulong SelectedWord(BooleanArray mask, int start)
    {
        var end = mask.Offset + mask.Length;
        var word = ReadWord(mask.Bits, mask.Offset + start, end);
        return mask.MayHaveNulls ? word & ReadWord(mask.Validity, mask.Offset + start, end) : word;
    }

    private static void CheckLength(int length, BooleanArray mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        if (mask.Length != length)
        {
            throw new ArgumentException($"The mask has {mask.Length} values for {length} rows.", nameof(mask));
        }
    }
}
