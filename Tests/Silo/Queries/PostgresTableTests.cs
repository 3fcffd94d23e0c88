using Npgsql;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: the tables of a PostgreSQL database are read by a name, exactly, with no more of them sent than a statement needs.</summary>
public sealed class PostgresTableTests(PostgresFixture postgres)
{
    private const int Watchdog = 120_000;

    /// <summary>What both databases are filled with: PostgreSQL's text, and DuckDB's.</summary>
    private const string Orders = "as select i as id, i % 97 as key, case when i % 13 = 0 then null else (i * 7919) % 1000 end as value, 'name ' || (i % 5) as name, (i % 1000)::numeric(12, 3) / 8 as price, date '2024-01-01' + (i % 500) as day from";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Questions =>
    [
        "select key, count(*) as n, sum(value) as total, sum(price::decimal(18,6)) as price from shop.public.orders group by key order by key",
        "select o.id, d.label, f.value from Shop.Public.Orders o join dims d using (key) join facts f on f.id = o.id where o.id % 997 = 7 order by o.id",
        "select count(*) from shop.orders",
        "select id, name from shop.orders where value = 3 and name in ('name 1', 'name 2', 'it''s') and day >= date '2024-03-01' and id < 15000 order by id",
        "select name, max(day) from shop.orders where value is null or name > 'name 2' group by name order by name",
        "with big as (select * from shop.public.orders where value > 900) select count(*), min(id), (select max(key) from dims) from big",
    ];

    [Theory(Timeout = Watchdog)]
    [MemberData(nameof(Questions))]
    public async Task Tables_AnswerAsDuckDbAlone_OnTheWorkers(string sql)
    {
        await using var shop = await StartAsync(onWorkers: true);

        Assert.Equal(await AloneAsync(shop, sql), await QueryCluster.AskAsync(shop.Silo.Client.Query(sql)));
        Assert.NotEqual(0, shop.Starts.Count);
    }

    [Theory(Timeout = Watchdog)]
    [MemberData(nameof(Questions))]
    public async Task Tables_AnswerAsDuckDbAlone_InTheGateway(string sql)
    {
        await using var shop = await StartAsync(onWorkers: false);

        Assert.Equal(await AloneAsync(shop, sql), await QueryCluster.AskAsync(shop.Silo.Client.Query(sql)));
        Assert.Equal(0, shop.Starts.Count);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Types_AreReadExactly(bool onWorkers)
    {
        await using var shop = await StartAsync(onWorkers);
        await ExecuteAsync(
            $"""
            create domain {Schema}.small as int check (value < 100);
            create type {Schema}.mood as enum ('sad', 'glad');
            create table {Schema}.kinds (n int, b bool, i2 int2, i8 int8, f4 float4, f8 float8, d numeric(38, 37), e numeric(10, 2), u numeric, t text, c char(4), y bytea, da date, ti time, ts timestamp,
                tz timestamptz, iv interval, id uuid, j jsonb, dom {Schema}.small, m {Schema}.mood, ai int[], at text[], an numeric(6, 2)[], ats timestamptz[]);
            insert into {Schema}.kinds values
                (1, true, -32768, 9223372036854775807, 1.5, 'NaN', '-1.2345678901234567890123456789012345678', 12345678.90, 123456789012345678901234567890.12345678901234567890, 'a''b\ é 🙂', 'ab', '\x00ff10', '1582-10-15', '23:59:59.999999', '1969-12-31 23:59:59.999999',
                 '2024-02-29 12:00:00+02', '1 year 2 mons 3 days 04:05:06.000007', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '[1, 2]', 42, 'glad', array[1, null, 3], array['x', null, ''], array[1.10, -0.01], array['2024-01-01 00:00+00'::timestamptz]),
                (2, false, 0, -9223372036854775808, '-Infinity', 0, '0.0000000000000000000000000000000000001', 0, 'NaN', '', '', '', 'infinity', '24:00:00', 'infinity', '-infinity', '-1 day', null, 'null', 0, 'sad', array[]::int[], array[]::text[], array[]::numeric(6,2)[], null),
                (3, null, null, null, null, null, '1.0', 100, 1e20, null, null, null, '-infinity', null, '294276-12-31 23:59:59', null, null, null, null, null, null, null, null, null, null),
                (4, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null)
            """);
        const string expected = """
            select * from (values
                (1, true, (-32768)::int2, 9223372036854775807, 1.5::float4, 'NaN'::float8, '-1.2345678901234567890123456789012345678'::decimal(38,37), 12345678.90::decimal(10,2), '123456789012345678901234567890.12345678901234567890', 'a''b\ é 🙂', 'ab', '\x00\xFF\x10'::blob, date '1582-10-15', time '23:59:59.999999', timestamp '1969-12-31 23:59:59.999999',
                 timestamptz '2024-02-29 10:00:00+00', interval '14 months 3 days 14706.000007 seconds', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '[1, 2]', 42, 'glad', [1, null, 3], ['x', null, ''], [1.10::decimal(6,2), -0.01], [timestamptz '2024-01-01 00:00:00+00']),
                (2, false, 0::int2, (-9223372036854775808)::int8, '-inf'::float4, 0::float8, '0.0000000000000000000000000000000000001'::decimal(38,37), 0::decimal(10,2), 'NaN', '', '', ''::blob, 'infinity'::date, time '24:00:00', 'infinity'::timestamp, '-infinity'::timestamptz, interval '-1 day', null, 'null', 0, 'sad', []::int[], []::varchar[], []::decimal(6,2)[], null),
                (3, null, null, null, null, null, 1::decimal(38,37), 100::decimal(10,2), '100000000000000000000', null, null, null, '-infinity'::date, null, '294247-01-10 04:00:54'::timestamp - interval '100 years', null, null, null, null, null, null, null, null, null, null),
                (4, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null)
            ) v(n, b, i2, i8, f4, f8, d, e, u, t, c, y, da, ti, ts, tz, iv, id, j, dom, m, ai, "at", an, ats)
            """;
        var columns = string.Join(", ", "n b i2 i8 f4 f8 d e u t c y da ti ts tz iv id j dom m ai at an ats".Split(' ').Select(name => $"typeof(\"{name}\") || ' ' || coalesce(\"{name}\"::varchar, 'NULL') as \"{name}\""));

        var rows = await QueryCluster.AskAsync(shop.Silo.Client.Query($"select {columns} from shop.{Schema}.kinds where n <> 3 order by n"));

        Assert.Equal(await shop.AloneAsync($"select {columns} from ({expected}) where n <> 3 order by n"), rows);
        Assert.Equal(onWorkers ? 1 : 0, shop.Starts.Count);
    }

    [Fact(Timeout = Watchdog)]
    public async Task ValueThatTheEngineDoesNotHave_IsRefused_AndNamesTheColumn()
    {
        await using var shop = await StartAsync(onWorkers: false);
        await ExecuteAsync($"create table {Schema}.odd as select array[[1, 2], [3, 4]] as grid, 'NaN'::numeric(5, 2) as wide");

        var grid = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(shop.Silo.Client.Query($"select grid from shop.{Schema}.odd")));
        var wide = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(shop.Silo.Client.Query($"select wide from shop.{Schema}.odd")));

        Assert.Equal((FlowErrorCode.BadInput, FlowErrorCode.BadInput), (grid.Code, wide.Code));
        Assert.Contains("'grid'", grid.Message, StringComparison.Ordinal);
        Assert.Contains("'wide'", wide.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog)]
    public async Task OnlyColumnsAndRowsThatAreNeeded_AreAskedFor()
    {
        await using var shop = await StartAsync(onWorkers: true);

        await QueryCluster.AskAsync(shop.Silo.Client.Query("select count(*), max(name) from shop.orders where key = 5 and name >= 'name 3' and value is not null"));

        // What the server still knows of the sessions that the workers' pools hold.
        var asked = await ScalarAsync("select string_agg(query, ';') from pg_stat_activity where query like 'COPY (SELECT%orders%'");
        Assert.Contains("SELECT \"key\"::int4, \"value\"::int4, \"name\"::text FROM \"public\".\"orders\"", asked, StringComparison.Ordinal);
        Assert.Contains("\"key\" = 5", asked, StringComparison.Ordinal);
        Assert.Contains("\"name\" COLLATE \"C\" >= 'name 3'", asked, StringComparison.Ordinal);
        Assert.Contains("\"value\" IS NOT NULL", asked, StringComparison.Ordinal);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CancelledQuery_EndsAtTheServerToo(bool onWorkers)
    {
        await using var shop = await StartAsync(onWorkers);
        await ExecuteAsync($"create view {Schema}.endless as select i, pg_sleep(case when i > 50000 then 3600 else 0 end)::text as slept from generate_series(1, 100000) i");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var reading = Task.Run(
            async () =>
            {
                await foreach (var batch in shop.Silo.Client.Query($"select i, slept from shop.{Schema}.endless").WithCancellation(stop.Token))
                {
                    batch.Dispose();
                }
            },
            Token);
        while (await ScalarAsync("select count(*)::text from pg_stat_activity where query like 'COPY%endless%' and state = 'active'") == "0")
        {
            Assert.False(reading.IsCompleted);
            await Task.Delay(10, Token);
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);

        while (await ScalarAsync("select count(*)::text from pg_stat_activity where query like 'COPY%endless%' and state = 'active'") != "0")
        {
            await Task.Delay(10, Token);
        }
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task LostConnection_IsStoreUnavailable_AndNamesTheDatabase(bool onWorkers)
    {
        await using var shop = await StartAsync(onWorkers);
        await ExecuteAsync($"create view {Schema}.cut as select i, case when i > 50000 then pg_terminate_backend(pg_backend_pid())::text end as gone from generate_series(1, 100000) i");

        var failure = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(shop.Silo.Client.Query($"select count(*), max(gone) from shop.{Schema}.cut")));

        Assert.Equal(FlowErrorCode.StoreUnavailable, failure.Code);
        Assert.Contains("'shop'", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog)]
    public async Task DatabaseThatIsAway_FailsTheStatementsThatReadIt_WithoutItsPassword()
    {
        await using var cluster = await QueryCluster.StartRealAsync(sql: options => options.Databases["shop"] = new AttachedDatabaseOptions
        {
            Type = "postgres", ConnectionString = "Host=127.0.0.1;Port=1;Database=away;Username=flow;Password=xyzzy",
        });

        var failure = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query("select * from shop.public.orders")));
        var rows = await QueryCluster.AskAsync(cluster.Silo.Client.Query("select shop.key from dims shop order by 1 limit 1"));

        Assert.Equal(FlowErrorCode.StoreUnavailable, failure.Code);
        Assert.Contains("'shop' (away@127.0.0.1)", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("xyzzy", failure.ToString(), StringComparison.Ordinal);
        Assert.Equal(["key", "0"], rows);
    }

    [Fact(Timeout = Watchdog)]
    public async Task WorkerThatDoesNotKnowTheDatabase_IsNamed_WithTheWayOut()
    {
        await using var shop = await StartAsync(onWorkers: true, knownToWorkers: false);

        var failure = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(shop.Silo.Client.Query("select count(*) from shop.orders")));

        Assert.Equal(FlowErrorCode.Unsupported, failure.Code);
        Assert.Contains("OrleansFlow:Worker:Queries:Databases:shop", failure.Message, StringComparison.Ordinal);
    }

    private string Schema { get; } = postgres.NewSchema();

    private async Task<QueryCluster> StartAsync(bool onWorkers, bool knownToWorkers = true)
    {
        var connection = await postgres.ConnectAsync(Token);
        await ExecuteAsync($"create schema {Schema}; create table if not exists public.orders {Orders} generate_series(0, 19999) i");
        return await QueryCluster.StartRealAsync(
            worker: options =>
            {
                if (knownToWorkers)
                {
                    options.Databases["shop"] = new WorkerDatabaseOptions { ConnectionString = connection };
                }
            },
            sql: options => options.Databases["shop"] = new AttachedDatabaseOptions { Type = "postgres", ConnectionString = connection, OnWorkers = onWorkers });
    }

    private static async Task<List<string>> AloneAsync(QueryCluster cluster, string sql)
    {
        await cluster.AloneAsync("attach if not exists ':memory:' as shop");
        await cluster.AloneAsync("create schema if not exists shop.public");
        await cluster.AloneAsync($"create table if not exists shop.public.orders {Orders} (select range::int as i from range(20000))");
        await cluster.AloneAsync("create or replace view shop.main.orders as select * from shop.public.orders");
        return await cluster.AloneAsync(sql);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(await postgres.ConnectAsync(Token));
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }

    private async Task<string> ScalarAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(await postgres.ConnectAsync(Token));
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        return (string?)await command.ExecuteScalarAsync(Token) ?? "";
    }
}
