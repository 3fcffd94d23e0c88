using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Streams;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Tests.Streaming.Connectors.Conformance;
using OrleansFlow.Tests.Streaming.Dataflow;
using OrleansFlow.Tests.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.Connectors.Streams;

[Conforms("orleans")]
public sealed class OrleansSinkTests : SinkConformance
{
    private static readonly ArrowSchema Keyed = new(new ArrowField("device", ArrowType.Utf8), new ArrowField("number", ArrowType.Int64));
    private readonly StreamLog _log = new();

    protected override StreamOperator Sink() => new OrleansSink(Config("k", ""), _log);

    protected override Task<IReadOnlyList<long>> VisibleAsync() =>
        Task.FromResult<IReadOnlyList<long>>([.. _log.Of("k").Select(text => long.Parse(text["{\"number\":".Length..^1], CultureInfo.InvariantCulture))]);

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task RowsOfAKey_GoToItsStream_InTheirOrder()
    {
        await using var sink = await OperatorHarness.StartAsync(new OrleansSink(Config("", "device"), _log), Keyed);

        await sink.ProcessAsync(Batch(Enumerable.Range(0, 1_000).Select(number => ((string?)$"d{number % 3}", (long)number))));

        Assert.Equal(["d0", "d1", "d2"], _log.Keys.Order());
        Assert.Equal(Enumerable.Range(0, 1_000).Where(number => number % 3 == 1).Select(number => $"{{\"device\":\"d1\",\"number\":{number}}}"), _log.Of("d1"));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task RowWithoutAKey_EndsTheSink()
    {
        await using var sink = await OperatorHarness.StartAsync(new OrleansSink(Config("", "device"), _log), Keyed);

        var failure = await Assert.ThrowsAsync<FlowException>(async () => await sink.ProcessAsync(Batch([(null, 1L)])));

        Assert.Equal((FlowErrorCode.BadInput, "Sink 'one' has a row without a stream: its column 'device' is null or empty. Leave such rows out."), (failure.Code, failure.Message));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task StreamThatFails_EndsTheSink_SoThatTheJobBeginsAgain()
    {
        _log.Problem = new TimeoutException("too slow");
        await using var sink = await StartAsync();

        var failure = await Assert.ThrowsAsync<FlowException>(async () => await sink.ProcessAsync(Rows.Of(2)));

        Assert.Equal((FlowErrorCode.StoreUnavailable, "Sink 'one' could not publish 2 events to stream p/ns/k: too slow"), (failure.Code, failure.Message));
    }

    private static OrleansSinkConfig Config(string key, string column) => new() { Provider = "p", Namespace = "ns", Event = "bytes", Key = key, KeyColumn = column };

    private static RecordBatch Batch(IEnumerable<(string? Device, long Number)> rows)
    {
        using var builder = new RecordBatchBuilder(Keyed);
        foreach (var (device, number) in rows)
        {
            builder.AppendRow(device, number);
        }

        return builder.Build();
    }
}
