using System.Numerics;
using System.Runtime.Intrinsics;

namespace OrleansFlow.Arrow.Kernels;

/// <summary>One value for many; nulls do not count.</summary>
public static class ArrowAggregate
{
    /// <summary>The smallest value; null when all are null or there are none. NaN counts as larger than every number.</summary>
    /// <typeparam name="T">The .NET type of the values.</typeparam>
    public static T? Min<T>(PrimitiveArray<T> array)
        where T : unmanaged, INumber<T> => Extreme(array, true);

    /// <summary>The largest value; null when all are null or there are none. NaN counts as larger than every number.</summary>
    /// <typeparam name="T">The .NET type of the values.</typeparam>
    public static T? Max<T>(PrimitiveArray<T> array)
        where T : unmanaged, INumber<T> => Extreme(array, false);

    /// <summary>The sum of integers, or of the unscaled integers of decimals; 0 when all are null.</summary>
    /// <typeparam name="T">The .NET type of the values.</typeparam>
    /// <exception cref="OverflowException">The sum of 128-bit decimals does not fit 128 bits; sums of narrower values always do.</exception>
    public static Int128 Sum<T>(PrimitiveArray<T> array)
        where T : unmanaged, IBinaryInteger<T>
    {
        ArgumentNullException.ThrowIfNull(array);
        return array switch
        {
            PrimitiveArray<long> values when !values.MayHaveNulls => SumKernel.Sum(values.Values),
            PrimitiveArray<int> values when !values.MayHaveNulls => SumKernel.Sum(values.Values),
            _ => SumEach(array),
        };
    }

    /// <summary>The sum of floating point values in double precision; 0 when all are null. The order of the additions is not defined.</summary>
    public static double Sum(DoubleArray array)
    {
        ArgumentNullException.ThrowIfNull(array);
        var values = array.Values;
        if (!array.MayHaveNulls)
        {
            return SumKernel.Sum(values);
        }

        var sum = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            sum += array.IsValid(i) ? values[i] : 0;
        }

        return sum;
    }

    /// <summary>The sum of floating point values in double precision; 0 when all are null. The order of the additions is not defined.</summary>
    public static double Sum(FloatArray array)
    {
        ArgumentNullException.ThrowIfNull(array);
        var sum = 0.0;
        var values = array.Values;
        for (var i = 0; i < values.Length; i++)
        {
            sum += array.IsValid(i) ? values[i] : 0;
        }

        return sum;
    }

    /// <summary>The first row with the smallest value, of any type with an order; -1 when all are null.</summary>
    /// <exception cref="NotSupportedException">The type has no order.</exception>
    public static int IndexOfMin(ArrowArray array) => IndexOfExtreme(array, -1);

    /// <summary>The first row with the largest value, of any type with an order; -1 when all are null.</summary>
    /// <exception cref="NotSupportedException">The type has no order.</exception>
    public static int IndexOfMax(ArrowArray array) => IndexOfExtreme(array, 1);

    private static int IndexOfExtreme(ArrowArray array, int sign)
    {
        ArgumentNullException.ThrowIfNull(array);
        var order = ValueOrder.For(array, array);
        var best = -1;
        for (var i = 0; i < array.Length; i++)
        {
            if (array.IsValid(i) && (best < 0 || order.Compare(i, best) * sign > 0))
            {
                best = i;
            }
        }

        return best;
    }

    private static Int128 SumEach<T>(PrimitiveArray<T> array)
        where T : unmanaged, IBinaryInteger<T>
    {
        Int128 sum = 0;
        var values = array.Values;
        for (var i = 0; i < values.Length; i++)
        {
            if (array.IsValid(i))
            {
                sum = checked(sum + Int128.CreateChecked(values[i]));
            }
        }

        return sum;
    }

    private static T? Extreme<T>(PrimitiveArray<T> array, bool smallest)
        where T : unmanaged, INumber<T>
    {
        ArgumentNullException.ThrowIfNull(array);
        var values = array.Values;
        if (!array.MayHaveNulls && values.Length >= Vector512<byte>.Count && Vector512<T>.IsSupported && default(T) is not (float or double))
        {
            return SumKernel.Extreme(values, smallest);
        }

        T? best = null;
        for (var i = 0; i < values.Length; i++)
        {
            if (array.IsValid(i) && (best is not { } seen || IsBefore(values[i], seen) == smallest && !Same(values[i], seen)))
            {
                best = values[i];
            }
        }

        return best;
    }

    private static bool Same<T>(T a, T b)
        where T : INumber<T> => a == b || (T.IsNaN(a) && T.IsNaN(b));

    private static bool IsBefore<T>(T a, T b)
        where T : INumber<T> => a < b || (T.IsNaN(b) && !T.IsNaN(a));
}
