namespace OrleansFlow.Arrow.Kernels;

/// <summary>Takes rows of arrays of fixed-width values, of indices and of bytes without a builder. Part of <see cref="ArrowTake"/>.</summary>
internal static unsafe class TakeKernel
{
    /// <summary>Width in bytes of the values that can be copied one by one; 0 where the type needs a builder.</summary>
    private static int WidthOf(ArrowType type) =>
        type is BooleanType ? 0 : type.FixedBitWidth / 8;

    /// <summary>The values of the named rows, or null when the type needs a builder. Every row was checked.</summary>
    public static ArrowArray? TryTake(ArrowArray source, ReadOnlySpan<int> rows, bool hasMissing, ArrowAllocator allocator)
    {
        if (source is VariableBinaryArray bytes)
        {
            return TryTakeBytes(bytes, rows, hasMissing, allocator);
        }

        var width = WidthOf(source.Type);
        if (width == 0)
        {
            return null;
        }

        var values = allocator.Allocate((long)rows.Length * width);
        try
        {
            var from = source.Length == 0 ? null : source.Data.Buffers[1].Pointer + (long)source.Offset * width;
            Copy(from, values.Pointer, rows, width, hasMissing);
            var validity = TakeValidity(source, rows, hasMissing, allocator, out var nulls);
            return ArrowArrayFactory.Wrap(new ArrowArrayData
            {
                Type = source.Type,
                Length = rows.Length,
                NullCount = nulls,
                Buffers = [validity, values],
                Dictionary = source.Data.Dictionary?.Retain(),
            });
        }
        catch
        {
            values.Release();
            throw;
        }
    }

    private static ArrowArray? TryTakeBytes(VariableBinaryArray source, ReadOnlySpan<int> rows, bool hasMissing, ArrowAllocator allocator)
    {
        var width = ArrowLayout.OffsetWidth(source.Type);
        var total = 0L;
        foreach (var row in rows)
        {
            // Checks the offsets, so that the copies below need not.
            total += row < 0 ? 0 : source.GetBytes(row).Length;
        }

        if (total > (width == 4 ? int.MaxValue : ArrowAllocator.MaxAllocation))
        {
            return null;
        }

        var offsets = allocator.Allocate((rows.Length + 1L) * width);
        ArrowBuffer bytes = default;
        try
        {
            bytes = allocator.Allocate(total);
            CopyBytes(source, rows, offsets.Pointer, bytes.Pointer, width == 8);
            var validity = TakeValidity(source, rows, hasMissing, allocator, out var nulls);
            return ArrowArrayFactory.Wrap(
                new ArrowArrayData { Type = source.Type, Length = rows.Length, NullCount = nulls, Buffers = [validity, offsets, bytes] });
        }
        catch
        {
            bytes.Release();
            offsets.Release();
            throw;
        }
    }

    private static void CopyBytes(VariableBinaryArray source, ReadOnlySpan<int> rows, byte* offsets, byte* target, bool isLarge)
    {
        var from = source.Data.Buffers[2].Pointer;
        var end = 0L;
        for (var i = 0; i <= rows.Length; i++)
        {
            if (isLarge)
            {
                ((long*)offsets)[i] = end;
            }
            else
            {
                ((int*)offsets)[i] = (int)end;
            }

            if (i < rows.Length && rows[i] >= 0)
            {
                var (start, stop) = source.Range(rows[i]);
                Buffer.MemoryCopy(from + start, target + end, stop - start, stop - start);
                end += stop - start;
            }
        }
    }

    /// <summary>The validity of the rows; empty when none of them is null.</summary>
    private static ArrowBuffer TakeValidity(ArrowArray source, ReadOnlySpan<int> rows, bool hasMissing, ArrowAllocator allocator, out int nulls)
    {
        nulls = 0;
        if (!hasMissing && !source.MayHaveNulls)
        {
            return ArrowBuffer.Empty;
        }

        var validity = allocator.AllocateZeroed(ArrowBitmap.ByteCount(rows.Length));
        nulls = CopyValidity(source, rows, validity.Pointer);
        if (nulls > 0)
        {
            return validity;
        }

        validity.Release();
        return ArrowBuffer.Empty;
    }

    private static void Copy(byte* from, byte* to, ReadOnlySpan<int> rows, int width, bool hasMissing)
    {
        switch (width)
        {
            case 1:
                Copy<byte>(from, to, rows, hasMissing);
                break;
            case 2:
                Copy<ushort>(from, to, rows, hasMissing);
                break;
            case 4:
                Copy<uint>(from, to, rows, hasMissing);
                break;
            case 8:
                Copy<ulong>(from, to, rows, hasMissing);
                break;
            case 16:
                Copy<UInt128>(from, to, rows, hasMissing);
                break;
            default:
                for (var i = 0; i < rows.Length; i++)
                {
                    var target = new Span<byte>(to + (long)i * width, width);
                    if (rows[i] < 0)
                    {
                        target.Clear();
                    }
                    else
                    {
                        new ReadOnlySpan<byte>(from + (long)rows[i] * width, width).CopyTo(target);
                    }
                }

                break;
        }
    }

    private static void Copy<T>(byte* from, byte* to, ReadOnlySpan<int> rows, bool hasMissing)
        where T : unmanaged
    {
        var source = (T*)from;
        var target = (T*)to;
        if (!hasMissing)
        {
            for (var i = 0; i < rows.Length; i++)
            {
                target[i] = source[rows[i]];
            }

            return;
        }

        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i];
            target[i] = row < 0 ? default : source[row];
        }
    }

    private static int CopyValidity(ArrowArray source, ReadOnlySpan<int> rows, byte* target)
    {
        var nulls = 0;
        var validity = source.Validity;
        fixed (byte* bits = validity)
        {
            for (var i = 0; i < rows.Length; i++)
            {
                var place = rows[i] + source.Offset;
                var valid = rows[i] >= 0 && (bits is null || (bits[place >> 3] >> (place & 7) & 1) != 0);
                target[i >> 3] |= (byte)((valid ? 1 : 0) << (i & 7));
                nulls += valid ? 0 : 1;
            }
        }

        return nulls;
    }
}
