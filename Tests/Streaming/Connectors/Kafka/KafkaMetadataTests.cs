using Confluent.Kafka;
using OrleansFlow.Engine;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Execution;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Tests.Streaming.Connectors.Conformance;
using OrleansFlow.Tests.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Connectors.Kafka;

/// <summary>Goal: what Kafka knows of a record comes with its rows, by the columns that a table declares.</summary>
public sealed class KafkaMetadataTests : IDisposable
{
    private const string Topic = "orders";
    private const string Columns = """
        topic TEXT METADATA FROM 'topic', n BIGINT, partition INT METADATA FROM 'partition', place BIGINT METADATA FROM 'offset', same BIGINT METADATA FROM 'offset_id',
        sent TIMESTAMP METADATA FROM 'timestamp', millis BIGINT METADATA FROM 'timestamp', key TEXT METADATA FROM 'key', bytes BYTEA METADATA FROM 'key'
        """;

    private readonly MockKafka _kafka = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _kafka.Dispose();

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task EachKey_IsThatOfTheRecord_AlsoBehindABadOne()
    {
        _kafka.MakeTopic(Topic);
        _kafka.Send(Topic, 0, "{\"n\":1}", timeMillis: 1_500, key: "a"u8.ToArray());
        _kafka.Send(Topic, 0, "nonsense", timeMillis: 2_000, key: "bad"u8.ToArray());
        _kafka.Send(Topic, 0, "{\"n\":3}", timeMillis: 3_000);
        _kafka.Send(Topic, 0, "{\"n\":4}", timeMillis: 4_000, key: [0xFF, 0x00]);
        _kafka.Send(Topic, 0, "{\"n\":5}", timeMillis: 5_000, key: "\u00e9"u8.ToArray());
        _kafka.Flush();

        var rows = await ReadAsync(Columns, 3);

        Assert.Equal(
        [
            "orders|1|0|0|0|1970-01-01T00:00:01.500000|1500|a|61",
            "orders|3|0|2|2|1970-01-01T00:00:03|3000|null|null",
            "orders|5|0|4|4|1970-01-01T00:00:05|5000|\u00e9|C3A9",
        ], rows.Select(Shown));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task KeyAsBytes_TakesAnyKey()
    {
        _kafka.MakeTopic(Topic);
        _kafka.Send(Topic, 0, "{\"n\":4}", key: [0xFF, 0x00]);
        _kafka.Flush();

        var row = Assert.Single(await ReadAsync("n BIGINT, key BYTEA METADATA FROM 'key'", 1));

        Assert.Equal("4|FF00", Shown(row));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Headers_AreAnObject_AndEachByItsName()
    {
        _kafka.MakeTopic(Topic);
        _kafka.Send(Topic, 0, "{\"n\":1}", headers: new Headers { { "trace", "a\"b"u8.ToArray() }, { "hop", "1"u8.ToArray() }, { "none", null }, { "hop", [0xFF, 0x00] } });
        _kafka.Send(Topic, 0, "{\"n\":2}");
        _kafka.Send(Topic, 0, "{\"n\":3}", headers: new Headers { { "trace", [0xFF] } });
        _kafka.Send(Topic, 0, "{\"n\":4}", headers: new Headers { { "trace", "t4"u8.ToArray() } });
        _kafka.Flush();

        var rows = await ReadAsync("n BIGINT, trace TEXT METADATA FROM 'header:trace', hop BYTEA METADATA FROM 'header:hop', every TEXT METADATA FROM 'headers'", 3);

        Assert.Equal(
        [
            """1|a"b|FF00|{"trace":"a\"b","hop":["1",{"base64":"/wA="}],"none":null}""",
            "2|null|null|{}",
            """4|t4|null|{"trace":"t4"}""",
        ], rows.Select(Shown));
    }

    /// <summary>Without the event time behind it.</summary>
    private static string Shown(string row) => row[..row.LastIndexOf('|')];

    private async Task<List<string>> ReadAsync(string columns, int rowCount)
    {
        await using var engine = await EngineInstance.OpenAsync(null, Token);
        var text = $"CREATE TABLE t ({columns}) WITH (connector = 'kafka', bootstrap_servers = '{_kafka.Servers}', topic = '{Topic}', bad_data = 'drop'); SELECT * FROM t;";
        var program = await StreamPlanner.PlanAsync(text, new StreamPlanOptions { Preview = new StreamOperatorPlan("watched", null) }, Token);
        var rows = new WatchedRows(rowCount);
        await using var runner = new LocalRunner(Jobs.Setup(program, new OperatorRegistry().AddKnown().AddSql(engine).Add("watched", _ => rows.Operator())));
        var run = runner.RunAsync(Token);

        // What goes wrong in the job is told before what waits for its rows in vain.
        await await Task.WhenAny(run, rows.Reached);
        await runner.StopAsync(StopMode.Immediate, Token);
        await run;
        return rows.Lines;
    }
}
