using OrleansFlow.Arrow;

namespace OrleansFlow.Tests.Engine;

/// <summary>Arrow to DuckDB: each type with values and nulls, judged by DuckDB's own text of what it read.</summary>
public sealed class ScanTypeTests : EngineTestBase
{
    public static TheoryData<string, object?[], string?[]> FlatTypes => new()
    {
        { "boolean", [true, null, false], ["true", null, "false"] },
        { "int8", [sbyte.MinValue, null], ["-128", null] },
        { "uint16", [ushort.MaxValue, null], ["65535", null] },
        { "int32", [int.MinValue, null, 7], ["-2147483648", null, "7"] },
        { "int64", [long.MaxValue, null], ["9223372036854775807", null] },
        { "uint64", [ulong.MaxValue, null], ["18446744073709551615", null] },
        { "float64", [-0.1, null, 1e300], ["-0.1", null, "1e+300"] },
        { "utf8", ["", null, "twelve bytes", "thirteen byte", "grün 🦆"], ["", null, "twelve bytes", "thirteen byte", "grün 🦆"] },
        { "large_utf8", ["a", null, "a text that is longer than twelve bytes"], ["a", null, "a text that is longer than twelve bytes"] },
        { "date32", [new DateOnly(1969, 12, 31), null], ["1969-12-31", null] },
        { "timestamp_us", [new DateTimeOffset(1969, 12, 31, 23, 59, 59, TimeSpan.Zero), null], ["1969-12-31 23:59:59", null] },
        { "timestamp_ms_utc", [new DateTimeOffset(2024, 5, 6, 7, 8, 9, TimeSpan.FromHours(2)), null], ["2024-05-06 05:08:09+00", null] },
        { "time64", [new TimeOnly(23, 59, 59, 123, 456), null], ["23:59:59.123456", null] },
        { "decimal(10,2)", [-12345678.90m, null, 0.01m], ["-12345678.90", null, "0.01"] },
        { "list<int32>", [new object?[] { 1, null, 3 }, null, Array.Empty<object?>()], ["[1, NULL, 3]", null, "[]"] },
        { "struct", [new object?[] { 1L, "x" }, null, new object?[] { null, "a longer text than twelve" }], ["{'a': 1, 'b': x}", null, "{'a': NULL, 'b': a longer text than twelve}"] },
    };

    [Theory]
    [MemberData(nameof(FlatTypes))]
    public async Task Scan_OfRegisteredBatches_GivesTheirValuesAndNulls(string type, object?[] values, string?[] expected)
    {
        var schema = new ArrowSchema(new ArrowField("v", TypeOf(type)));
        using (var batch = Batch(schema, [.. values.Select(value => new[] { value })]))
        {
            await Session.RegisterBatchesAsync("input", schema, [batch], Token);
        }

        Assert.Equal(expected, (await RowsAsync("SELECT v::VARCHAR FROM input")).Select(row => row[0]));
    }

    [Theory]
    [MemberData(nameof(FlatTypes))]
    public async Task Insert_OfABatch_GivesTheSameRowsAsAScan(string type, object?[] values, string?[] expected)
    {
        var schema = new ArrowSchema(new ArrowField("v", TypeOf(type)));
        using (var batch = Batch(schema, [.. values.Select(value => new[] { value })]))
        {
            await Session.RegisterBatchesAsync("input", schema, [batch], Token);
            await ExecuteAsync("CREATE TABLE target AS SELECT * FROM input LIMIT 0");
            await Session.InsertAsync("target", batch, Token);
        }

        Assert.Equal(expected, (await RowsAsync("SELECT v::VARCHAR FROM target")).Select(row => row[0]));
    }

    [Theory]
    [InlineData(0, 5000)]
    [InlineData(1, 4999)]
    [InlineData(2047, 2049)]
    [InlineData(63, 100)]
    public async Task Scan_OfASlicedBatch_StartsAtItsOffset(int offset, int length)
    {
        var schema = new ArrowSchema(
            new ArrowField("n", ArrowType.Int64),
            new ArrowField("t", ArrowType.Utf8),
            new ArrowField("b", ArrowType.Boolean),
            new ArrowField("l", ArrowType.List(ArrowType.Int32)));
        using var whole = Batch(schema, [.. Enumerable.Range(0, 5000).Select(Row)]);
        using (var slice = whole.Slice(offset, length))
        {
            await Session.RegisterBatchesAsync("input", schema, [slice], Token);
        }

        var rows = await RowsAsync("SELECT * FROM input");

        Assert.Equal(length, rows.Count);
        for (var row = 0; row < length; row++)
        {
            Assert.Equal(Row(offset + row), rows[row]);
        }
    }

    [Fact]
    public async Task Scan_ThereAndBack_GivesAnEqualBatch()
    {
        await using var made = await Session.QueryAsync(
            """
            SELECT range AS n, CASE WHEN range % 3 = 0 THEN NULL ELSE 'value ' || (range * 1000003) END AS t, range % 2 = 0 AS b,
                   [range, NULL, range + 1] AS l, {'x': range::DOUBLE, 'y': range::VARCHAR} AS s, DATE '2000-01-01' + range::INTEGER AS d,
                   (range / 4)::DECIMAL(12, 2) AS m
            FROM range(3000)
            """, null, Token);
        using var first = await made.ReadAsync(Token);
        Assert.Null(await made.ReadAsync(Token));
        await Session.RegisterBatchesAsync("input", first!.Schema, [first], Token);

        await using var again = await Session.QueryAsync("SELECT * FROM input", null, Token);
        using var second = await again.ReadAsync(Token);

        Assert.Null(RecordBatchComparer.Exact.FindDifference(first, second!));
    }

    [Fact]
    public async Task Register_OfATypeTheEngineDoesNotKnow_NamesTheProblem()
    {
        var schema = new ArrowSchema(new ArrowField("v", ArrowType.Decimal256(60, 2)));

        await Assert.ThrowsAsync<OrleansFlow.Engine.EngineException>(() => Session.RegisterBatchesAsync("input", schema, [], Token));
        Assert.Equal(1, await ValueAsync("SELECT 1"));
    }

    private static object?[] Row(int n) =>
    [
        n % 5 == 0 ? null : (long)n,
        n % 7 == 0 ? null : $"text number {n}",
        n % 11 == 0 ? null : n % 2 == 0,
        n % 13 == 0 ? null : new object?[] { n, n % 2 == 0 ? null : n + 1 },
    ];

    private static ArrowType TypeOf(string name) => name switch
    {
        "boolean" => ArrowType.Boolean,
        "int8" => ArrowType.Int8,
        "uint16" => ArrowType.UInt16,
        "int32" => ArrowType.Int32,
        "int64" => ArrowType.Int64,
        "uint64" => ArrowType.UInt64,
        "float64" => ArrowType.Float64,
        "utf8" => ArrowType.Utf8,
        "large_utf8" => ArrowType.LargeUtf8,
        "date32" => ArrowType.Date32,
        "timestamp_us" => ArrowType.Timestamp(TimeUnit.Microsecond),
        "timestamp_ms_utc" => ArrowType.Timestamp(TimeUnit.Millisecond, "UTC"),
        "time64" => ArrowType.Time64(TimeUnit.Microsecond),
        "decimal(10,2)" => ArrowType.Decimal128(10, 2),
        "list<int32>" => ArrowType.List(ArrowType.Int32),
        _ => ArrowType.Struct(new ArrowField("a", ArrowType.Int64), new ArrowField("b", ArrowType.Utf8)),
    };
}
