using System.Threading.Channels;
using Npgsql;
using Npgsql.Replication;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors.Postgres;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Tests.Streaming.Connectors.Conformance;
using OrleansFlow.Tests.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Connectors.Postgres;

[Conforms("postgres")]
public sealed class PostgresSourceTests(LogicalPostgres postgres) : SourceConformance
{
    private readonly string _name = postgres.NewName();
    private NpgsqlDataSource? _server;

    private NpgsqlDataSource Server => _server!;

    protected override ArrowSchema Schema { get; } = new(new ArrowField("number", ArrowType.Int64), EventTime.Field);

    protected override int RowCount => 4_000;

    protected override bool IsEndless => true;

    protected override string KeyOf(string line) => line.Split('|')[0];

    public override async ValueTask InitializeAsync()
    {
        _server = await postgres.OpenAsync(Token);
        await Server.ExecuteAsync($"CREATE TABLE {_name} (number bigint PRIMARY KEY, other text)");
    }

    public override async ValueTask DisposeAsync()
    {
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        await base.DisposeAsync();
    }

    protected override async Task<ProgramOperator> PrepareAsync()
    {
        // Transactions of one row and of many, so that checkpoints fall inside of them.
        await Server.ExecuteAsync($"CREATE PUBLICATION {_name} FOR TABLE {_name}");
        await Server.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{_name}', 'pgoutput')");
        for (var first = 0; first < RowCount; first += 1_300)
        {
            await Server.ExecuteAsync($"INSERT INTO {_name} VALUES ({first})");
            await Server.ExecuteAsync($"INSERT INTO {_name} SELECT i FROM generate_series({first + 1}, {Math.Min(RowCount, first + 1_300) - 1}) g(i)");
        }

        return Source(new PostgresSourceConfig { HasNoSnapshot = true });
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task RowsThatAreThere_ComeFirst_ThenThoseThatCome_WithTheTimeOfTheirCommit()
    {
        await Server.ExecuteAsync($"INSERT INTO {_name} SELECT i FROM generate_series(0, 2499) g(i)");
        var rows = new WatchedRows(2_500);
        await RunAsync(
            Source(new PostgresSourceConfig()),
            rows,
            1,
            null,
            async runner =>
            {
                await rows.Reached;
                await Server.ExecuteAsync($"INSERT INTO {_name} SELECT i FROM generate_series(2500, 2509) g(i)");
                LastSeen = await runner.CheckpointAsync(thenStop: true, Token);
            },
            null,
            Token);
        var later = await ReadToTheEndAsync(Source(new PostgresSourceConfig()), LastSeen, 2_510 - rows.Lines.Count);

        List<string> all = [.. rows.Lines, .. later];
        Assert.Equal(Enumerable.Range(0, 2_510), all.Select(line => int.Parse(line.Split('|')[0], System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(2, all.Select(line => line.Split('|')[1]).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task StartThatBrokeOffBeforeItsFirstCheckpoint_BeginsWithANewSlot()
    {
        await Server.ExecuteAsync($"INSERT INTO {_name} SELECT i FROM generate_series(0, 9) g(i)");
        var first = new WatchedRows(10);
        using var kill = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(
            Source(new PostgresSourceConfig()),
            first,
            1,
            null,
            async _ =>
            {
                await first.Reached;
                await kill.CancelAsync();
            },
            null,
            kill.Token));
        await Server.ExecuteAsync($"INSERT INTO {_name} VALUES (10)");

        Assert.Equal(11, (await ReadToTheEndAsync(Source(new PostgresSourceConfig()), null, 11)).Count);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task UpdatesAndDeletes_TakeRowsBack_IfTheTableTellsThem()
    {
        var schema = new ArrowSchema(new ArrowField("number", ArrowType.Int64), new ArrowField("other", ArrowType.Utf8), ChangeRows.RetractField, EventTime.Field);
        var refused = await Assert.ThrowsAsync<FlowException>(() => ReadToTheEndAsync(Source(new PostgresSourceConfig(), schema), null, 1));
        Assert.Contains("REPLICA IDENTITY FULL", refused.Message, StringComparison.Ordinal);
        await Server.ExecuteAsync($"ALTER TABLE {_name} REPLICA IDENTITY FULL");
        await Server.ExecuteAsync($"INSERT INTO {_name} VALUES (1, 'a'), (2, repeat('long', 3000))");
        var rows = new WatchedRows(2);
        await RunAsync(
            Source(new PostgresSourceConfig(), schema),
            rows,
            1,
            null,
            async runner =>
            {
                await rows.Reached;
                await Server.ExecuteAsync($"UPDATE {_name} SET other = 'b' WHERE number = 1; UPDATE {_name} SET number = 3 WHERE number = 2; DELETE FROM {_name} WHERE number = 1; INSERT INTO {_name} VALUES (4, NULL)");
                LastSeen = await runner.CheckpointAsync(thenStop: true, Token);
            },
            null,
            Token);
        var later = await ReadToTheEndAsync(Source(new PostgresSourceConfig(), schema), LastSeen, 8 - rows.Lines.Count);

        var long_ = string.Concat(Enumerable.Repeat("long", 3_000));
        Assert.Equal(
            ["1|a|false", $"2|{long_}|false", "1|a|true", "1|b|false", $"2|{long_}|true", $"3|{long_}|false", "1|b|true", "4|null|false"],
            rows.Lines.Concat(later).Select(line => line[..line.LastIndexOf('|')]));
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("UPDATE {0} SET other = 'x'", "was changed by UPDATE")]
    [InlineData("DELETE FROM {0}", "was changed by DELETE")]
    [InlineData("TRUNCATE {0}", "was changed by TRUNCATE")]
    public async Task ChangeOfARow_EndsTheJob_WhereRowsOnlyCome_OrIsPassedOver(string statement, string problem)
    {
        var source = await PrepareAsync();
        await Server.ExecuteAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, statement, _name));
        await Server.ExecuteAsync($"INSERT INTO {_name} VALUES (-1)");

        var failure = await Assert.ThrowsAsync<FlowException>(() => ReadToTheEndAsync(source, null, RowCount + 1));
        var rows = await ReadToTheEndAsync(Source(new PostgresSourceConfig { HasNoSnapshot = true, SkipsChanges = true }), null, RowCount + 1);

        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
        Assert.Equal("-1", KeyOf(rows[^1]));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ServerIsToldWhatNoCheckpointNeedsAnyMore()
    {
        var source = await PrepareAsync();
        var rows = new WatchedRows(RowCount);
        var confirmed = $"SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = '{_name}'";
        var before = await Server.ReadAsync(confirmed);
        await RunAsync(
            source,
            rows,
            1,
            null,
            async runner =>
            {
                await rows.Reached;
                await runner.CheckpointAsync(thenStop: false, Token);
                Assert.Equal(before, await Server.ReadAsync(confirmed));
                await runner.CheckpointAsync(thenStop: false, Token);
                while ((await Server.ReadAsync(confirmed)).SequenceEqual(before))
                {
                    await Server.ExecuteAsync("SELECT pg_sleep(0.05)");
                }

                await runner.StopAsync(StopMode.Graceful, Token);
            },
            null,
            Token);

        Assert.Equal(RowCount, rows.Lines.Count);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task CheckpointOfWhichTheServerHasLetGo_IsRefused()
    {
        var source = await PrepareAsync();
        await ReadToTheEndAsync(source, null, RowCount);
        var old = LastCheckpoint;
        await Server.ExecuteAsync($"INSERT INTO {_name} VALUES (-1)");
        await Server.ExecuteAsync($"SELECT pg_replication_slot_advance('{_name}', pg_current_wal_lsn())");

        var failure = await Assert.ThrowsAsync<FlowException>(() => ReadToTheEndAsync(source, old, 1));
        await Server.ExecuteAsync($"SELECT pg_drop_replication_slot('{_name}')");
        var gone = await Assert.ThrowsAsync<FlowException>(() => ReadToTheEndAsync(source, old, 1));

        Assert.Equal((FlowErrorCode.StateCorrupt, FlowErrorCode.StateCorrupt), (failure.Code, gone.Code));
        Assert.Contains("has let go of what happened up to", failure.Message, StringComparison.Ordinal);
        Assert.Contains("is gone, and with it what happened since", gone.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ValuesOfEachType_AreReadFromTheTableAndFromTheLog()
    {
        var table = postgres.NewName();
        await Server.ExecuteAsync($"CREATE TABLE {table} (b boolean, i integer, d double precision, n numeric(9, 2), t text, ts timestamp, tz timestamptz, da date, ti time, by bytea, j jsonb, u uuid)");
        var values = "(true, -7, 1.5, 12.30, 'x|y', '2026-01-02 03:04:05.5', '2026-01-02 03:04:05+02', '2026-01-02', '03:04:05', '\\x0aff', '{\"a\": 1}', '11111111-2222-3333-4444-555555555555'), (NULL, NULL, NULL, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL)";
        await Server.ExecuteAsync($"INSERT INTO {table} VALUES {values}");
        var schema = new ArrowSchema(
            new ArrowField("b", ArrowType.Boolean), new ArrowField("i", ArrowType.Int32), new ArrowField("d", ArrowType.Float64), new ArrowField("n", ArrowType.Decimal128(9, 2)), new ArrowField("t", ArrowType.Utf8),
            new ArrowField("ts", ArrowType.Timestamp(TimeUnit.Microsecond)), new ArrowField("tz", ArrowType.Timestamp(TimeUnit.Microsecond, "UTC")), new ArrowField("da", ArrowType.Date32), new ArrowField("ti", ArrowType.Time64(TimeUnit.Microsecond)),
            new ArrowField("by", ArrowType.Binary), new ArrowField("j", ArrowType.Utf8), new ArrowField("u", ArrowType.Utf8), EventTime.Field);
        var source = Source(new PostgresSourceConfig { Table = table, Slot = table, Publication = table }, schema);
        var rows = new WatchedRows(2);
        await RunAsync(
            source,
            rows,
            1,
            null,
            async runner =>
            {
                await rows.Reached;
                await Server.ExecuteAsync($"INSERT INTO {table} VALUES {values}");
                LastSeen = await runner.CheckpointAsync(thenStop: true, Token);
            },
            null,
            Token);
        var later = await ReadToTheEndAsync(source, LastSeen, 4 - rows.Lines.Count);

        var lines = rows.Lines.Concat(later).Select(line => line[..line.LastIndexOf('|')]).ToList();
        Assert.Equal(lines[..2], lines[2..]);
        Assert.StartsWith("true|-7|1.5|12.30|x|y|2026-01-02", lines[0], StringComparison.Ordinal);
        Assert.Contains("|{\"a\": 1}|11111111-2222-3333-4444-555555555555", lines[0], StringComparison.Ordinal);
        Assert.Equal("null|null|null|null||null|null|null|null|null|null|null", lines[1]);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task SlotThatWaitsForAnOpenTransaction_FailsTheJobInAWayThatMayPass_AndNamesIt()
    {
        await using var other = NpgsqlDataSource.Create($"{Server.ConnectionString};Application Name=forgotten");
        await using var connection = await other.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using var write = new NpgsqlCommand("SELECT pg_current_xact_id()", connection);
        await write.ExecuteScalarAsync(Token);
        var source = Source(new PostgresSourceConfig(), connection: $"{Server.ConnectionString};Command Timeout=1");

        var failure = await Assert.ThrowsAsync<FlowException>(() => ReadToTheEndAsync(source, null, 1));
        await transaction.RollbackAsync(Token);
        await Server.ExecuteAsync($"INSERT INTO {_name} VALUES (7)");
        var rows = await ReadToTheEndAsync(Source(new PostgresSourceConfig()), null, 1);

        Assert.Equal(FlowErrorCode.StoreUnavailable, failure.Code);
        Assert.Contains("was not made within 00:00:01", failure.Message, StringComparison.Ordinal);
        Assert.Contains("idle in transaction", failure.Message, StringComparison.Ordinal);
        Assert.Equal("7", KeyOf(Assert.Single(rows)));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ReadingWhoseCancellationWasLost_IsEndedByTheServer()
    {
        await PrepareAsync();
        await using var replication = new LogicalReplicationConnection(Server.ConnectionString);
        await replication.Open(Token);
        var processId = replication.ProcessID;
        var reader = new PostgresChangeReader(replication, _name, ["number"]);
        var changes = Channel.CreateUnbounded<PostgresChange>();

        // Nobody cancels it, as if the request had come before the statement.
        var reading = reader.ReadAsync(_name, _name, 0, changes.Writer, CancellationToken.None);
        await changes.Reader.ReadAsync(Token);
        await new PostgresReaderEnd(new NpgsqlConnectionStringBuilder(Server.ConnectionString), TimeProvider.System).WaitAsync(reading, processId);

        Assert.True(reading.IsFaulted);
        Assert.Empty(await Server.ReadAsync($"SELECT pid FROM pg_stat_activity WHERE pid = {processId}"));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ServerThatCannotBeReached_FailsTheJobInAWayThatMayPass()
    {
        var config = new PostgresSourceConfig { Connection = "Host=127.0.0.1;Port=1;Username=x", Table = "t", Slot = "s", Publication = "p" };

        var failure = await Assert.ThrowsAsync<FlowException>(() => ReadToTheEndAsync(Jobs.Op("s", PostgresSource.Kind, Schema, config), null, 1));

        Assert.Equal(FlowErrorCode.StoreUnavailable, failure.Code);
    }

    private CheckpointManifest? LastSeen { get; set; }

    private ProgramOperator Source(PostgresSourceConfig config, ArrowSchema? schema = null, string? connection = null)
    {
        config.Connection = connection ?? Server.ConnectionString;
        config.Table = config.Table.Length > 0 ? config.Table : _name;
        config.Slot = config.Slot.Length > 0 ? config.Slot : _name;
        config.Publication = config.Publication.Length > 0 ? config.Publication : _name;
        return Jobs.Op("s", PostgresSource.Kind, schema ?? Schema, config);
    }
}
