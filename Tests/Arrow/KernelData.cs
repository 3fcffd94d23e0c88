using System.Numerics;
using OrleansFlow.Arrow;

namespace OrleansFlow.Tests.Arrow;

/// <summary>Random columns of few different values with nulls everywhere, and a slow order of values written without the kernels.</summary>
internal static class KernelData
{
    /// <summary>Every type whose values have an order.</summary>
    public static ArrowType[] OrderedTypes { get; } =
    [
        ArrowType.Null, ArrowType.Boolean, ArrowType.Int8, ArrowType.UInt8, ArrowType.Int16, ArrowType.UInt16, ArrowType.Int32, ArrowType.UInt32,
        ArrowType.Int64, ArrowType.UInt64, ArrowType.Float16, ArrowType.Float32, ArrowType.Float64, ArrowType.Utf8, ArrowType.LargeUtf8,
        ArrowType.Binary, ArrowType.Utf8View, ArrowType.BinaryView, ArrowType.FixedSizeBinary(3), ArrowType.Date32, ArrowType.Date64,
        ArrowType.Time32(TimeUnit.Second), ArrowType.Time64(TimeUnit.Nanosecond), ArrowType.Timestamp(TimeUnit.Microsecond, "UTC"),
        ArrowType.Duration(TimeUnit.Millisecond), ArrowType.Decimal32(9, 2), ArrowType.Decimal64(18, 2), ArrowType.Decimal128(38, 2),
        ArrowType.Decimal256(76, 2), ArrowType.Dictionary(ArrowType.Int8, ArrowType.Utf8), ArrowType.RunEndEncoded(ArrowType.Int32, ArrowType.Int64),
        ArrowType.List(ArrowType.Int32), ArrowType.LargeListView(ArrowType.Utf8), ArrowType.FixedSizeList(ArrowType.Float64, 2),
        ArrowType.Struct(new ArrowField("a", ArrowType.Int8), new ArrowField("b", ArrowType.Utf8)),
    ];

    /// <summary>Types that can be hashed and taken, but have no order.</summary>
    public static ArrowType[] OtherTypes { get; } =
    [
        ArrowType.Interval(IntervalUnit.YearMonth), ArrowType.Interval(IntervalUnit.DayTime), ArrowType.Interval(IntervalUnit.MonthDayNano),
        ArrowType.Map(ArrowType.Utf8, ArrowType.Int32),
        ArrowType.DenseUnion(new ArrowField("n", ArrowType.Int32), new ArrowField("t", ArrowType.Utf8)),
        ArrowType.SparseUnion(new ArrowField("n", ArrowType.Int64), new ArrowField("t", ArrowType.Utf8View)),
    ];

    /// <summary>A slice that does not start on a byte of its bitmaps.</summary>
    public static ArrowArray Create(ArrowType type, int length, int seed, ArrowAllocator? allocator = null)
    {
        var random = new Random(seed);
        var before = random.Next(20);
        using var builder = ArrowArrayBuilder.Create(type, allocator);
        var nullEvery = random.Next(3) switch { 0 => int.MaxValue, 1 => 3, _ => 20 };
        for (var i = 0; i < before + length + 3; i++)
        {
            builder.AppendObject(nullEvery < int.MaxValue && random.Next(nullEvery) == 0 ? null : Value(type, random));
        }

        using var whole = builder.Build();
        return whole.Slice(before, length);
    }

    public static object? Value(ArrowType type, Random random) => type switch
    {
        NullType => null,
        BooleanType => random.Next(2) == 0,
        IntegerType { IsSigned: true } integer => random.Next(4) switch
        {
            0 => long.MinValue >> (64 - integer.FixedBitWidth),
            1 => long.MaxValue >> (64 - integer.FixedBitWidth),
            _ => (long)random.Next(-3, 4),
        },
        IntegerType integer => random.Next(4) == 0 ? ulong.MaxValue >> (64 - integer.FixedBitWidth) : (ulong)random.Next(4),
        FloatingPointType number => Float(random) switch
        {
            var value when number.FixedBitWidth == 16 => (Half)value,
            var value when number.FixedBitWidth == 32 => (float)value,
            var value => value,
        },
        StringType or StringViewType or DictionaryType => new[] { "", "a", "ab", "ß", "€uro", "zebra with a long tail", "zebra with a long tooth" }[random.Next(7)],
        BinaryType or BinaryViewType => new byte[][] { [], [0], [0, 0], [255], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13] }[random.Next(5)],
        FixedSizeBinaryType => new byte[][] { [0, 0, 0], [0, 0, 1], [255, 0, 0] }[random.Next(3)],
        DateType => DateOnly.FromDayNumber(719_160 + random.Next(5)),
        TimestampType => DateTimeOffset.UnixEpoch.AddMinutes(random.Next(-3, 3)),
        TimeType { FixedBitWidth: 32 } or IntervalType { Unit: IntervalUnit.YearMonth } => random.Next(4),
        TimeType or DurationType => (long)random.Next(4),
        IntervalType { Unit: IntervalUnit.DayTime } => new DayTimeInterval(random.Next(-1, 2), random.Next(2)),
        IntervalType => new MonthDayNanoInterval(random.Next(2), random.Next(2), random.Next(-1, 2)),
        DecimalType { FixedBitWidth: 256 } => BigInteger.Pow(random.Next(-3, 4), 41),
        DecimalType => random.Next(-300, 300) / 100m,
        ListType list => Items(list.Item.Type, random, random.Next(3)),
        ListViewType list => Items(list.Item.Type, random, random.Next(3)),
        FixedSizeListType list => Items(list.Item.Type, random, list.Size),
        StructType row => row.Fields.Select(field => random.Next(4) == 0 ? null : Value(field.Type, random)).ToArray(),
        MapType => Enumerable.Range(0, random.Next(3)).Select(i => (object?)new object?[] { $"k{i}", random.Next(3) }).ToArray(),
        RunEndEncodedType runs => Value(runs.Values.Type, random),
        UnionType => random.Next(2) == 0 ? new KeyValuePair<string, object?>("n", random.Next(3)) : new KeyValuePair<string, object?>("t", "x" + random.Next(3)),
        _ => throw new ArgumentException(type.Name, nameof(type)),
    };

    /// <summary>The documented order, on values as objects; nulls last.</summary>
    public static int Order(object? a, object? b)
    {
        if (a is null || b is null)
        {
            return (a is null).CompareTo(b is null);
        }

        switch (a)
        {
            case double or float or Half:
                var (x, y) = (Convert.ToDouble(a is Half h ? (double)h : a, null), Convert.ToDouble(b is Half k ? (double)k : b, null));
                return double.IsNaN(x) || double.IsNaN(y) ? double.IsNaN(x).CompareTo(double.IsNaN(y)) : x == y ? 0 : x < y ? -1 : 1;
            case string text when decimal.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out _) && text.Contains('.', StringComparison.Ordinal):
                return Scaled(text).CompareTo(Scaled((string)b));
            case string text:
                return System.Text.Encoding.UTF8.GetBytes(text).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes((string)b));
            case byte[] bytes:
                return bytes.AsSpan().SequenceCompareTo((byte[])b);
            case KeyValuePair<string, object?>[] row:
                return row.Zip((KeyValuePair<string, object?>[])b, (p, q) => Order(p.Value, q.Value)).FirstOrDefault(result => result != 0);
            case object?[] items:
                var others = (object?[])b;
                var first = items.Zip(others, Order).FirstOrDefault(result => result != 0);
                return first != 0 ? first : items.Length.CompareTo(others.Length);
            default:
                return ((IComparable)a).CompareTo(b);
        }
    }

    /// <summary>Decimals come as text with two digits behind the point.</summary>
    private static BigInteger Scaled(string text) => BigInteger.Parse(text.Replace(".", "", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture);

    private static double Float(Random random) => random.Next(7) switch
    {
        0 => double.NaN, 1 => -0.0, 2 => 0.0, 3 => double.PositiveInfinity, 4 => double.NegativeInfinity, 5 => -double.NaN, _ => random.Next(-2, 3) / 2.0,
    };

    private static object?[] Items(ArrowType type, Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => random.Next(4) == 0 ? null : Value(type, random))];
}
