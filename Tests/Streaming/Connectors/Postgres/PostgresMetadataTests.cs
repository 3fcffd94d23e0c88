using System.Globalization;
using Npgsql;

namespace OrleansFlow.Tests.Streaming.Connectors.Postgres;

/// <summary>Goal: what PostgreSQL knows of a row besides its columns comes with it. Method: a real server, which is asked for the same things itself.</summary>
public sealed class PostgresMetadataTests(LogicalPostgres postgres) : IAsyncLifetime
{
    private const string Columns = """
        op TEXT METADATA FROM 'op', number BIGINT, lsn BIGINT METADATA FROM 'lsn', place TEXT METADATA FROM 'lsn', xid BIGINT METADATA FROM 'xid', other TEXT,
        tab TEXT METADATA FROM 'table', at TIMESTAMP METADATA FROM 'commit_time', millis BIGINT METADATA FROM 'commit_time'
        """;

    private readonly string _name = postgres.NewName();
    private NpgsqlDataSource? _server;

    private NpgsqlDataSource Server => _server!;

    public async ValueTask InitializeAsync()
    {
        _server = await postgres.OpenAsync(TestContext.Current.CancellationToken);
        await Server.ExecuteAsync($"CREATE TABLE {_name} (number bigint PRIMARY KEY, other text)");
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task RowsThatCome_TellTheirCommit()
    {
        await Server.ExecuteAsync($"CREATE PUBLICATION {_name} FOR TABLE {_name}");
        await Server.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{_name}', 'pgoutput')");
        var before = await OneAsync("(pg_current_wal_insert_lsn() - '0/0')::bigint");
        var first = (await Server.ReadAsync($"WITH i AS (INSERT INTO {_name} VALUES (1, 'a'), (2, NULL) RETURNING 1) SELECT pg_current_xact_id()::text FROM i")).First();
        await Server.ExecuteAsync($"INSERT INTO {_name} VALUES (3, 'c')");
        var after = await OneAsync("(pg_current_wal_insert_lsn() - '0/0')::bigint");

        var rows = await ReadAsync("never", 3);

        Assert.Equal(["c|1|a", "c|2|null", "c|3|c"], rows.Select(row => $"{row[0]}|{row[1]}|{row[5]}"));
        Assert.Equal([first, first], rows.Take(2).Select(row => row[4]));
        Assert.Equal(rows[0][2], rows[1][2]);
        Assert.InRange(Whole(rows[0][2]), Whole(before), Whole(rows[2][2]) - 1);
        Assert.InRange(Whole(rows[2][2]), Whole(rows[0][2]) + 1, Whole(after));
        foreach (var row in rows)
        {
            Assert.Equal(row[2], await OneAsync($"('{row[3]}'::pg_lsn - '0/0')::bigint"));
            Assert.Equal((_name, row[9]), (row[6], row[7]));
            Assert.Equal(row[8], await OneAsync($"floor(extract(epoch FROM '{row[7]}+00'::timestamptz) * 1000)::bigint"));
        }
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task RowsThatAreThere_HaveNoTransaction()
    {
        await Server.ExecuteAsync($"INSERT INTO {_name} VALUES (1, 'a')");

        var row = Assert.Single(await ReadAsync("initial", 1));

        Assert.Equal(("r", "1", "null", "a", row[9]), (row[0], row[1], row[4], row[5], row[7]));
        Assert.InRange(Whole(row[2]), 1, Whole(await OneAsync("(pg_current_wal_insert_lsn() - '0/0')::bigint")));
    }

    private async Task<List<string[]>> ReadAsync(string snapshot, int rowCount)
    {
        var with = $"connector = 'postgres', connection = '{Server.ConnectionString}', table = '{_name}', slot = '{_name}', snapshot = '{snapshot}'";
        return (await TableRows.ReadAsync(Columns, with, rowCount, hasTime: false)).ConvertAll(static line => line.Split('|'));
    }

    private async Task<string> OneAsync(string expression) => (await Server.ReadAsync($"SELECT ({expression})::text")).Single();

    private static long Whole(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
