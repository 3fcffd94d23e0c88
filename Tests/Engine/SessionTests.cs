using OrleansFlow.Arrow;
using OrleansFlow.Engine;

namespace OrleansFlow.Tests.Engine;

/// <summary>Statements, parameters, errors, cancellation and ends of sessions.</summary>
public sealed class SessionTests : EngineTestBase
{
    private const string Endless = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE (a.range * b.range) % 7 = 3";

    public static TheoryData<object, string, string> Parameters => new()
    {
        { true, "BOOLEAN", "true" },
        { (sbyte)-1, "TINYINT", "-1" },
        { (byte)255, "UTINYINT", "255" },
        { (short)-300, "SMALLINT", "-300" },
        { (ushort)65535, "USMALLINT", "65535" },
        { -70000, "INTEGER", "-70000" },
        { 4000000000u, "UINTEGER", "4000000000" },
        { long.MinValue, "BIGINT", "-9223372036854775808" },
        { ulong.MaxValue, "UBIGINT", "18446744073709551615" },
        { 0.5f, "FLOAT", "0.5" },
        { -0.1, "DOUBLE", "-0.1" },
        { -1234.50m, "DECIMAL(6,2)", "-1234.50" },
        { 79228162514264337593543950335m, "DECIMAL(29,0)", "79228162514264337593543950335" },
        { 0.0000000000000000000000000001m, "DECIMAL(29,28)", "0.0000000000000000000000000001" },
        { "it's \"ü\" 🦆", "VARCHAR", "it's \"ü\" 🦆" },
        { "", "VARCHAR", "" },
        { new byte[] { 0, 65 }, "BLOB", "\\x00A" },
        { new DateOnly(1969, 12, 31), "DATE", "1969-12-31" },
        { new TimeOnly(1, 2, 3, 4, 5), "TIME", "01:02:03.004005" },
        { new DateTime(1969, 12, 31, 23, 59, 59, DateTimeKind.Utc), "TIMESTAMP", "1969-12-31 23:59:59" },
        { new DateTimeOffset(2024, 5, 6, 7, 8, 9, TimeSpan.FromHours(2)), "TIMESTAMP WITH TIME ZONE", "2024-05-06 05:08:09+00" },
        { TimeSpan.FromMinutes(90), "INTERVAL", "01:30:00" },
        { Guid.Parse("a5a5a5a5-0102-0304-0506-00000000000f"), "UUID", "a5a5a5a5-0102-0304-0506-00000000000f" },
        { Guid.Parse("05a5a5a5-0102-0304-f506-00000000000f"), "UUID", "05a5a5a5-0102-0304-f506-00000000000f" },
    };

    public static TheoryData<string, EngineErrorKind, string, string> Failures => new()
    {
        { "SELEC 1", EngineErrorKind.Syntax, "42601", "SELEC" },
        { "SELECT nope FROM range(1)", EngineErrorKind.Binder, "42000", "nope" },
        { "SELECT * FROM missing", EngineErrorKind.Catalog, "42P01", "missing" },
        { "SELECT 'x'::INTEGER", EngineErrorKind.Conversion, "22018", "INT32" },
        { "SELECT (range + 300)::TINYINT FROM range(2)", EngineErrorKind.Conversion, "22018", "300" },
        { "SELECT 9223372036854775807 + range FROM range(1, 3)", EngineErrorKind.OutOfRange, "22003", "9223372036854775807" },
        { "SELECT * FROM read_parquet('missing.parquet')", EngineErrorKind.InputOutput, "58030", "missing.parquet" },
        { "SELECT error('own words')", EngineErrorKind.InvalidInput, "22023", "own words" },
        { "INSTALL httpfs", EngineErrorKind.InputOutput, "58030", "httpfs" },
        { "-- nothing", EngineErrorKind.Syntax, "42601", "no SQL statement" },
    };

    [Theory]
    [MemberData(nameof(Parameters))]
    public async Task Query_WithAParameter_PassesTypeAndValue(object value, string type, string text)
    {
        Assert.Equal([type, text], (await RowsAsync("SELECT typeof(v), v::VARCHAR FROM (SELECT $1 AS v)", value))[0]);
    }

    [Fact]
    public async Task Query_WithANullParameter_PassesNull() => Assert.Equal(true, await ValueAsync("SELECT ? IS NULL", [null]));

    [Fact]
    public async Task Query_WithAWrongParameter_SaysWhich()
    {
        Assert.Contains("2 parameters and 1 were given", (await Assert.ThrowsAsync<ArgumentException>(() => RowsAsync("SELECT ?, ?", 1))).Message, StringComparison.Ordinal);
        Assert.Contains("Parameter 1", (await Assert.ThrowsAsync<ArgumentException>(() => RowsAsync("SELECT ?", new Version(1, 0)))).Message, StringComparison.Ordinal);
        Assert.Contains("local DateTime", (await Assert.ThrowsAsync<ArgumentException>(() => RowsAsync("SELECT ?", DateTime.SpecifyKind(default, DateTimeKind.Local)))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Query_ThatFails_SaysKindStateAndDuckDbsWords(string sql, EngineErrorKind kind, string state, string words)
    {
        var error = await Assert.ThrowsAsync<EngineException>(() => RowsAsync(sql));

        Assert.Equal(kind, error.Kind);
        Assert.Equal(state, error.SqlState);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.Equal(1, await ValueAsync("SELECT 1"));
    }

    [Fact]
    public async Task Execute_OfSeveralStatements_ReturnsTheChangesOfTheLast()
    {
        Assert.Equal(2, await ExecuteAsync("CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1), (2), (3); DELETE FROM t WHERE n > ?", 1));
        Assert.Equal(0, await ExecuteAsync("SELECT * FROM t"));
        Assert.Equal(1, await ValueAsync("SELECT n FROM t"));
    }

    [Fact]
    public async Task Sessions_OfOneInstance_ShareTablesButNotTemporaryOnes()
    {
        await using var other = Instance.OpenSession();
        await ExecuteAsync("CREATE TABLE t AS SELECT 42 AS n; CREATE TEMP TABLE mine AS SELECT 1 AS n");

        Assert.Equal(42, (await RowsAsync(other, "SELECT n FROM t"))[0][0]);
        await Assert.ThrowsAsync<EngineException>(() => RowsAsync(other, "SELECT n FROM mine"));
    }

    [Fact]
    public async Task Sessions_AtTheSameTime_DoNotDisturbEachOther()
    {
        var sums = await Task.WhenAll(Enumerable.Range(0, 8).Select(async index =>
        {
            await using var session = Instance.OpenSession();
            using (var batch = Numbers(index, 50_000))
            {
                await session.RegisterBatchesAsync("input", NumberSchema, [batch], Token);
            }

            return (long)(await RowsAsync(session, "SELECT sum(n)::BIGINT FROM input"))[0][0]!;
        }));

        Assert.Equal(Enumerable.Range(0, 8).Select(index => (50_000L * index) + (50_000L * 49_999 / 2)), sums);
    }

    [Fact]
    public async Task Session_WithAnOpenResult_RefusesOtherCallsUntilItIsClosed()
    {
        var result = await Session.QueryAsync("SELECT * FROM range(1000000)", null, Token, batchRowCount: 1000);
        using (await result.ReadAsync(Token))
        {
            Assert.Contains("open result", (await Assert.ThrowsAsync<InvalidOperationException>(() => ExecuteAsync("SELECT 1"))).Message, StringComparison.Ordinal);
        }

        await result.DisposeAsync();
        await result.DisposeAsync();
        Assert.Equal(1, await ValueAsync("SELECT 1"));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await result.ReadAsync(Token));
    }

    [Fact]
    public async Task Query_ThatFailsWhileItIsRead_ClosesTheResult()
    {
        await using var result = await Session.QueryAsync(
            "SELECT CASE WHEN range = 900000 THEN error('too far') ELSE range END FROM range(1000000)", null, Token, batchRowCount: 1000);

        var error = await Assert.ThrowsAsync<EngineException>(async () =>
        {
            await foreach (var batch in result.ReadAllAsync(Token))
            {
                batch.Dispose();
            }
        });

        Assert.Contains("too far", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, await ValueAsync("SELECT 1"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Execute_Cancelled_EndsWithCancellationAndLeavesTheSessionUsable()
    {
        await using var other = Instance.OpenSession();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var endless = Session.ExecuteAsync(Endless, null, cancel.Token);

        // The other session answers while the first one computes: nobody's thread is taken.
        Assert.Equal(1, (await RowsAsync(other, "SELECT 1"))[0][0]);
        await cancel.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => endless);
        Assert.Equal(cancel.Token, error.CancellationToken);
        Assert.Equal(2, await ValueAsync("SELECT 2"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Session.ExecuteAsync("SELECT 1", null, cancel.Token));
    }

    [Fact(Timeout = 60_000)]
    public async Task Read_CancelledWhileTheQueryComputes_ClosesTheResult()
    {
        // A million rows come at once, the next one only after minutes of computing.
        await using var result = await Session.QueryAsync(
            "SELECT range FROM range(1000000000000) WHERE range < 1000000 OR range % 1000000000000 = 999999999999", null, Token, batchRowCount: 10_000);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using (var batch = await result.ReadAsync(cancel.Token))
        {
            Assert.Equal(10_000, batch!.RowCount);
        }

        var waiting = DrainAsync(result, cancel.Token);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(2, await ValueAsync("SELECT 2"));

        static async Task DrainAsync(EngineResult result, CancellationToken cancellationToken)
        {
            while (await result.ReadAsync(cancellationToken) is { } batch)
            {
                batch.Dispose();
            }
        }
    }

    [Fact]
    public async Task Read_WithATokenThatIsCancelledAlready_ClosesTheResult()
    {
        await using var result = await Session.QueryAsync("SELECT range FROM range(1000000)", null, Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await result.ReadAsync(new CancellationToken(canceled: true)));
        Assert.Equal(2, await ValueAsync("SELECT 2"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Dispose_WhileAStatementRuns_InterruptsIt()
    {
        var session = Instance.OpenSession();
        var endless = session.ExecuteAsync(Endless, null, Token);
        await session.DisposeAsync();
        await session.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => endless);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => session.ExecuteAsync("SELECT 1", null, Token));
    }

    [Fact]
    public async Task Dispose_InTheMiddleOfAResult_KeepsBatchesThatWereRead()
    {
        var session = Instance.OpenSession();
        var result = await session.QueryAsync("SELECT range AS n, 'some longer text ' || range AS t FROM range(500000)", null, Token);
        using var batch = await result.ReadAsync(Token);
        await session.DisposeAsync();

        Assert.Equal(65_535L, batch!.Column<Int64Array>(0).Values[65_535]);
        Assert.Equal("some longer text 65535", batch.Column<StringArray>(1).GetString(65_535));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await result.ReadAsync(Token));
        await result.DisposeAsync();
    }

    [Fact]
    public async Task Time_OfASession_IsUtcWhateverTheMachineSays() =>
        Assert.Equal("UTC", await ValueAsync("SELECT current_setting('TimeZone')"));
}
