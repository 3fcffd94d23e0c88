using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Inputs;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Worker.Inputs;

namespace OrleansFlow.Tests.Worker.Inputs;

/// <summary>Goal: a table's rows come once and in order of their key, page by page, from wherever the reading goes on. Method: real SQLite and PostgreSQL.</summary>
public sealed class CursorAdapterTests : IDisposable
{
    private readonly AdapterContext _context = new();
    private readonly string _connectionString;

    public CursorAdapterTests()
    {
        SQLitePCL.Batteries_V2.Init();
        _connectionString = $"Data Source={Path.Combine(_context.TempFolder, "test.db")};Pooling=False";
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _context.Dispose();

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Table_ComesInPagesOfItsKey_AndGoesOnAfterAnyOfThem()
    {
        await ExecuteAsync("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) INSERT INTO t SELECT i * 10, 'n' || i FROM n");
        const string Args = """{"connection":"db","table":"t","key":["id"],"batch_rows":4}""";

        var pages = await ReadAsync(Args);

        Assert.Equal(["10,20,30,40", "50,60,70,80", "90,100"], pages.Select(page => page.Ids));
        Assert.Equal(3, pages.Select(page => page.Uid).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(pages, await ReadAsync(Args));
        Assert.Equal(pages[1..], await ReadAsync(Args, pages[0].Position));
        Assert.Equal([], await ReadAsync(Args, pages[2].Position));

        // What was added behind the place is not missed, what was added before it does not come.
        await ExecuteAsync("INSERT INTO t VALUES (5, 'before'), (110, 'after')");
        Assert.Equal(["110"], (await ReadAsync(Args, pages[2].Position)).Select(page => page.Ids));
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(1, 3)]
    [InlineData(3, 1)]
    [InlineData(4, 1)]
    public async Task Table_OfAsManyRowsAsAPage_EndsWithIt(int batchRows, int expected)
    {
        await ExecuteAsync("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3)");

        Assert.Equal(expected, (await ReadAsync($$"""{"connection":"db","table":"t","key":["id"],"batch_rows":{{batchRows}}}""")).Count);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Query_WithAKeyOfTwoColumns_LosesNoneAtAPagesEnd()
    {
        await ExecuteAsync("CREATE TABLE t (day TEXT, id INTEGER, PRIMARY KEY (day, id)); INSERT INTO t VALUES ('a', 1), ('a', 2), ('a', 3), ('b', 1), ('b', 2), ('c', 1)");

        var pages = await ReadAsync("""{"connection":"db","query":"SELECT day, id FROM t WHERE day <> 'c';","key":["day","id"],"batch_rows":2}""");

        Assert.Equal(["1,2", "3,1", "2"], pages.Select(page => page.Ids));
        Assert.Equal(["3,1", "2"], (await ReadAsync("""{"connection":"db","query":"SELECT day, id FROM t WHERE day <> 'c'","key":["day","id"],"batch_rows":2}""", pages[0].Position)).Select(page => page.Ids));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Values_OfEachType_KeepTheirMeaning()
    {
        await ExecuteAsync("CREATE TABLE t (id INTEGER PRIMARY KEY, real REAL, text TEXT, bytes BLOB); INSERT INTO t VALUES (1, 1.5, 'ü', x'01ff'), (2, NULL, NULL, NULL)");

        RecordBatch? batch = null;
        await foreach (var input in Adapter().ReadAsync(_context.Call("pull.cursor", """{"connection":"db","table":"t","key":["id"],"columns":["text","bytes","real"]}"""), Token))
        {
            batch = input.Batch;
        }

        using var owned = batch!;
        Assert.Equal(["text", "bytes", "real", "id"], batch!.Schema.Fields.Select(field => field.Name));
        Assert.Equal(("ü", 1.5, 2L), (batch.Column<StringArray>("text").GetString(0), batch.Column<DoubleArray>("real").Values[0], batch.Column<Int64Array>("id").Values[1]));
        Assert.Equal([1, 255], batch.Column<BinaryArray>("bytes").GetBytes(0).ToArray());
        Assert.All(["text", "bytes", "real"], column => Assert.False(batch.Column(column).IsValid(1)));
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("""{"connection":"db","table":"t","key":["grp"],"batch_rows":1}""", "unique", "same")]
    [InlineData("""{"connection":"db","table":"t","key":["grp"],"batch_rows":100}""", "unique", "same")]
    [InlineData("""{"connection":"db","table":"t","key":["empty"]}""", "'empty'", "null")]
    [InlineData("""{"connection":"db","query":"SELECT id FROM t","key":["id"],"batch_rows":1}""", "", "")]
    [InlineData("""{"connection":"other","table":"t","key":["id"]}""", "'other'", "it has db")]
    public async Task Key_ThatDoesNotTellRowsApart_OrConnectionThatIsUnknown_IsBadInputArgs(string args, string named, string why)
    {
        await ExecuteAsync("CREATE TABLE t (id INTEGER PRIMARY KEY, grp INTEGER, empty INTEGER); INSERT INTO t VALUES (1, 1, NULL), (2, 1, 3)");
        if (named.Length == 0)
        {
            Assert.Equal(2, (await ReadAsync(args)).Count);
            return;
        }

        var failure = await Assert.ThrowsAsync<FlowException>(() => ReadAsync(args));

        Assert.Equal((FlowErrorCode.BadInputArgs, RetryAdvice.Never), (failure.Code, failure.Kind.Retry));
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
        Assert.Contains(why, failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Database_ThatCannotBeReached_MayBeTriedAgain()
    {
        var adapter = new CursorAdapter([new InputConnection("db", SqliteFactory.Instance, "Data Source=/no/such/folder/x.db;Mode=ReadOnly")]);

        var failure = await Assert.ThrowsAsync<FlowException>(() => ReadAsync("""{"connection":"db","table":"t","key":["id"]}""", null, adapter));

        Assert.Equal(RetryAdvice.Later, failure.Kind.Retry);
        Assert.Contains("'db'", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Postgres_ByANamedConnectionOfTheOptions_IsReadByItsKey()
    {
        Requires.That(PostgresServer.IsInstalled, "PostgreSQL");
        await using var server = await PostgresServer.StartAsync(null, Token);
        await using (var source = NpgsqlDataSource.Create(server.ConnectionString))
        {
            await using var command = source.CreateCommand(
                """
                CREATE TABLE events (at timestamptz, id uuid, amount numeric(12,2), tags text[], day date, PRIMARY KEY (at, id));
                INSERT INTO events SELECT timestamptz '2026-01-01' + (n / 3) * interval '1 microsecond', gen_random_uuid(), n / 4.0, ARRAY['a', 'b'], date '2026-01-01' + n
                FROM generate_series(1, 100) AS n
                """);
            await command.ExecuteNonQueryAsync(Token);
        }

        var options = new InputAdapterOptions();
        options.Connections["events"] = new InputConnectionOptions { ConnectionString = server.ConnectionString };
        var adapter = new CursorAdapter([], Microsoft.Extensions.Options.Options.Create(options));
        const string Args = """{"connection":"events","table":"public.events","key":["at","id"],"batch_rows":9}""";
        List<string> whole = [], again = [];
        string? position = null;
        await foreach (var input in adapter.ReadAsync(_context.Call("pull.cursor", Args), Token))
        {
            using var batch = input.Batch!;
            Assert.Equal("timestamp[us, UTC]", batch.Schema.Field("at").Type.ToString(), ignoreCase: true);
            whole.AddRange(Enumerable.Range(0, batch.RowCount).Select(row => ((StringArray)batch.Column("id")).GetString(row) + ((StringArray)batch.Column("amount")).GetString(row)));
            position = whole.Count == 45 ? input.Position : position;
        }

        await foreach (var input in adapter.ReadAsync(_context.Call("pull.cursor", Args, position), Token))
        {
            using var batch = input.Batch!;
            again.AddRange(Enumerable.Range(0, batch.RowCount).Select(row => ((StringArray)batch.Column("id")).GetString(row) + ((StringArray)batch.Column("amount")).GetString(row)));
        }

        Assert.Equal(100, whole.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(whole[45..], again);
        var wrong = await Assert.ThrowsAsync<FlowException>(async () =>
        {
            await foreach (var _ in adapter.ReadAsync(_context.Call("pull.cursor", """{"connection":"events","table":"nowhere","key":["id"]}"""), Token))
            {
                Assert.Fail("There is no such table.");
            }
        });
        Assert.Equal(FlowErrorCode.BadInputArgs, wrong.Code);
    }

    private CursorAdapter Adapter() => new([new InputConnection("db", SqliteFactory.Instance, _connectionString)]);

    private async Task ExecuteAsync(string sql)
    {
        await using DbConnection connection = new SqliteConnection(_connectionString);
        await connection.OpenAsync(Token);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Token);
    }

    private async Task<List<(string Uid, string Ids, string? Position)>> ReadAsync(string args, string? position = null, CursorAdapter? adapter = null)
    {
        List<(string, string, string?)> pages = [];
        await foreach (var input in (adapter ?? Adapter()).ReadAsync(_context.Call("pull.cursor", args, position), Token))
        {
            using var batch = input.Batch!;
            Assert.IsType<RowsInput>(input.Payload);
            pages.Add((input.Uid, string.Join(',', Ids(batch).Select(id => id.ToString(CultureInfo.InvariantCulture))), input.Position));
        }

        return pages;
    }

    private static long[] Ids(RecordBatch batch) => batch.Column<Int64Array>("id").Values.ToArray();
}
