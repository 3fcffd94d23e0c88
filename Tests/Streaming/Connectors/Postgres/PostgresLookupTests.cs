using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Tests.Streaming.Sql;
using OrleansFlow.Tests.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Connectors.Postgres;

/// <summary>Goal: rows of a stream find the rows of a real server, by keys of several types.</summary>
public sealed class PostgresLookupTests(LogicalPostgres postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Rows_FindThoseOfATable_AsTheServerJoinsThem()
    {
        await using var server = await postgres.OpenAsync(Token);
        var table = postgres.NewName();
        await server.ExecuteAsync($"CREATE TABLE {table} (id int PRIMARY KEY, city text, rate numeric(6,2), since date, good boolean)");
        await server.ExecuteAsync($"INSERT INTO {table} SELECT i, CASE WHEN i % 5 > 0 THEN 'c\"' || i END, i / 4.0, date '2026-01-01' + i, i % 2 = 0 FROM generate_series(0, 40, 2) AS t(i)");

        var lines = await RunAsync(
            server.ConnectionString, table, "id BIGINT PRIMARY KEY, city TEXT, rate DECIMAL(6,2), since DATE, good BOOLEAN",
            "SELECT counter, id, city, CAST(rate AS TEXT) AS rate, CAST(since AS TEXT) AS since, good FROM i LEFT JOIN c ON c.id = i.counter * 3 + CASE WHEN counter = 7 THEN 5000000000 ELSE 0 END");

        await using var engine = await EngineInstance.OpenAsync(null, Token);
        var expected = await new WindowEvents(1, count: 1).AskAsync(
            engine,
            """
            SELECT counter, i, CASE WHEN i % 5 > 0 THEN 'c"' || i END, CAST(CAST(i / 4.0 AS DECIMAL(6,2)) AS TEXT), CAST(CAST(DATE '2026-01-01' + CAST(i AS INT) AS DATE) AS TEXT), i % 2 = 0
            FROM range(20) AS s(counter) LEFT JOIN range(0, 41, 2) AS t(i) ON i = counter * 3 AND counter <> 7
            """,
            Token);
        Assert.Equal(expected, lines);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task KeyOfTwoColumns_AndOfText()
    {
        await using var server = await postgres.OpenAsync(Token);
        var table = postgres.NewName();
        await server.ExecuteAsync($"CREATE TABLE {table} (name varchar(20), at timestamp, x bigint, PRIMARY KEY (name, at))");
        await server.ExecuteAsync($"INSERT INTO {table} SELECT 'n,{{\"' || i % 3, timestamp '2026-01-01 00:00:00.5' + i * interval '1 second', i FROM generate_series(0, 9) AS t(i)");

        var lines = await RunAsync(
            server.ConnectionString, table, "at TIMESTAMP, name TEXT, x BIGINT, PRIMARY KEY (name, at)",
            "SELECT counter, x FROM i JOIN c ON c.name = 'n,{\"' || counter % 3 AND c.at = TIMESTAMP '2026-01-01 00:00:00.5' + to_seconds(counter)");

        Assert.Equal(Enumerable.Range(0, 10).Select(one => $"{one}|{one}").Order(StringComparer.Ordinal), lines.Select(line => line.Replace(" ", "", StringComparison.Ordinal).Replace(",", "|", StringComparison.Ordinal)));
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("id BIGINT PRIMARY KEY, town TEXT", "has no column 'town'; it has: id, city")]
    [InlineData("id BIGINT PRIMARY KEY, city INT", "which is no")]
    public async Task ColumnThatTheTableDoesNotHave_FailsTheJob(string columns, string words)
    {
        await using var server = await postgres.OpenAsync(Token);
        var table = postgres.NewName();
        await server.ExecuteAsync($"CREATE TABLE {table} (id int PRIMARY KEY, city text)");
        await server.ExecuteAsync($"INSERT INTO {table} VALUES (1, 'one')");

        var failure = await Assert.ThrowsAsync<FlowException>(() => RunAsync(server.ConnectionString, table, columns, "SELECT i.counter, c.* FROM i JOIN c ON c.id = i.counter"));

        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task KeyThatIsNotUnique_FailsTheJob()
    {
        await using var server = await postgres.OpenAsync(Token);
        var table = postgres.NewName();
        await server.ExecuteAsync($"CREATE TABLE {table} (id int, city text)");
        await server.ExecuteAsync($"INSERT INTO {table} VALUES (1, 'one'), (1, 'uno')");

        var failure = await Assert.ThrowsAsync<FlowException>(() => RunAsync(server.ConnectionString, table, "id BIGINT PRIMARY KEY, city TEXT", "SELECT i.counter, c.city FROM i JOIN c ON c.id = i.counter"));

        Assert.Contains("found several rows of one key (id)", failure.Message, StringComparison.Ordinal);
    }

    private static async Task<List<string>> RunAsync(string connection, string table, string columns, string query)
    {
        await using var engine = await EngineInstance.OpenAsync(null, Token);
        return await StreamJobRun.RunAsync(
            $"""
            CREATE TABLE i WITH (connector = 'impulse', message_count = '20', event_time_interval_ms = '1');
            CREATE TEMPORARY TABLE c ({columns}) WITH (connector = 'postgres', connection = '{connection}', table = '{table}', 'lookup.batch.max_keys' = '7');
            {query};
            """,
            new WindowEvents(1, count: 1), engine, 2, Token);
    }
}
