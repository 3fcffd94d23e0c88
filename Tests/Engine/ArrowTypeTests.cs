using OrleansFlow.Arrow;

namespace OrleansFlow.Tests.Engine;

/// <summary>
/// Arrow to DuckDB and back, for the types that <see cref="ScanTypeTests"/> leaves out: DuckDB's text of what it read, written out by
/// hand, and the values that come back as Arrow.
/// </summary>
public sealed class ArrowTypeTests : EngineTestBase
{
    private const string Tail = "a text that is longer than twelve bytes";

    private static readonly DateTimeOffset At = new(2024, 5, 6, 7, 8, 9, TimeSpan.Zero);

    private static readonly Dictionary<string, (ArrowType Type, object?[] Values, string?[] Expected)> Kinds = new(StringComparer.Ordinal)
    {
        ["null"] = (ArrowType.Null, [null, null], [null, null]),
        ["int16"] = (ArrowType.Int16, [short.MinValue, null], ["-32768", null]),
        ["uint8"] = (ArrowType.UInt8, [byte.MaxValue, null], ["255", null]),
        ["uint32"] = (ArrowType.UInt32, [uint.MaxValue, null], ["4294967295", null]),
        ["float32"] = (ArrowType.Float32, [-0.25f, null], ["-0.25", null]),
        ["binary"] = (ArrowType.Binary, [new byte[] { 97, 0 }, null], ["a\\x00", null]),
        ["large_binary"] = (ArrowType.LargeBinary, [new byte[] { 97, 255 }, null], ["a\\xFF", null]),
        ["fixed_size_binary"] = (ArrowType.FixedSizeBinary(2), [new byte[] { 97, 98 }, null], ["ab", null]),
        ["utf8_view"] = (ArrowType.Utf8View, ["", null, "short", Tail], ["", null, "short", Tail]),
        ["binary_view"] = (ArrowType.BinaryView, [new byte[] { 97 }, null, new byte[] { 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109 }], ["a", null, "abcdefghijklm"]),
        ["date64"] = (ArrowType.Date64, [new DateOnly(1969, 12, 31), null], ["1969-12-31", null]),
        ["time32"] = (ArrowType.Time32(TimeUnit.Millisecond), [1500, null], ["00:00:01.5", null]),
        ["time32s"] = (ArrowType.Time32(TimeUnit.Second), [61, null], ["00:01:01", null]),
        ["timestamp_s"] = (ArrowType.Timestamp(TimeUnit.Second), [At, null], ["2024-05-06 07:08:09", null]),
        ["timestamp_ns"] = (ArrowType.Timestamp(TimeUnit.Nanosecond), [At.AddTicks(1), null], ["2024-05-06 07:08:09.0000001", null]),
        ["duration"] = (ArrowType.Duration(TimeUnit.Second), [90L, null], ["00:01:30", null]),
        ["months"] = (ArrowType.Interval(IntervalUnit.YearMonth), [14, null], ["1 year 2 months", null]),
        ["month_day_nano"] = (ArrowType.Interval(IntervalUnit.MonthDayNano), [new MonthDayNanoInterval(1, 2, 3_000_000_000), null], ["1 month 2 days 00:00:03", null]),
        ["decimal32"] = (ArrowType.Decimal32(9, 2), [-1234567.89m, null], ["-1234567.89", null]),
        ["decimal64"] = (ArrowType.Decimal64(18, 3), [123456789012345.678m, null], ["123456789012345.678", null]),
        ["decimal128"] = (ArrowType.Decimal128(38, 4), [-1234567890123456789012.5678m, null], ["-1234567890123456789012.5678", null]),
        ["large_list"] = (ArrowType.LargeList(ArrowType.Utf8), [new object?[] { "a", null }, null], ["[a, NULL]", null]),
        ["fixed_size_list"] = (ArrowType.FixedSizeList(ArrowType.Int16, 2), [new object?[] { 1, null }, null], ["[1, NULL]", null]),
        ["list_view"] = (ArrowType.ListView(ArrowType.Int32), [new object?[] { 1, null }, null, Array.Empty<object?>()], ["[1, NULL]", null, "[]"]),
        ["large_list_view"] = (ArrowType.LargeListView(ArrowType.Utf8View), [new object?[] { Tail }, null], [$"[{Tail}]", null]),
        ["map"] = (ArrowType.Map(ArrowType.Utf8, ArrowType.Int32), [new object?[] { new object?[] { "k", 1 }, new object?[] { "l", null } }, null], ["{k=1, l=NULL}", null]),
        ["dictionary"] = (ArrowType.Dictionary(ArrowType.Int8, ArrowType.Utf8), ["x", null, Tail, "x"], ["x", null, Tail, "x"]),
        ["runs"] = (ArrowType.RunEndEncoded(ArrowType.Int32, ArrowType.Utf8), ["x", "x", null, Tail], ["x", "x", null, Tail]),
        ["short_runs"] = (ArrowType.RunEndEncoded(ArrowType.Int16, ArrowType.Int64), [5L, 5L, null, null, 6L], ["5", "5", null, null, "6"]),
        ["sparse_union"] = (ArrowType.SparseUnion(new ArrowField("n", ArrowType.Int32), new ArrowField("t", ArrowType.Utf8)), [1, "x"], ["1", "x"]),
        ["struct_of_views"] = (
            ArrowType.Struct(new ArrowField("v", ArrowType.Utf8View), new ArrowField("l", ArrowType.ListView(ArrowType.Int8))),
            [new object?[] { Tail, new object?[] { 1 } }, null], [$"{{'v': {Tail}, 'l': [1]}}", null]),
    };

    public static TheoryData<string> Names => [.. Kinds.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Scan_ThereAndBack_KeepsTheValues(string name)
    {
        var (type, values, expected) = Kinds[name];
        var schema = new ArrowSchema(new ArrowField("v", type));
        using var batch = Batch(schema, [.. values.Select(value => new[] { value })]);
        await Session.RegisterBatchesAsync("input", schema, [batch], Token);

        Assert.Equal(expected, (await RowsAsync("SELECT v::VARCHAR FROM input")).Select(row => row[0]));

        // DuckDB gives the values back in its own layout; they must still be the same values.
        await using var query = await Session.QueryAsync("SELECT v FROM input", null, Token);
        using var back = await query.ReadAsync(Token);
        back!.ValidateFull();
        Assert.Equal(values.Length, back.RowCount);
        Assert.Equal(values.Select(value => value is null), Enumerable.Range(0, back.RowCount).Select(back.Column(0).IsNull));
        if (back.Column(0).Type.Equals(type))
        {
            Assert.Null(RecordBatchComparer.Exact.FindDifference(batch.Column(0), back.Column(0)));
        }
    }

    [Fact]
    public async Task Scan_OfManyDictionaryRowsWithNulls_KeepsThem()
    {
        var schema = new ArrowSchema(
            new ArrowField("w", ArrowType.Dictionary(ArrowType.Int16, ArrowType.Utf8)),
            new ArrowField("s", ArrowType.Struct(new ArrowField("d", ArrowType.Dictionary(ArrowType.Int8, ArrowType.Utf8)))));
        static string? Word(int row) => row % 3 == 0 ? null : "word" + row % 7;
        using var whole = Batch(schema, [.. Enumerable.Range(0, 5000).Select(row => new object?[] { Word(row), new object?[] { Word(row + 1) } })]);
        using var slice = whole.Slice(1, 4998);
        await Session.RegisterBatchesAsync("input", schema, [slice], Token);

        var rows = await RowsAsync("SELECT w, s.d FROM input");

        Assert.Equal(Enumerable.Range(1, 4998).Select(Word), rows.Select(row => row[0]));
        Assert.Equal(Enumerable.Range(2, 4998).Select(Word), rows.Select(row => row[1]));
    }

    [Theory]
    [InlineData("float16")]
    [InlineData("dense_union")]
    public async Task Register_OfATypeThatDuckDbLacks_NamesTheProblem(string name)
    {
        ArrowType type = name == "float16" ? ArrowType.Float16 : ArrowType.DenseUnion(new ArrowField("n", ArrowType.Int32), new ArrowField("t", ArrowType.Utf8));
        var schema = new ArrowSchema(new ArrowField("v", type));

        await Assert.ThrowsAsync<OrleansFlow.Engine.EngineException>(() => Session.RegisterBatchesAsync("input", schema, [], Token));
        Assert.Equal(1, await ValueAsync("SELECT 1"));
    }
}
