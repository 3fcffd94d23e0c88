using OrleansFlow.Arrow;

namespace OrleansFlow.Tests.Engine;

/// <summary>DuckDB to Arrow: each type with values and nulls. Expected values are SQL's own literals, written out by hand.</summary>
public sealed class ResultTypeTests : EngineTestBase
{
    public static TheoryData<string, string, object?[]> FlatTypes => new()
    {
        { "BOOLEAN", "(true), (NULL), (false)", [true, null, false] },
        { "TINYINT", "(-128), (NULL), (127)", [sbyte.MinValue, null, sbyte.MaxValue] },
        { "SMALLINT", "(-32768), (NULL), (32767)", [short.MinValue, null, short.MaxValue] },
        { "INTEGER", "(-2147483648), (NULL), (2147483647)", [int.MinValue, null, int.MaxValue] },
        { "BIGINT", "(-9223372036854775808), (NULL), (9223372036854775807)", [long.MinValue, null, long.MaxValue] },
        { "UTINYINT", "(0), (NULL), (255)", [byte.MinValue, null, byte.MaxValue] },
        { "USMALLINT", "(0), (NULL), (65535)", [ushort.MinValue, null, ushort.MaxValue] },
        { "UINTEGER", "(0), (NULL), (4294967295)", [uint.MinValue, null, uint.MaxValue] },
        { "UBIGINT", "(0), (NULL), (18446744073709551615)", [ulong.MinValue, null, ulong.MaxValue] },
        { "FLOAT", "(1.5), (NULL), (-0.25)", [1.5f, null, -0.25f] },
        { "DOUBLE", "(1e300), (NULL), (-0.1)", [1e300, null, -0.1] },
        { "VARCHAR", "(''), (NULL), ('twelve bytes'), ('thirteen byte'), ('grün 🦆 a longer text')", ["", null, "twelve bytes", "thirteen byte", "grün 🦆 a longer text"] },
        { "BLOB", "('\\x00\\xFF'::BLOB), (NULL), (''::BLOB)", [new byte[] { 0, 255 }, null, Array.Empty<byte>()] },
        { "DATE", "('1969-12-31'), (NULL), ('2000-02-29')", [new DateOnly(1969, 12, 31), null, new DateOnly(2000, 2, 29)] },
        { "TIME", "('00:00:00'), (NULL), ('23:59:59.123456')", [0L, null, 86_399_123_456L] },
        { "TIMESTAMP", "('1969-12-31 23:59:59.999999'), (NULL), ('2024-05-06 07:08:09.000001')", [Utc(1969, 12, 31, 23, 59, 59, 999999), null, Utc(2024, 5, 6, 7, 8, 9, 1)] },
        { "TIMESTAMP_S", "('2024-05-06 07:08:09'), (NULL)", [Utc(2024, 5, 6, 7, 8, 9, 0), null] },
        { "TIMESTAMP_MS", "('2024-05-06 07:08:09.123'), (NULL)", [Utc(2024, 5, 6, 7, 8, 9, 123000), null] },
        { "TIMESTAMP_NS", "('1970-01-01 00:00:00.000000123'), (NULL)", [123L, null] },
        { "TIMESTAMPTZ", "('2024-05-06 07:08:09+02'), (NULL)", [Utc(2024, 5, 6, 5, 8, 9, 0), null] },
        { "HUGEINT", "(-170141183460469231731687303715884105727), (NULL), (1)", ["-170141183460469231731687303715884105727", null, "1"] },
        { "DECIMAL(4,1)", "(-999.9), (NULL), (0.1)", ["-999.9", null, "0.1"] },
        { "DECIMAL(9,2)", "(-1234567.89), (NULL), (0.01)", ["-1234567.89", null, "0.01"] },
        { "DECIMAL(18,3)", "(-123456789012345.678), (NULL), (0.001)", ["-123456789012345.678", null, "0.001"] },
        { "DECIMAL(38,4)", "(-1234567890123456789012345678901234.5678), (NULL), (0.0001)", ["-1234567890123456789012345678901234.5678", null, "0.0001"] },
    };

    [Theory]
    [MemberData(nameof(FlatTypes))]
    public async Task Query_OfAFlatType_GivesItsValuesAndNulls(string type, string values, object?[] expected)
    {
        var rows = await RowsAsync($"SELECT v::{type} AS v FROM (VALUES {values}) AS t(v)");

        Assert.Equal(expected, rows.Select(row => row[0]));
    }

    [Fact]
    public async Task Query_OfLists_GathersItemsOfAllRows()
    {
        var rows = await RowsAsync("SELECT * FROM (VALUES ([1, NULL, 3]), (NULL), ([]), ([4])) AS t(v)");

        Assert.Equal([1, null, 3], Assert.IsType<object?[]>(rows[0][0]));
        Assert.Null(rows[1][0]);
        Assert.Empty(Assert.IsType<object?[]>(rows[2][0]));
        Assert.Equal([4], Assert.IsType<object?[]>(rows[3][0]));
    }

    [Fact]
    public async Task Query_OfListsInAnotherOrderThanTheirItems_FollowsTheRows()
    {
        var rows = await RowsAsync(
            "SELECT v FROM (SELECT range AS n, [range, range * 10] || repeat_items AS v FROM range(5000), (SELECT [7::BIGINT] AS repeat_items)) ORDER BY n DESC");

        Assert.Equal(5000, rows.Count);
        for (var row = 0; row < rows.Count; row++)
        {
            var n = 4999L - row;
            Assert.Equal([n, n * 10, 7L], Assert.IsType<object?[]>(rows[row][0]));
        }
    }

    [Fact]
    public async Task Query_OfNestedTypes_GivesStructsMapsAndFixedLists()
    {
        var rows = await RowsAsync(
            """
            SELECT {'a': 1, 'b': 'text', 'c': [{'d': 1.5::DOUBLE}]} AS s, MAP {'x': 1, 'y': 2} AS m, [1, 2, 3]::INTEGER[3] AS f
            UNION ALL SELECT NULL, NULL, NULL
            """);

        var members = Assert.IsType<KeyValuePair<string, object?>[]>(rows[0][0]);
        Assert.Equal(["a", "b", "c"], members.Select(member => member.Key));
        Assert.Equal(1, members[0].Value);
        Assert.Equal("text", members[1].Value);
        var inner = Assert.IsType<KeyValuePair<string, object?>[]>(Assert.Single(Assert.IsType<object?[]>(members[2].Value)));
        Assert.Equal(1.5, Assert.Single(inner).Value);
        Assert.Equal([new("x", 1), new("y", 2)], Assert.IsType<KeyValuePair<object?, object?>[]>(rows[0][1]));
        Assert.Equal([1, 2, 3], Assert.IsType<object?[]>(rows[0][2]));
        Assert.Equal([null, null, null], rows[1]);
    }

    [Fact]
    public async Task Query_OfATypeWithoutAWriter_FallsBackToTheEnginesExport()
    {
        await using var result = await Session.QueryAsync(
            "SELECT range AS n, 'a5a5a5a5-0000-0000-0000-00000000000f'::UUID AS id FROM range(5000)", null, Token);
        var batches = new List<int>();
        long sum = 0;
        await foreach (var batch in result.ReadAllAsync(Token))
        {
            using (batch)
            {
                batches.Add(batch.RowCount);
                foreach (var value in batch.Column<Int64Array>("n").Values)
                {
                    sum += value;
                }

                Assert.Equal("a5a5a5a5-0000-0000-0000-00000000000f", batch.Column("id").GetValue(batch.RowCount - 1));
            }
        }

        Assert.Equal(5000, batches.Sum());
        Assert.All(batches, count => Assert.InRange(count, 1, 2048));
        Assert.Equal(5000L * 4999 / 2, sum);
    }

    [Fact]
    public async Task Query_WithoutRows_StillHasASchema()
    {
        await using var result = await Session.QueryAsync("SELECT 1::BIGINT AS a, 'x' AS b WHERE false", null, Token);

        Assert.Equal(["a", "b"], result.Schema.Fields.Select(field => field.Name));
        Assert.Equal(ArrowType.Int64, result.Schema.Fields[0].Type);
        Assert.Equal(ArrowType.Utf8, result.Schema.Fields[1].Type);
        Assert.Null(await result.ReadAsync(Token));
        Assert.Null(await result.ReadAsync(Token));
    }

    [Fact]
    public async Task Query_OfNullsAroundWordBoundaries_KeepsEveryPosition()
    {
        await using var result = await Session.QueryAsync(
            "SELECT CASE WHEN range % 7 = 3 THEN NULL ELSE range END AS n FROM range(10000)", null, Token, batchRowCount: 1000 - 3);
        var row = 0L;
        await foreach (var batch in result.ReadAllAsync(Token))
        {
            using (batch)
            {
                for (var index = 0; index < batch.RowCount; index++, row++)
                {
                    Assert.Equal(row % 7 == 3 ? null : (object)row, batch.Column(0).GetValue(index));
                }
            }
        }

        Assert.Equal(10000, row);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2047)]
    [InlineData(2048)]
    [InlineData(2049)]
    [InlineData(16_384)]
    [InlineData(65_536)]
    public async Task Query_WithABatchRowCount_FillsEveryBatchButTheLast(int batchRowCount)
    {
        var total = Math.Max(3 * batchRowCount + 1, 100);
        await using var result = await Session.QueryAsync($"SELECT range AS n, 'text ' || range AS t FROM range({total})", null, Token, batchRowCount);
        var counts = new List<int>();
        var next = 0L;
        await foreach (var batch in result.ReadAllAsync(Token))
        {
            using (batch)
            {
                counts.Add(batch.RowCount);
                Assert.Equal(next, batch.Column<Int64Array>(0).Values[0]);
                Assert.Equal($"text {next}", batch.Column<StringArray>(1).GetString(0));
                next += batch.RowCount;
                Assert.Equal($"text {next - 1}", batch.Column<StringArray>(1).GetString(batch.RowCount - 1));
            }
        }

        Assert.Equal(total, next);
        Assert.All(counts.SkipLast(1), count => Assert.Equal(batchRowCount, count));
    }

    private static DateTimeOffset Utc(int year, int month, int day, int hour, int minute, int second, int microseconds) =>
        new DateTimeOffset(year, month, day, hour, minute, second, TimeSpan.Zero).AddMicroseconds(microseconds);
}
