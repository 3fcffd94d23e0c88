using OrleansFlow.Arrow;

namespace OrleansFlow.Tests.Arrow;

/// <summary>Batches that hold every type that can be built, with nulls, from a seed.</summary>
internal static class SampleData
{
    public static ArrowSchema FlatSchema { get; } = new(
    [
        new("id", ArrowType.Int64, false),
        new("flag", ArrowType.Boolean),
        new("i8", ArrowType.Int8),
        new("u8", ArrowType.UInt8),
        new("i16", ArrowType.Int16),
        new("u16", ArrowType.UInt16),
        new("i32", ArrowType.Int32),
        new("u32", ArrowType.UInt32),
        new("u64", ArrowType.UInt64),
        new("f32", ArrowType.Float32),
        new("f64", ArrowType.Float64),
        new("text", ArrowType.Utf8, true, [new("note", "größe"), new("empty", "")]),
        new("bytes", ArrowType.Binary),
        new("day", ArrowType.Date32),
        new("at", ArrowType.Timestamp(TimeUnit.Microsecond, "UTC")),
        new("local", ArrowType.Timestamp(TimeUnit.Nanosecond)),
        new("price", ArrowType.Decimal128(20, 4)),
        new("nothing", ArrowType.Null),
    ],
    [new("origin", "tests")]);

    public static ArrowSchema FullSchema { get; } = new(
    [
        .. FlatSchema.Fields,
        new("half", ArrowType.Float16),
        new("large_text", ArrowType.LargeUtf8),
        new("large_bytes", ArrowType.LargeBinary),
        new("fixed", ArrowType.FixedSizeBinary(3)),
        new("day64", ArrowType.Date64),
        new("t32", ArrowType.Time32(TimeUnit.Millisecond)),
        new("t64", ArrowType.Time64(TimeUnit.Nanosecond)),
        new("span", ArrowType.Duration(TimeUnit.Second)),
        new("months", ArrowType.Interval(IntervalUnit.YearMonth)),
        new("days", ArrowType.Interval(IntervalUnit.DayTime)),
        new("mdn", ArrowType.Interval(IntervalUnit.MonthDayNano)),
        new("d256", ArrowType.Decimal256(50, 2)),
        new("list", ArrowType.List(ArrowType.Int32)),
        new("large_list", ArrowType.LargeList(ArrowType.Utf8)),
        new("pair", ArrowType.FixedSizeList(ArrowType.Int16, 2)),
        new("row", ArrowType.Struct(new ArrowField("a", ArrowType.Int32), new ArrowField("b", ArrowType.Utf8))),
        new("map", ArrowType.Map(ArrowType.Utf8, ArrowType.Float64)),
        new("word", ArrowType.Dictionary(ArrowType.Int16, ArrowType.Utf8)),
        new("words", ArrowType.List(ArrowType.Dictionary(ArrowType.UInt8, ArrowType.Utf8))),
        new("d32", ArrowType.Decimal32(9, 3)),
        new("d64", ArrowType.Decimal64(18, 5)),
        new("text_view", ArrowType.Utf8View),
        new("bytes_view", ArrowType.BinaryView),
        new("list_view", ArrowType.ListView(ArrowType.Int32)),
        new("large_list_view", ArrowType.LargeListView(ArrowType.Utf8View)),
        new("runs", ArrowType.RunEndEncoded(ArrowType.Int32, ArrowType.Int64)),
        new("short_runs", ArrowType.RunEndEncoded(ArrowType.Int16, ArrowType.Utf8)),
        new("dense", ArrowType.DenseUnion(new ArrowField("n", ArrowType.Int32), new ArrowField("t", ArrowType.Utf8))),
        new("sparse", new UnionType(UnionMode.Sparse, [new("t", ArrowType.Utf8View), new("l", ArrowType.List(ArrowType.Int8))], [5, 7])),
        new("row_of_views", ArrowType.Struct(new ArrowField("v", ArrowType.Utf8View), new ArrowField("r", ArrowType.RunEndEncoded(ArrowType.Int64, ArrowType.Boolean)))),
    ]);

    public static RecordBatch Create(ArrowSchema schema, int rows, int seed, ArrowAllocator? allocator = null)
    {
        var random = new Random(seed);
        using var builder = new RecordBatchBuilder(schema, allocator);
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < schema.Fields.Count; column++)
            {
                var field = schema.Fields[column];
                builder.Column(column).AppendObject(field.IsNullable && random.Next(5) == 0 ? null : Value(field.Type, random));
            }
        }

        return builder.Build();
    }

    public static object? Value(ArrowType type, Random random) => type switch
    {
        NullType => null,
        BooleanType => random.Next(2) == 0,
        IntegerType { IsSigned: true } integer => random.NextInt64(long.MinValue, long.MaxValue) >> (64 - integer.FixedBitWidth),
        IntegerType integer => (ulong)random.NextInt64(long.MinValue, long.MaxValue) >> (64 - integer.FixedBitWidth),
        FloatingPointType { FixedBitWidth: 16 } => (Half)random.NextSingle(),
        FloatingPointType { FixedBitWidth: 32 } => random.NextSingle(),
        FloatingPointType => random.NextDouble() * 1e6,
        StringType => Text(random),
        BinaryType => Bytes(random, random.Next(9)),
        StringViewType => Text(random) + (random.Next(2) == 0 ? "" : Text(random) + "long enough"),
        BinaryViewType => Bytes(random, random.Next(30)),
        ListViewType list => Items(list.Item.Type, random, random.Next(4)),
        RunEndEncodedType { Values.Type: IntegerType } => (long)random.Next(2),
        RunEndEncodedType { Values.Type: BooleanType } => random.Next(2) == 0,
        RunEndEncodedType => "run" + random.Next(2),
        UnionType { Mode: UnionMode.Dense } => random.Next(2) == 0 ? random.Next() : Text(random) + "x",
        UnionType => random.Next(2) == 0 ? Text(random) : new KeyValuePair<string, object?>("l", new object?[] { (sbyte)1, null }),
        FixedSizeBinaryType fixedSize => Bytes(random, fixedSize.ByteWidth),
        DateType => DateOnly.FromDayNumber(random.Next(700_000, 750_000)),
        TimestampType => DateTimeOffset.UnixEpoch.AddTicks(random.NextInt64(-1_000_000_000, 1_000_000_000) * 10_000_000),
        TimeType { FixedBitWidth: 32 } or IntervalType { Unit: IntervalUnit.YearMonth } => random.Next(80_000),
        TimeType or DurationType => random.NextInt64(80_000),
        IntervalType { Unit: IntervalUnit.DayTime } => new DayTimeInterval(random.Next(), random.Next()),
        IntervalType => new MonthDayNanoInterval(random.Next(), random.Next(), random.NextInt64()),
        DecimalType { FixedBitWidth: 256 } => new System.Numerics.BigInteger(random.NextInt64()) * random.NextInt64(),
        DecimalType number => random.Next(1_000_000_000) / (decimal)Math.Pow(10, number.Scale),
        ListType list => Items(list.Item.Type, random, random.Next(4)),
        FixedSizeListType list => Items(list.Item.Type, random, list.Size),
        StructType row => row.Fields.Select(field => random.Next(4) == 0 ? null : Value(field.Type, random)).ToArray(),
        MapType map => Enumerable.Range(0, random.Next(3)).Select(i => (object?)new[] { $"k{i}", Value(map.Value.Type, random) }).ToArray(),
        DictionaryType => "word" + random.Next(6),
        _ => throw new ArgumentException(type.Name, nameof(type)),
    };

    private static object?[] Items(ArrowType type, Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => random.Next(4) == 0 ? null : Value(type, random))];

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string Text(Random random) => string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => "aß€😀z "[random.Next(3)]));
}
