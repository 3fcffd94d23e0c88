using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OrleansFlow.Arrow.Kernels;

/// <summary>Compares numbers by whole registers; nulls are compared too, their bits mean nothing. Part of <see cref="ArrowCompare"/>.</summary>
internal static unsafe class CompareKernel
{
    /// <summary>Sets the bits of the rows that match; false when the type has no such code.</summary>
    public static bool TryCompare(ArrowArray left, CompareOperator comparison, ArrowArray right, bool isScalar, ArrowBuffer bits)
    {
        if (!BitConverter.IsLittleEndian)
        {
            return false;
        }

        switch (left)
        {
            case PrimitiveArray<long> values:
                Run(values, comparison, (PrimitiveArray<long>)right, isScalar, bits);
                return true;
            case PrimitiveArray<int> values:
                Run(values, comparison, (PrimitiveArray<int>)right, isScalar, bits);
                return true;
            case PrimitiveArray<short> values:
                Run(values, comparison, (PrimitiveArray<short>)right, isScalar, bits);
                return true;
            case PrimitiveArray<sbyte> values:
                Run(values, comparison, (PrimitiveArray<sbyte>)right, isScalar, bits);
                return true;
            case PrimitiveArray<ulong> values:
                Run(values, comparison, (PrimitiveArray<ulong>)right, isScalar, bits);
                return true;
            case PrimitiveArray<uint> values:
                Run(values, comparison, (PrimitiveArray<uint>)right, isScalar, bits);
                return true;
            case PrimitiveArray<ushort> values:
                Run(values, comparison, (PrimitiveArray<ushort>)right, isScalar, bits);
                return true;
            case PrimitiveArray<byte> values:
                Run(values, comparison, (PrimitiveArray<byte>)right, isScalar, bits);
                return true;
            case DoubleArray values:
                RunFloats(values, comparison, (DoubleArray)right, isScalar, bits);
                return true;
            case FloatArray values:
                RunFloats(values, comparison, (FloatArray)right, isScalar, bits);
                return true;
            default:
                return false;
        }
    }

    private static void Run<T>(PrimitiveArray<T> left, CompareOperator comparison, PrimitiveArray<T> right, bool isScalar, ArrowBuffer bits)
        where T : unmanaged, INumber<T>
    {
        var a = left.Values;
        var b = right.Values;
        var target = bits.WritableSpan;
        var i = 0;
        if (Vector512.IsHardwareAccelerated || Vector256.IsHardwareAccelerated)
        {
            // 64 rows make one word of the result; a register holds a power of two of them.
            for (; i + 64 <= a.Length; i += 64)
            {
                var word = 0UL;
                for (var lane = 0; lane < 64; lane += Vector512<T>.Count)
                {
                    var x = Vector512.Create<T>(a[(i + lane)..]);
                    var y = isScalar ? Vector512.Create(b[0]) : Vector512.Create<T>(b[(i + lane)..]);
                    word |= Mask(x, comparison, y) << lane;
                }

                MemoryMarshal.Write(target[(i / 8)..], word);
            }
        }

        for (; i < a.Length; i++)
        {
            var (x, y) = (a[i], isScalar ? b[0] : b[i]);
            ArrowBitmap.Set(target, i, comparison switch
            {
                CompareOperator.Equal => x == y,
                CompareOperator.NotEqual => x != y,
                CompareOperator.Less => x < y,
                CompareOperator.LessOrEqual => x <= y,
                CompareOperator.Greater => x > y,
                _ => x >= y,
            });
        }
    }

    private static ulong Mask<T>(Vector512<T> x, CompareOperator comparison, Vector512<T> y) => comparison switch
    {
        CompareOperator.Equal => Vector512.Equals(x, y).ExtractMostSignificantBits(),
        CompareOperator.NotEqual => (~Vector512.Equals(x, y)).ExtractMostSignificantBits(),
        CompareOperator.Less => Vector512.LessThan(x, y).ExtractMostSignificantBits(),
        CompareOperator.LessOrEqual => Vector512.LessThanOrEqual(x, y).ExtractMostSignificantBits(),
        CompareOperator.Greater => Vector512.GreaterThan(x, y).ExtractMostSignificantBits(),
        _ => Vector512.GreaterThanOrEqual(x, y).ExtractMostSignificantBits(),
    };

    /// <summary>Floating point in the order where NaN equals NaN and is the largest.</summary>
    private static void RunFloats<T>(PrimitiveArray<T> left, CompareOperator comparison, PrimitiveArray<T> right, bool isScalar, ArrowBuffer bits)
        where T : unmanaged, IFloatingPoint<T>
    {
        // "Less", "equal" and the rest of IEEE 754 say no to every NaN, so each is put together from what is true for NaN.
        var a = left.Values;
        var b = right.Values;
        var target = bits.WritableSpan;
        var i = 0;
        if (Vector512.IsHardwareAccelerated || Vector256.IsHardwareAccelerated)
        {
            for (; i + 64 <= a.Length; i += 64)
            {
                var word = 0UL;
                for (var lane = 0; lane < 64; lane += Vector512<T>.Count)
                {
                    var x = Vector512.Create<T>(a[(i + lane)..]);
                    var y = isScalar ? Vector512.Create(b[0]) : Vector512.Create<T>(b[(i + lane)..]);
                    word |= FloatMask(x, comparison, y) << lane;
                }

                MemoryMarshal.Write(target[(i / 8)..], word);
            }
        }

        for (; i < a.Length; i++)
        {
            var (x, y) = (a[i], isScalar ? b[0] : b[i]);
            var order = x < y ? -1 : x > y ? 1 : x == y ? 0 : T.IsNaN(x).CompareTo(T.IsNaN(y));
            ArrowBitmap.Set(target, i, comparison switch
            {
                CompareOperator.Equal => order == 0,
                CompareOperator.NotEqual => order != 0,
                CompareOperator.Less => order < 0,
                CompareOperator.LessOrEqual => order <= 0,
                CompareOperator.Greater => order > 0,
                _ => order >= 0,
            });
        }
    }

    private static ulong FloatMask<T>(Vector512<T> x, CompareOperator comparison, Vector512<T> y)
    {
        var numberX = Vector512.Equals(x, x);
        var numberY = Vector512.Equals(y, y);
        var equal = Vector512.Equals(x, y) | ~(numberX | numberY);
        var less = Vector512.LessThan(x, y) | (numberX & ~numberY);
        return (comparison switch
        {
            CompareOperator.Equal => equal,
            CompareOperator.NotEqual => ~equal,
            CompareOperator.Less => less,
            CompareOperator.LessOrEqual => less | equal,
            CompareOperator.Greater => ~(less | equal),
            _ => ~less,
        }).ExtractMostSignificantBits();
    }
}
