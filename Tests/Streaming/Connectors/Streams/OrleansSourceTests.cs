using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors.Streams;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Tests.Streaming.Connectors.Conformance;
using OrleansFlow.Tests.Streaming.Dataflow;
using OrleansFlow.Tests.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.Connectors.Streams;

[Conforms("orleans")]
public sealed class OrleansSourceTests : RecordSourceConformance
{
    private const int Keys = 3;
    private readonly StreamLog _log = new();
    private bool _hasStreams = true;

    protected override ArrowSchema Schema { get; } = new(new ArrowField("number", ArrowType.Int64));

    protected override int RowCount => 20_000;

    protected override uint ParallelismAfterwards => Keys;

    protected override OperatorRegistry Operators() => new OperatorRegistry().AddKnown(_hasStreams ? _log : null);

    protected override Task<ProgramOperator> PrepareAsync()
    {
        for (var key = 0; key < Keys; key++)
        {
            _log.Add($"k{key}", [.. Enumerable.Range(0, RowCount).Where(number => number % Keys == key).Select(number => $"{{\"number\":{number}}}"), null]);
        }

        return Task.FromResult(Source(new FormatConfig { Kind = FormatKind.Json }, "k0", "k1", "k2"));
    }

    protected override Task<ProgramOperator> PrepareBadAsync(bool drops)
    {
        _log.Add("k", "{\"number\":0}", "{\"number\":1}", "nonsense", "{\"number\":2}", "{\"number\":3}", null);
        return Task.FromResult(Source(new FormatConfig { Kind = FormatKind.Json, DropsBadData = drops }, "k"));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Subscriptions_EndWithTheJob()
    {
        await ReadToTheEndAsync(await PrepareAsync(), null, RowCount);

        Assert.Equal(0, _log.Open);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task EventsThatAreNoLongerKept_EndTheJob_OrAreReported()
    {
        _log.Add("k", "{\"number\":0}", "{\"number\":1}", null);
        _log.Dropped = 1;
        var told = new List<string>();

        var failure = await Assert.ThrowsAsync<FlowException>(() => ReadToTheEndAsync(Source(new FormatConfig { Kind = FormatKind.Json }, "k"), null, 1));
        var rows = await ReadToTheEndAsync(Source(new FormatConfig { Kind = FormatKind.Json }, skipsGaps: true, "k"), null, 1, told: told);

        Assert.Equal(FlowErrorCode.DataFileMissing, failure.Code);
        Assert.Equal("Source 's' misses events of stream p/ns/k: those behind its checkpoint are no longer kept (gone). With on_gap = 'skip' it goes on with the oldest that is kept.", failure.Message);
        Assert.Equal(["1"], rows);
        Assert.StartsWith("Source 's' misses events", Assert.Single(told), StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task WorkerWithoutStreams_SaysWhereThereAreSome()
    {
        var source = await PrepareAsync();
        _hasStreams = false;

        foreach (var run in new Func<Task>[] { () => ReadToTheEndAsync(source, null, 1), () => OperatorHarness.StartAsync(new OrleansSink(new OrleansSinkConfig { Key = "k" }, streams: null), Schema) })
        {
            var failure = await Assert.ThrowsAsync<FlowException>(run);
            Assert.Equal(FlowErrorCode.Unsupported, failure.Code);
            Assert.EndsWith("streams of Orleans, and this worker has none: it runs in a silo, or in a client of one whose host says UseOrleansStreams().", failure.Message, StringComparison.Ordinal);
        }
    }

    private static OrleansSourceConfig Config(FormatConfig format, bool skipsGaps, params string[] keys) =>
        new() { Provider = "p", Namespace = "ns", Event = "bytes", Keys = { keys }, Format = format, SkipsGaps = skipsGaps };

    private ProgramOperator Source(FormatConfig format, params string[] keys) => Source(format, skipsGaps: false, keys);

    private ProgramOperator Source(FormatConfig format, bool skipsGaps, params string[] keys) => Jobs.Op("s", OrleansSource.Kind, Schema, Config(format, skipsGaps, keys));
}
