namespace OrleansFlow.Arrow.Kernels;

/// <summary>Fixed-width values as 64 unsigned bits in the same order, and a radix sort of them. Part of <see cref="ArrowSort"/>.</summary>
internal static class SortBits
{
    private const ulong SignBit = 1UL << 63;

    /// <summary>Fills in the bits of the named rows; false when the type does not fit 64 bits.</summary>
    public static bool TryCreate(ArrowArray array, ReadOnlySpan<int> rows, Span<ulong> bits)
    {
        switch (array)
        {
            case DoubleArray values:
                Fill(values, rows, bits, OfDouble);
                return true;
            case FloatArray values:
                Fill(values, rows, bits, static value => OfDouble(value));
                return true;
            case HalfArray values:
                Fill(values, rows, bits, static value => OfDouble((double)value));
                return true;
            case PrimitiveArray<long> values:
                Fill(values, rows, bits, static value => (ulong)value ^ SignBit);
                return true;
            case PrimitiveArray<int> values:
                Fill(values, rows, bits, static value => (ulong)(long)value ^ SignBit);
                return true;
            case PrimitiveArray<short> values:
                Fill(values, rows, bits, static value => (ulong)(long)value ^ SignBit);
                return true;
            case PrimitiveArray<sbyte> values:
                Fill(values, rows, bits, static value => (ulong)(long)value ^ SignBit);
                return true;
            case PrimitiveArray<ulong> values:
                Fill(values, rows, bits, static value => value);
                return true;
            case PrimitiveArray<uint> values:
                Fill(values, rows, bits, static value => value);
                return true;
            case PrimitiveArray<ushort> values:
                Fill(values, rows, bits, static value => value);
                return true;
            case PrimitiveArray<byte> values:
                Fill(values, rows, bits, static value => value);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Sorts rows by their bits, equal ones keeping their order: one pass a byte, the least important first.</summary>
    public static void Sort(ulong[] bits, Span<int> rows)
    {
        var (fromBits, toBits) = (bits, new ulong[bits.Length]);
        Span<int> fromRows = rows;
        Span<int> toRows = new int[rows.Length];
        Span<int> counts = stackalloc int[256];
        for (var shift = 0; shift < 64; shift += 8)
        {
            counts.Clear();
            foreach (var word in fromBits)
            {
                counts[(int)(word >> shift) & 255]++;
            }

            if (fromBits.Length == 0 || counts[(int)(fromBits[0] >> shift) & 255] == fromBits.Length)
            {
                // All have the same byte here.
                continue;
            }

            var start = 0;
            foreach (ref var count in counts)
            {
                (start, count) = (start + count, start);
            }

            for (var i = 0; i < fromBits.Length; i++)
            {
                var at = counts[(int)(fromBits[i] >> shift) & 255]++;
                toBits[at] = fromBits[i];
                toRows[at] = fromRows[i];
            }

            (fromBits, toBits) = (toBits, fromBits);
            var swap = fromRows;
            fromRows = toRows;
            toRows = swap;
        }

        if (fromRows != rows)
        {
            fromRows.CopyTo(rows);
        }
    }

    /// <summary>-0 becomes 0 and every NaN the same one, which is behind all numbers.</summary>
    private static ulong OfDouble(double value)
    {
        if (double.IsNaN(value))
        {
            return ulong.MaxValue;
        }

        var bits = BitConverter.DoubleToUInt64Bits(value + 0.0);
        return (bits & SignBit) != 0 ? ~bits : bits | SignBit;
    }

    private static void Fill<T>(PrimitiveArray<T> array, ReadOnlySpan<int> rows, Span<ulong> bits, Func<T, ulong> convert)
        where T : unmanaged
    {
        var values = array.Values;
        for (var i = 0; i < rows.Length; i++)
        {
            bits[i] = convert(values[rows[i]]);
        }
    }
}
