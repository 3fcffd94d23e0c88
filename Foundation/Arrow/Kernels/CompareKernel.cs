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
                Run<long, NumberOrder<long>>(values, comparison, (PrimitiveArray<long>)right, isScalar, bits);
                return true;
            case PrimitiveArray<int> values:
                Run<int, NumberOrder<int>>(values, comparison, (PrimitiveArray<int>)right, isScalar, bits);
                return true;
            case PrimitiveArray<short> values:
                Run<short, NumberOrder<short>>(values, comparison, (PrimitiveArray<short>)right, isScalar, bits);
                return true;
            case PrimitiveArray<sbyte> values:
                Run<sbyte, NumberOrder<sbyte>>(values, comparison, (PrimitiveArray<sbyte>)right, isScalar, bits);
                return true;
            case PrimitiveArray<ulong> values:
                Run<ulong, NumberOrder<ulong>>(values, comparison, (PrimitiveArray<ulong>)right, isScalar, bits);
                return true;
            case PrimitiveArray<uint> values:
                Run<uint, NumberOrder<uint>>(values, comparison, (PrimitiveArray<uint>)right, isScalar, bits);
                return true;
            case PrimitiveArray<ushort> values:
                Run<ushort, NumberOrder<ushort>>(values, comparison, (PrimitiveArray<ushort>)right, isScalar, bits);
                return true;
            case PrimitiveArray<byte> values:
                Run<byte, NumberOrder<byte>>(values, comparison, (PrimitiveArray<byte>)right, isScalar, bits);
                return true;
            case DoubleArray values:
                Run<double, FloatOrder<double>>(values, comparison, (DoubleArray)right, isScalar, bits);
                return true;
            case FloatArray values:
                Run<float, FloatOrder<float>>(values, comparison, (FloatArray)right, isScalar, bits);
                return true;
            default:
                return false;
        }
    }

    private static void Run<T, TOrder>(PrimitiveArray<T> left, CompareOperator comparison, PrimitiveArray<T> right, bool isScalar, ArrowBuffer bits)
        where T : unmanaged, INumber<T>
        where TOrder : IOrder<T>
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
                    word |= Lanes<T, TOrder>(x, comparison, y).ExtractMostSignificantBits() << lane;
                }

                MemoryMarshal.Write(target[(i / 8)..], word);
            }
        }

        for (; i < a.Length; i++)
        {
            var order = TOrder.Compare(a[i], isScalar ? b[0] : b[i]);
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

    private static Vector512<T> Lanes<T, TOrder>(Vector512<T> x, CompareOperator comparison, Vector512<T> y)
        where TOrder : IOrder<T> => comparison switch
        {
            CompareOperator.Equal => TOrder.Equal(x, y),
            CompareOperator.NotEqual => ~TOrder.Equal(x, y),
            CompareOperator.Less => TOrder.Less(x, y),
            CompareOperator.LessOrEqual => ~TOrder.Less(y, x),
            CompareOperator.Greater => TOrder.Less(y, x),
            _ => ~TOrder.Less(x, y),
        };

    /// <summary>A total order, row by row and register by register.</summary>
    private interface IOrder<T>
    {
        static abstract int Compare(T x, T y);

        static abstract Vector512<T> Equal(Vector512<T> x, Vector512<T> y);

        static abstract Vector512<T> Less(Vector512<T> x, Vector512<T> y);
    }

    private readonly struct NumberOrder<T> : IOrder<T>
        where T : unmanaged, INumber<T>
    {
        public static int Compare(T x, T y) => x < y ? -1 : x == y ? 0 : 1;

        public static Vector512<T> Equal(Vector512<T> x, Vector512<T> y) => Vector512.Equals(x, y);

        public static Vector512<T> Less(Vector512<T> x, Vector512<T> y) => Vector512.LessThan(x, y);
    }

    /// <summary>Floating point in the order where NaN equals NaN and is the largest; IEEE 754 says no to every comparison with NaN.</summary>
    private readonly struct FloatOrder<T> : IOrder<T>
        where T : unmanaged, IFloatingPoint<T>
    {
        public static int Compare(T x, T y) => x < y ? -1 : x > y ? 1 : x == y ? 0 : T.IsNaN(x).CompareTo(T.IsNaN(y));

        public static Vector512<T> Equal(Vector512<T> x, Vector512<T> y) => Vector512.Equals(x, y) | ~(Vector512.Equals(x, x) | Vector512.Equals(y, y));

        public static Vector512<T> Less(Vector512<T> x, Vector512<T> y) => Vector512.LessThan(x, y) | (Vector512.Equals(x, x) & ~Vector512.Equals(y, y));
    }
}
