using System.Runtime.InteropServices;

namespace OrleansFlow.Arrow.Kernels;

/// <summary>
/// Compares values row by row. A row where either side is null gives null. The order is that of <see cref="ArrowSort"/>: NaN equals NaN
/// and comes behind all other numbers.
/// </summary>
public static class ArrowCompare
{
    /// <summary>Compares two arrays of one type and length; the caller owns the result.</summary>
    /// <param name="left">Left side.</param>
    /// <param name="comparison">How to compare.</param>
    /// <param name="right">Right side.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    /// <exception cref="ArgumentException">Types or lengths differ.</exception>
    /// <exception cref="NotSupportedException">The type has no order.</exception>
    public static BooleanArray Compare(ArrowArray left, CompareOperator comparison, ArrowArray right, ArrowAllocator? allocator = null)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        if (!left.Type.Equals(right.Type) || left.Length != right.Length)
        {
            throw new ArgumentException($"{left.Length} values of {left.Type.Name} cannot be compared with {right.Length} of {right.Type.Name}.", nameof(right));
        }

        return Run(left, comparison, right, false, allocator ?? ArrowAllocator.Default);
    }

    /// <summary>Compares every value of an array with one value; the caller owns the result.</summary>
    /// <param name="left">Left side.</param>
    /// <param name="comparison">How to compare.</param>
    /// <param name="right">Right side, as <see cref="ArrowArrayBuilder.AppendObject"/> takes it; null gives a null in every row.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    /// <exception cref="ArgumentException">The value cannot be one of the array's type.</exception>
    /// <exception cref="NotSupportedException">The type has no order.</exception>
    public static BooleanArray CompareTo(ArrowArray left, CompareOperator comparison, object? right, ArrowAllocator? allocator = null)
    {
        ArgumentNullException.ThrowIfNull(left);
        using var builder = ArrowArrayBuilder.Create(left.Type, allocator);
        builder.AppendObject(right);
        using var value = builder.Build();
        return Run(left, comparison, value, true, allocator ?? ArrowAllocator.Default);
    }

    private static BooleanArray Run(ArrowArray left, CompareOperator comparison, ArrowArray right, bool isScalar, ArrowAllocator allocator)
    {
        if (!Enum.IsDefined(comparison))
        {
            throw new ArgumentOutOfRangeException(nameof(comparison), comparison, "Not one of the operators.");
        }

        var order = ValueOrder.For(left, right);
        var length = left.Length;
        var bits = allocator.AllocateZeroed(ArrowBitmap.ByteCount(length));
        ArrowBuffer validity = default;
        try
        {
            var nulls = CombineValidity(left, right, isScalar, allocator, ref validity);
            if (nulls < length && !CompareKernel.TryCompare(left, comparison, right, isScalar, bits))
            {
                CompareEach(left, comparison, right, isScalar, order, bits.WritableSpan);
            }

            return (BooleanArray)ArrowArrayFactory.Wrap(
                new ArrowArrayData { Type = ArrowType.Boolean, Length = length, NullCount = nulls, Buffers = [validity, bits] });
        }
        catch
        {
            validity.Release();
            bits.Release();
            throw;
        }
    }

    private static void CompareEach(ArrowArray left, CompareOperator comparison, ArrowArray right, bool isScalar, ValueOrder order, Span<byte> bits)
    {
        for (var i = 0; i < left.Length; i++)
        {
            var j = isScalar ? 0 : i;
            if (left.IsValid(i) && right.IsValid(j) && Matches(comparison, order.Compare(i, j)))
            {
                ArrowBitmap.Set(bits, i, true);
            }
        }
    }

    private static bool Matches(CompareOperator comparison, int order) => comparison switch
    {
        CompareOperator.Equal => order == 0,
        CompareOperator.NotEqual => order != 0,
        CompareOperator.Less => order < 0,
        CompareOperator.LessOrEqual => order <= 0,
        CompareOperator.Greater => order > 0,
        _ => order >= 0,
    };

    private static int CombineValidity(ArrowArray left, ArrowArray right, bool isScalar, ArrowAllocator allocator, ref ArrowBuffer validity)
    {
        var length = left.Length;
        if (length == 0 || !(MayBeNull(left) || MayBeNull(right)))
        {
            return 0;
        }

        validity = allocator.AllocateZeroed(ArrowBitmap.ByteCount(length));
        var bits = validity.WritableSpan;
        if (HasBits(left) && (HasBits(right) || isScalar))
        {
            if (!isScalar || right.IsValid(0))
            {
                AndWords(left, isScalar ? left : right, MemoryMarshal.Cast<byte, ulong>(bits), bits);
            }
        }
        else
        {
            for (var i = 0; i < length; i++)
            {
                ArrowBitmap.Set(bits, i, left.IsValid(i) && right.IsValid(isScalar ? 0 : i));
            }
        }

        var nulls = length - ArrowBitmap.CountOnes(bits, 0, length);
        if (nulls == 0)
        {
            validity.Release();
            validity = default;
        }

        return nulls;
    }

    private static void AndWords(ArrowArray left, ArrowArray right, Span<ulong> words, Span<byte> bits)
    {
        for (var start = 0; start < left.Length; start += 64)
        {
            var word = Word(left, start) & Word(right, start);
            if (start / 64 < words.Length)
            {
                words[start / 64] = word;
                continue;
            }

            for (var i = start / 8; i < bits.Length; i++)
            {
                bits[i] = (byte)(word >> (i * 8 - start));
            }
        }
    }

    private static ulong Word(ArrowArray array, int start) => array.MayHaveNulls
        ? ArrowFilter.ReadWord(array.Validity, array.Offset + start, array.Offset + array.Length)
        : ulong.MaxValue >> Math.Max(0, 64 - (array.Length - start));

    /// <summary>Unions, runs and dictionaries may have nulls that no bitmap of their own shows.</summary>
    private static bool HasBits(ArrowArray array) => array is not (UnionArray or RunEndEncodedArray or NullArray);

    private static bool MayBeNull(ArrowArray array) => array.MayHaveNulls || !HasBits(array);
}
