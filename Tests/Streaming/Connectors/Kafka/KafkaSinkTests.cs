using System.Globalization;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors.Kafka;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Tests.Streaming.Connectors.Conformance;
using OrleansFlow.Tests.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Connectors.Kafka;

[Conforms("kafka")]
public sealed class KafkaExactlyOnceSinkTests : ExactlyOnceSinkConformance
{
    private readonly KafkaPlaces _places = new(isExactlyOnce: true);

    protected override StreamOperator Sink() => _places.Sink();

    protected override Task<IReadOnlyList<long>> VisibleAsync() => Task.FromResult(_places.Visible());

    public override ValueTask DisposeAsync()
    {
        _places.Dispose();
        return base.DisposeAsync();
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task SinkThatDiedBehindItsCommit_IsRestoredFromBeforeIt_AndWritesNothingTwice()
    {
        OperatorState state;
        await using (var before = await StartAsync())
        {
            await before.ProcessAsync(Rows.Of(3));
            state = await CheckpointAsync(before);
            await CommitAsync(before, state);
        }

        // The state still holds the rows: only the broker knows that they are there.
        await using var after = await StartAsync(state);

        await CheckVisibleAsync(0, 1, 2);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task RowsBeyondTheBound_EndTheJob_AndTheMessageNamesTheWaysOut()
    {
        _places.HeldBytesMax = 200;
        await using var sink = await StartAsync();

        var failure = await Assert.ThrowsAsync<FlowException>(async () => await sink.ProcessAsync(Rows.Of(3)));

        Assert.Contains("sink.transaction_max_bytes", failure.Message, StringComparison.Ordinal);
    }
}

[Conforms("kafka")]
public sealed class KafkaAtLeastOnceSinkTests : SinkConformance
{
    private readonly KafkaPlaces _places = new(isExactlyOnce: false);

    protected override StreamOperator Sink() => _places.Sink();

    protected override Task<IReadOnlyList<long>> VisibleAsync() => Task.FromResult(_places.Visible());

    public override ValueTask DisposeAsync()
    {
        _places.Dispose();
        return base.DisposeAsync();
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Key_IsTheTextOfItsColumn()
    {
        await using var sink = await StartAsync();
        await sink.ProcessAsync(Rows.Of(2));
        await CheckpointAsync(sink);

        Assert.Equal(["0", "1"], _places.Kafka.ReadAll(KafkaPlaces.Topic).Select(record => record.Message.Key).Order());
    }
}

/// <summary>A topic that the numbers of a sink come to.</summary>
internal sealed class KafkaPlaces : IDisposable
{
    public const string Topic = "out";
    private readonly bool _isExactlyOnce;

    public KafkaPlaces(bool isExactlyOnce)
    {
        _isExactlyOnce = isExactlyOnce;
        Kafka.MakeTopic(Topic);
    }

    public MockKafka Kafka { get; } = new();

    public long HeldBytesMax { get; set; }

    public KafkaSink Sink() => new(new KafkaSinkConfig
    {
        Client = new KafkaClient { Servers = Kafka.Servers, Topic = Topic }, IsExactlyOnce = _isExactlyOnce, TransactionalId = "job", KeyColumn = "number", HeldBytesMax = HeldBytesMax,
    })
    {
        // The mock takes offsets of transactions and forgets them, which a broker does not.
        Committed = (group, sequence) => Kafka.KeepOffset(group, Topic, sequence),
    };

    public IReadOnlyList<long> Visible() =>
        [.. Kafka.ReadAll(Topic).Select(record => long.Parse(record.Message.Value["{\"number\":".Length..^1], CultureInfo.InvariantCulture))];

    public void Dispose() => Kafka.Dispose();
}
