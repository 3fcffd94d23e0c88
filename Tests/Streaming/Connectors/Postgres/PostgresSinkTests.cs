using System.Globalization;
using Npgsql;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Postgres;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Tests.Streaming.Connectors.Conformance;
using OrleansFlow.Tests.Streaming.Dataflow;
using OrleansFlow.Tests.Streaming.Sql;
using OrleansFlow.Tests.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Connectors.Postgres;

[Conforms("postgres")]
public sealed class PostgresSinkTests(LogicalPostgres postgres) : ExactlyOnceSinkConformance
{
    private readonly string _name = postgres.NewName();
    private NpgsqlDataSource? _server;

    private NpgsqlDataSource Server => _server!;

    public override async ValueTask InitializeAsync()
    {
        _server = await postgres.OpenAsync(Token);
        await Server.ExecuteAsync($"CREATE TABLE {_name} (number bigint)");
    }

    public override async ValueTask DisposeAsync()
    {
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        await base.DisposeAsync();
    }

    protected override StreamOperator Sink() =>
        new PostgresSink(new PostgresSinkConfig { Connection = Server.ConnectionString, Table = _name, StagingTable = _name + "_staged", Columns = { "number" } });

    protected override async Task<IReadOnlyList<long>> VisibleAsync() =>
        [.. (await Server.ReadAsync($"SELECT number FROM {_name}")).Select(number => long.Parse(number, CultureInfo.InvariantCulture))];

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task RowsThatTheTableRefuses_FailTheCommit_AndStayStaged()
    {
        await Server.ExecuteAsync($"ALTER TABLE {_name} ADD CHECK (number < 2)");
        await using var sink = await StartAsync();
        await sink.ProcessAsync(Rows.Of(3));
        var state = await CheckpointAsync(sink);

        var failure = await Assert.ThrowsAsync<FlowException>(() => CommitAsync(sink, state));

        Assert.Equal(FlowErrorCode.BadOption, failure.Code);
        Assert.Contains("violates check constraint", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["3"], await Server.ReadAsync($"SELECT count(*) FROM {_name}_staged"));
        await CheckVisibleAsync();
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task TableThatIsNotThere_FailsTheStart()
    {
        var sink = new PostgresSink(new PostgresSinkConfig { Connection = Server.ConnectionString, Table = "none", StagingTable = "none_staged", Columns = { "number" } });

        var failure = await Assert.ThrowsAsync<FlowException>(() => OrleansFlow.Tests.Streaming.Operators.OperatorHarness.StartAsync(sink, Rows.Numbers));

        Assert.Equal(FlowErrorCode.BadOption, failure.Code);
        Assert.Contains("\"public.none\" does not exist", failure.Message, StringComparison.Ordinal);
        await sink.DisposeAsync();
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task TextReadsOneTableAndWritesAnother()
    {
        var target = postgres.NewName();
        await Server.ExecuteAsync($"CREATE TABLE {target} (k text, n bigint, at timestamp, d date)");
        await using var engine = await EngineInstance.OpenAsync(null, Token);

        await StreamJobRun.RunAsync(
            $"""
            CREATE TABLE numbers (counter BIGINT, subtask_index BIGINT) WITH (connector = 'impulse', message_count = '1000', event_time_interval_ms = '1');
            CREATE TABLE out (k TEXT, n BIGINT, at TIMESTAMP, d DATE) WITH (connector = 'postgres', connection = '{Server.ConnectionString}', table = '{target}');
            INSERT INTO out SELECT CASE WHEN counter % 2 = 0 THEN 'a,"b' ELSE '' END, counter, make_timestamp(counter), NULL FROM numbers;
            """,
            new WindowEvents(0, 0),
            engine,
            parallelism: 2,
            Token);

        Assert.Equal(["1000|500|500|499500|1970-01-01 00:00:00.000999|0"], await Server.ReadAsync($"SELECT concat_ws('|', count(*), count(*) FILTER (WHERE k = 'a,\"b'), count(*) FILTER (WHERE k = ''), sum(n), max(at), count(d)) FROM {target}"));
    }

    [Theory]
    [InlineData("table = 't', slot = 's'", "needs the option connection")]
    [InlineData("connection = 'Host=x', slot = 's'", "needs the option table")]
    [InlineData("connection = 'Host=x', table = 't'", "needs the option slot")]
    [InlineData("connection = 'Host=x', table = 'a.b.c', slot = 's'", "the option table is 'a.b.c'; it is schema.table")]
    [InlineData("connection = 'Host=x', table = 't', slot = 'S'", "the option slot is 'S'; it has up to 63 small letters, digits and _")]
    [InlineData("connection = 'Host=x', table = 't', slot = 's', snapshot = 'maybe'", "it is one of: initial, never")]
    [InlineData("connection = 'Host=x', table = 't', slot = 's', on_change = 'maybe'", "it is one of: fail, skip")]
    public async Task WrongOption_IsToldWhenTheTextIsPlanned(string options, string problem)
    {
        await using var engine = await EngineInstance.OpenAsync(null, Token);

        var failure = await Assert.ThrowsAsync<FlowException>(() => StreamJobRun.RunAsync(
            $"CREATE TABLE t (n BIGINT) WITH (connector = 'postgres', {options}); SELECT * FROM t;", new WindowEvents(0, 0), engine, parallelism: 1, Token));

        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
    }
}
