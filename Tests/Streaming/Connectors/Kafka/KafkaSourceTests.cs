using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors.Kafka;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Tests.Streaming.Connectors.Conformance;
using OrleansFlow.Tests.Streaming.Dataflow;
using OrleansFlow.Tests.Streaming.Sql;
using OrleansFlow.Tests.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Connectors.Kafka;

[Conforms("kafka")]
public sealed class KafkaSourceTests : RecordSourceConformance
{
    private const string Topic = "numbers";
    private readonly MockKafka _kafka = new();

    protected override ArrowSchema Schema { get; } = new(new ArrowField("number", ArrowType.Int64), EventTime.Field);

    protected override int RowCount => 8_000;

    protected override bool IsEndless => true;

    protected override uint ParallelismAfterwards => 3;

    protected override string KeyOf(string line) => line.Split('|')[0];

    protected override Task<ProgramOperator> PrepareAsync()
    {
        var partitions = _kafka.MakeTopic(Topic);
        for (var number = 0; number < RowCount; number++)
        {
            _kafka.Send(Topic, number % partitions, $"{{\"number\":{number}}}", timeMillis: number + 1);
        }

        _kafka.Flush();
        return Task.FromResult(Source(new KafkaSourceConfig()));
    }

    protected override Task<ProgramOperator> PrepareBadAsync(bool drops)
    {
        _kafka.MakeTopic(Topic);
        foreach (var value in (string[])["{\"number\":0}", "{\"number\":1}", "nonsense", "{\"number\":2}", "{\"number\":3}"])
        {
            _kafka.Send(Topic, 0, value);
        }

        _kafka.Flush();
        return Task.FromResult(Source(new KafkaSourceConfig { Format = new FormatConfig { Kind = FormatKind.Json, DropsBadData = drops } }));
    }

    public override ValueTask DisposeAsync()
    {
        _kafka.Dispose();
        return base.DisposeAsync();
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task EventTime_IsThatOfTheRecord_AlsoBehindABadOne()
    {
        _kafka.MakeTopic(Topic);
        _kafka.Send(Topic, 0, "{\"number\":1}", timeMillis: 1_000);
        _kafka.Send(Topic, 0, "{\"number\":\"x\"}", timeMillis: 2_000);
        _kafka.Send(Topic, 0, "{\"number\":3}", timeMillis: 3_000);
        _kafka.Flush();

        var rows = await ReadToTheEndAsync(Source(new KafkaSourceConfig { Format = new FormatConfig { Kind = FormatKind.Json, DropsBadData = true } }), null, 2);

        Assert.Equal(2, rows.Count);
        Assert.Contains("00:00:01", rows[0], StringComparison.Ordinal);
        Assert.Contains("00:00:03", rows[1], StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task LatestStart_IsDecidedOnce_AndARestartLosesNothing()
    {
        _kafka.MakeTopic(Topic);
        _kafka.Send(Topic, 0, "{\"number\":1}");
        _kafka.Flush();
        var source = Source(new KafkaSourceConfig { Start = KafkaStart.Latest });
        Assert.Empty(await ReadToTheEndAsync(source, null, 0));
        _kafka.Send(Topic, 0, "{\"number\":2}");
        _kafka.Send(Topic, 1, "{\"number\":3}");
        _kafka.Flush();

        var rows = await ReadToTheEndAsync(source, LastCheckpoint, 2);

        Assert.Equal(["2", "3"], rows.Select(KeyOf).Order());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task MoreSubtasksThanPartitions_StillReadAll()
    {
        var source = await PrepareAsync();

        Assert.Equal(RowCount, (await ReadToTheEndAsync(source, null, RowCount, parallelism: 6)).Count);
    }

    [Theory]
    [InlineData("topic = 't'", "needs the option bootstrap_servers")]
    [InlineData("bootstrap_servers = 'b:1'", "needs the option topic")]
    [InlineData("bootstrap_servers = 'b:1', topic = 't', source.offset = 'group'", "needs source.group_id")]
    [InlineData("bootstrap_servers = 'b:1', topic = 't', source.offset = 'middle'", "it is one of: earliest, latest, group")]
    [InlineData("bootstrap_servers = 'b:1', topic = 't', kafka.isolation.level = 'read_committed'", "kafka.isolation.level is decided by the connector")]
    [InlineData("bootstrap_servers = 'b:1', topic = 't', kafkas = 'x'", "has no option kafkas")]
    public async Task WrongOption_IsToldWhenTheTextIsPlanned(string options, string problem)
    {
        await using var engine = await EngineInstance.OpenAsync(null, Token);

        var failure = await Assert.ThrowsAsync<FlowException>(() => StreamJobRun.RunAsync(
            $"CREATE TABLE t (n BIGINT) WITH (connector = 'kafka', {options}); SELECT * FROM t;", new WindowEvents(0, 0), engine, parallelism: 1, Token));

        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WrongProperty_IsToldByItsName_WithoutItsValue()
    {
        var client = new KafkaClient { Servers = _kafka.Servers, Topic = Topic, Properties = { ["sasl.pasword"] = "hunter2" } };

        var failure = Assert.Throws<FlowException>(() => new KafkaReader(new KafkaSourceConfig { Client = client }, "s", TimeProvider.System));

        Assert.Equal(FlowErrorCode.BadOption, failure.Code);
        Assert.Contains("kafka.sasl.pasword", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", failure.ToString(), StringComparison.Ordinal);
    }

    private ProgramOperator Source(KafkaSourceConfig config)
    {
        config.Client = new KafkaClient { Servers = _kafka.Servers, Topic = Topic };
        config.Format ??= new FormatConfig { Kind = FormatKind.Json };
        return Jobs.Op("s", KafkaSource.Kind, Schema, config);
    }
}
