using System.Numerics;
using System.Runtime.Intrinsics;

namespace OrleansFlow.Arrow.Kernels;

/// <summary>Sums and extremes by whole registers, for values without nulls. Part of <see cref="ArrowAggregate"/>.</summary>
internal static class SumKernel
{
    /// <summary>
    /// 64-bit integers in two halves: the low 32 bits and the high 32 bits (with sign) are summed apart, so that no lane overflows
    /// within a block of 2^30 values.
    /// </summary>
    public static Int128 Sum(ReadOnlySpan<long> values)
    {
        Int128 sum = 0;
        var i = 0;
        while (values.Length - i >= Vector512<long>.Count)
        {
            var low = Vector512<ulong>.Zero;
            var high = Vector512<long>.Zero;
            var end = (int)Math.Min(values.Length, i + (1L << 30));
            for (; i + Vector512<long>.Count <= end; i += Vector512<long>.Count)
            {
                var part = Vector512.Create(values[i..]);
                low += part.AsUInt64() & Vector512.Create(0xFFFF_FFFFUL);
                high += Vector512.ShiftRightArithmetic(part, 32);
            }

            for (var lane = 0; lane < Vector512<long>.Count; lane++)
            {
                sum += ((Int128)high[lane] << 32) + low[lane];
            }
        }

        for (; i < values.Length; i++)
        {
            sum += values[i];
        }

        return sum;
    }

    /// <summary>32-bit integers in lanes of 64 bits: an array has fewer than 2^31 values, so no lane overflows.</summary>
    public static Int128 Sum(ReadOnlySpan<int> values)
    {
        var lanes = Vector512<long>.Zero;
        var i = 0;
        for (; i + Vector512<int>.Count <= values.Length; i += Vector512<int>.Count)
        {
            var (low, high) = Vector512.Widen(Vector512.Create(values[i..]));
            lanes += low + high;
        }

        Int128 sum = Vector512.Sum(lanes);
        for (; i < values.Length; i++)
        {
            sum += values[i];
        }

        return sum;
    }

    public static double Sum(ReadOnlySpan<double> values)
    {
        var lanes = Vector512<double>.Zero;
        var i = 0;
        for (; i + Vector512<double>.Count <= values.Length; i += Vector512<double>.Count)
        {
            lanes += Vector512.Create(values[i..]);
        }

        var sum = Vector512.Sum(lanes);
        for (; i < values.Length; i++)
        {
            sum += values[i];
        }

        return sum;
    }

    /// <summary>The smallest or largest of at least one register of integers.</summary>
    public static T Extreme<T>(ReadOnlySpan<T> values, bool smallest)
        where T : unmanaged, INumber<T>
    {
        var best = Vector512.Create<T>(values);
        for (var i = Vector512<T>.Count; i < values.Length; i += Vector512<T>.Count)
        {
            // The last register may overlap the one before: a value that is seen twice changes nothing.
            var part = Vector512.Create<T>(values[Math.Min(i, values.Length - Vector512<T>.Count)..]);
            best = smallest ? Vector512.Min(best, part) : Vector512.Max(best, part);
        }

        var result = best[0];
        for (var lane = 1; lane < Vector512<T>.Count; lane++)
        {
            result = smallest ? T.Min(result, best[lane]) : T.Max(result, best[lane]);
        }

        return result;
    }
}
