using System.Numerics;
using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>Values of number columns, widened.</summary>
internal static class NumberReader
{
    /// <summary>Whether values of a type are numbers.</summary>
    public static bool IsSupported(ArrowType? type) => type is IntegerType or FloatingPointType or DecimalType { FixedBitWidth: <= 128 };

    /// <summary>Calls back for each value that counts, as a whole number; decimals unscaled.</summary>
    public static void Whole<TSink>(ArrowArray array, ReadOnlySpan<int> groups, ref TSink sink)
        where TSink : struct, INumberSink<Int128>
    {
        switch (array)
        {
            case PrimitiveArray<long> values:
                EachLong(values, groups, ref sink);
                break;
            case PrimitiveArray<int> values:
                Each<int, Int128, TSink>(values, groups, ref sink);
                break;
            case PrimitiveArray<short> values:
                Each<short, Int128, TSink>(values, groups, ref sink);
                break;
            case PrimitiveArray<sbyte> values:
                Each<sbyte, Int128, TSink>(values, groups, ref sink);
                break;
            case PrimitiveArray<ulong> values:
                Each<ulong, Int128, TSink>(values, groups, ref sink);
                break;
            case PrimitiveArray<uint> values:
                Each<uint, Int128, TSink>(values, groups, ref sink);
                break;
            case PrimitiveArray<ushort> values:
                Each<ushort, Int128, TSink>(values, groups, ref sink);
                break;
            case PrimitiveArray<byte> values:
                Each<byte, Int128, TSink>(values, groups, ref sink);
                break;
            case PrimitiveArray<Int128> values:
                Each<Int128, Int128, TSink>(values, groups, ref sink);
                break;
            default:
                throw new NotSupportedException($"{array.Type.Name} is no whole number.");
        }
    }

    /// <summary>Calls back for each value that counts, as a double.</summary>
    public static void Double<TSink>(ArrowArray array, ReadOnlySpan<int> groups, ref TSink sink)
        where TSink : struct, INumberSink<double>
    {
        switch (array)
        {
            case PrimitiveArray<double> values:
                Each<double, double, TSink>(values, groups, ref sink);
                break;
            case PrimitiveArray<float> values:
                Each<float, double, TSink>(values, groups, ref sink);
                break;
            case PrimitiveArray<Half> values:
                Each<Half, double, TSink>(values, groups, ref sink);
                break;
            default:
                var scale = Math.Pow(10, (array.Type as DecimalType)?.Scale ?? 0);
                var scaling = new Scaling<TSink>(sink, scale);
                Whole(array, groups, ref scaling);
                sink = scaling.Sink;
                break;
        }
    }

    private static void Each<T, TWide, TSink>(PrimitiveArray<T> array, ReadOnlySpan<int> groups, ref TSink sink)
        where T : unmanaged, INumberBase<T>
        where TWide : INumberBase<TWide>
        where TSink : struct, INumberSink<TWide>
    {
        var values = array.Values;
        var hasNulls = array.MayHaveNulls;
        for (var row = 0; row < groups.Length; row++)
        {
            if (groups[row] >= 0 && (!hasNulls || array.IsValid(row)))
            {
                sink.Take(groups[row], TWide.CreateTruncating(values[row]));
            }
        }
    }

    // Widening by the type's own operator is several times faster than by the generic one.
    private static void EachLong<TSink>(PrimitiveArray<long> array, ReadOnlySpan<int> groups, ref TSink sink)
        where TSink : struct, INumberSink<Int128>
    {
        var values = array.Values;
        var hasNulls = array.MayHaveNulls;
        for (var row = 0; row < groups.Length; row++)
        {
            if (groups[row] >= 0 && (!hasNulls || array.IsValid(row)))
            {
                sink.Take(groups[row], values[row]);
            }
        }
    }

    private struct Scaling<TSink>(TSink sink, double scale) : INumberSink<Int128>
        where TSink : struct, INumberSink<double>
    {
        public TSink Sink = sink;

        public void Take(int group, Int128 value) => Sink.Take(group, (double)value / scale);
    }
}

/// <summary>Takes values of groups.</summary>
/// <typeparam name="T">What they are.</typeparam>
internal interface INumberSink<in T>
{
    /// <summary>Takes one value.</summary>
    void Take(int group, T value);
}
