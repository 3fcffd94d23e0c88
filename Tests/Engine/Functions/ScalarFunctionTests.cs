using OrleansFlow.Engine;
using OrleansFlow.Engine.Functions;

namespace OrleansFlow.Tests.Engine.Functions;

/// <summary>Goal: scalar functions in C# see the values that the engine has, give theirs back, and fail the statement alone.</summary>
public sealed class ScalarFunctionTests : EngineTestBase
{
    private int _callCount;

    protected override EngineOptions Options => new()
    {
        ThreadCount = 2,
        Functions =
        [
            EngineFunction.Scalar<int, int, int>("add_mod", (a, b) => (a + b) % 7),
            EngineFunction.Scalar<long, long, long, long>("middle", (a, b, c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c))),
            EngineFunction.Scalar<int?, string>("or_none", value => value is { } number ? FormattableString.Invariant($"<{number}>") : "none"),
            EngineFunction.Scalar<string, string>("shout", text => text.ToUpperInvariant() + "!"),
            EngineFunction.Scalar<string?, int>("length_or_minus", text => text?.Length ?? -1, new FunctionOptions { SeesNulls = true }),
            EngineFunction.Scalar<string, string?>("odd_only", text => text.Length % 2 == 1 ? text : null),
            EngineFunction.Scalar<long, long>("counted", value => value + Interlocked.Increment(ref _callCount) - _callCount),
            EngineFunction.Scalar<long>("ticket", () => Interlocked.Increment(ref _callCount)),
            EngineFunction.Scalar<int, int>("fails_at", value => value == 5_000 ? throw new InvalidDataException("row 5000 is cursed") : value),
            EngineFunction.Variadic<string, string>("glue", values => string.Join('-', values.ToArray())),
            EngineFunction.Variadic<int?, int>("count_present", Present),
            EngineFunction.Batch<long, long>("triple", Triple),
            EngineFunction.Batch<string, int>("bytes_of", (texts, results) =>
            {
                for (var row = 0; row < texts.Count; row++)
                {
                    results[row] = texts.Bytes(row).Length;
                }
            }),
            EngineFunction.Batch<string, string, string>("swap", (first, second, results) =>
            {
                for (var row = 0; row < results.Count; row++)
                {
                    results.SetBytes(row, [.. second.Bytes(row), .. first.Bytes(row)]);
                }
            }),
            EngineFunction.Scalar<int, string>("kind_of", _ => "int"),
            EngineFunction.Scalar<string, string>("kind_of", _ => "string"),
            EngineFunction.Scalar<bool, bool>("same", value => value),
            EngineFunction.Scalar<short, short>("same", value => value),
            EngineFunction.Scalar<int, int>("same", value => value),
            EngineFunction.Scalar<long, long>("same", value => value),
            EngineFunction.Scalar<float, float>("same", value => value),
            EngineFunction.Scalar<double, double>("same", value => value),
            EngineFunction.Scalar<decimal, decimal>("same", value => value),
            EngineFunction.Scalar<string, string>("same", value => value),
            EngineFunction.Scalar<byte[], byte[]>("same", value => value),
            EngineFunction.Scalar<DateOnly, DateOnly>("same", value => value),
            EngineFunction.Scalar<TimeOnly, TimeOnly>("same", value => value),
            EngineFunction.Scalar<DateTime, DateTime>("same", value => value),
            EngineFunction.Scalar<DateTimeOffset, DateTimeOffset>("same", value => value),
            EngineFunction.Scalar<bool?, bool?>("same_or_null", value => value),
            EngineFunction.Scalar<short?, short?>("same_or_null", value => value),
            EngineFunction.Scalar<int?, int?>("same_or_null", value => value),
            EngineFunction.Scalar<long?, long?>("same_or_null", value => value),
            EngineFunction.Scalar<float?, float?>("same_or_null", value => value),
            EngineFunction.Scalar<double?, double?>("same_or_null", value => value),
            EngineFunction.Scalar<decimal?, decimal?>("same_or_null", value => value),
            EngineFunction.Scalar<string?, string?>("same_or_null", value => value, new FunctionOptions { SeesNulls = true }),
            EngineFunction.Scalar<byte[]?, byte[]?>("same_or_null", value => value, new FunctionOptions { SeesNulls = true }),
            EngineFunction.Scalar<DateOnly?, DateOnly?>("same_or_null", value => value),
            EngineFunction.Scalar<TimeOnly?, TimeOnly?>("same_or_null", value => value),
            EngineFunction.Scalar<DateTime?, DateTime?>("same_or_null", value => value),
            EngineFunction.Scalar<DateTimeOffset?, DateTimeOffset?>("same_or_null", value => value),
        ],
    };

    [Fact]
    public async Task Function_OverManyRowsAndThreads_GivesEachRowItsValue()
    {
        Assert.Equal(
            await RowsAsync("SELECT sum((n::INT + 3) % 7), count(*) FROM range(300000) r(n)"),
            await RowsAsync("SELECT sum(add_mod(n::INT, 3)), count(*) FROM range(300000) r(n)"));
        Assert.Equal(5L, await ValueAsync("SELECT middle(9, 5, 1)"));
    }

    [Fact]
    public async Task Null_AmongTheArguments_GivesNullWithoutACall() =>
        Assert.Equal(
            [1, null, null, null],
            (await RowsAsync("SELECT add_mod(a, b) FROM (VALUES (0, 3, 5), (1, NULL, 5), (2, 3, NULL), (3, NULL, NULL)) t(i, a, b) ORDER BY i")).Select(row => row[0]));

    [Fact]
    public async Task Null_IsGivenToAFunctionThatTakesIt()
    {
        Assert.Equal(["<1>", "none"], (await RowsAsync("SELECT or_none(a) FROM (VALUES (1), (NULL)) t(a) ORDER BY a")).Select(row => row[0]));
        Assert.Equal([2, -1], (await RowsAsync("SELECT length_or_minus(a) FROM (VALUES ('xy'), (NULL)) t(a) ORDER BY a")).Select(row => row[0]));
    }

    [Fact]
    public async Task Null_ThatAFunctionGives_IsNull() =>
        Assert.Equal(["a", null, "ccc"], (await RowsAsync("SELECT odd_only(a) FROM (VALUES ('a'), ('bb'), ('ccc')) t(a) ORDER BY a")).Select(row => row[0]));

    [Fact]
    public async Task Text_OfAnyLength_ArrivesAsItIs()
    {
        var rows = await RowsAsync("SELECT shout(repeat('é€x', n::INT)), same(repeat('é€x', n::INT)) = repeat('é€x', n::INT), bytes_of(repeat('é€x', n::INT)) FROM range(300) r(n) ORDER BY n");
        for (var index = 0; index < rows.Count; index++)
        {
            Assert.Equal([string.Concat(Enumerable.Repeat("É€X", index)) + "!", true, index * 6], rows[index]);
        }
    }

    [Theory]
    [InlineData("true")]
    [InlineData("(-32768)::SMALLINT")]
    [InlineData("2147483647")]
    [InlineData("(-9223372036854775808)::BIGINT")]
    [InlineData("1.5::FLOAT")]
    [InlineData("1e300::DOUBLE")]
    [InlineData("1234567890123456789.0123456789::DECIMAL(38,10)")]
    [InlineData("(-0.0000000001)::DECIMAL(38,10)")]
    [InlineData("9999999999999999999999999999.0::DECIMAL(38,10)")]
    [InlineData("12.34::DECIMAL(4,2)")]
    [InlineData("'twelve bytes'")]
    [InlineData("'thirteen byte'")]
    [InlineData("'\\x00\\xFF and more than twelve'::BLOB")]
    [InlineData("''::BLOB")]
    [InlineData("DATE '0001-01-01'")]
    [InlineData("DATE '9999-12-31'")]
    [InlineData("TIME '23:59:59.999999'")]
    [InlineData("TIMESTAMP '1969-12-31 23:59:59.999999'")]
    [InlineData("TIMESTAMP '9999-12-31 23:59:59.999999'")]
    [InlineData("TIMESTAMPTZ '2026-11-22 08:11:00.000001+05:30'")]
    public async Task Value_OfEachType_GoesInAndOutUnchanged(string literal)
    {
        await ExecuteAsync($"CREATE TEMP TABLE given AS SELECT {literal} AS value UNION ALL SELECT NULL");

        Assert.Equal([[2L, 1L]], await RowsAsync("SELECT count(*), count(value) FROM given WHERE same(value) IS NOT DISTINCT FROM value AND same_or_null(value) IS NOT DISTINCT FROM value"));
    }

    [Theory]
    [InlineData("SELECT same(DATE '10000-01-01')", "same", "years 1 to 9999")]
    [InlineData("SELECT same('infinity'::TIMESTAMP)", "same", "years 1 to 9999")]
    [InlineData("SELECT same(repeat('9', 28)::DECIMAL(38,10) + 0.0000000001::DECIMAL(38,10))", "same", "more digits")]
    public async Task Value_ThatDotNetDoesNotHave_FailsTheStatement(string sql, string function, string part)
    {
        var error = await Assert.ThrowsAsync<EngineException>(() => RowsAsync(sql));

        Assert.Contains($"Function '{function}' failed", error.Message, StringComparison.Ordinal);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Function_ThatThrows_FailsItsStatementAndNoOther()
    {
        var error = await Assert.ThrowsAsync<EngineException>(() => RowsAsync("SELECT sum(fails_at(n::INT)) FROM range(100000) r(n)"));

        Assert.Contains("Function 'fails_at' failed: row 5000 is cursed", error.Message, StringComparison.Ordinal);
        Assert.Equal(10m, Assert.IsType<decimal>(Convert.ToDecimal((await RowsAsync("SELECT sum(fails_at(n::INT))::BIGINT FROM range(5) r(n)"))[0][0], null)));
    }

    [Fact]
    public async Task Overloads_AreChosenByTheArguments() =>
        Assert.Equal([["int", "string"]], await RowsAsync("SELECT kind_of(1), kind_of('1')"));

    [Fact]
    public async Task Variadic_TakesAnyNumberOfArguments()
    {
        Assert.Equal([["a", "a-b-c-d-e", null]], await RowsAsync("SELECT glue('a'), glue('a', 'b', 'c', 'd', 'e'), glue('a', NULL)"));
        Assert.Equal([[0, 2]], await RowsAsync("SELECT count_present(NULL), count_present(1, NULL, 3)"));
    }

    [Fact]
    public async Task Batch_WorksOnTheEnginesOwnMemory()
    {
        Assert.Equal(
            await RowsAsync("SELECT sum(n * 3)::BIGINT, 99::BIGINT FROM range(10000) r(n)"),
            await RowsAsync("SELECT sum(triple(n))::BIGINT, count(*) FILTER (triple(CASE WHEN n < 99 THEN NULL ELSE n END) IS NULL) FROM range(10000) r(n)"));
        Assert.Equal("yyyyyyyyyyyyyyx", await ValueAsync("SELECT swap('x', repeat('y', 14))"));
    }

    [Fact]
    public async Task Function_ThatIsVolatile_IsCalledForEachRow()
    {
        Assert.Equal(5L, await ValueAsync("SELECT count(DISTINCT ticket()) FROM range(5)"));
        Assert.Equal(5, _callCount);
    }

    [Fact]
    public async Task Function_ThatIsDeterministic_IsCalledOnceForConstants()
    {
        await RowsAsync("SELECT counted(7) FROM range(5000)");

        Assert.InRange(_callCount, 1, 3);
    }

    [Fact]
    public async Task Session_OfAnotherConnection_HasTheFunctionsToo()
    {
        await using var other = Instance.OpenSession();

        Assert.Equal([[1]], await RowsAsync(other, "SELECT add_mod(4, 4)"));
    }

    [Fact]
    public void Type_WithoutACounterpart_IsRefusedByName() =>
        Assert.Contains("System.Guid", Assert.Throws<ArgumentException>(() => EngineFunction.Scalar<Guid, int>("f", _ => 1)).Message, StringComparison.Ordinal);

    [Fact]
    public void DecimalScale_OutOfRange_IsRefused() =>
        Assert.Throws<ArgumentException>(() => EngineFunction.Scalar<decimal, decimal>("f", value => value, new FunctionOptions { DecimalScale = 29 }));

    [Fact]
    public async Task Name_OfTheProduct_IsRefused() =>
        await Assert.ThrowsAsync<ArgumentException>(() => EngineInstance.OpenAsync(
            new EngineOptions { Functions = [EngineFunction.Scalar<int, int>("orleansflow_x", value => value)] }, Token));

    private static int Present(ReadOnlySpan<int?> values)
    {
        var count = 0;
        foreach (var value in values)
        {
            count += value is null ? 0 : 1;
        }

        return count;
    }

    private static void Triple(EngineColumn<long> values, EngineColumnWriter<long> results)
    {
        var from = values.Values;
        var to = results.Values;
        for (var row = 0; row < from.Length; row++)
        {
            to[row] = from[row] * 3;
        }
    }
}
