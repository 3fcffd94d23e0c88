using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Streams;
using Orleans.TestingHost;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Silo.EventStreams;
using OrleansFlow.Streaming.Connectors.Streams;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;
using StreamProgram = OrleansFlow.Protocol.Streaming.V1.Program;

namespace OrleansFlow.Tests.Silo.EventStreams;

/// <summary>
/// Goal: a job reads and writes streams of a grain runtime, and goes on behind its checkpoint. Method: memory streams of a cluster, and the job beside its client or in its silo, as the
/// two hosts that have streams; what comes out is read by a client of its own.
/// </summary>
public sealed class OrleansStreamsTests : IAsyncLifetime
{
    private const string Provider = "memory";
    private const int WatchdogMs = 60_000;
    private static readonly ArrowSchema Schema = new(new ArrowField("id", ArrowType.Int64));
    private readonly MemoryStateBackend _state = new();
    private InProcessTestCluster _cluster = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IStreamProvider Streams => _cluster.Client.GetStreamProvider(Provider);

    public async ValueTask InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) => silo.AddMemoryStreams(Provider).AddMemoryGrainStorage("PubSubStore"));
        builder.ConfigureClient(client => client.AddMemoryStreams(Provider));
        _cluster = builder.Build();
        await _cluster.DeployAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        _state.Dispose();
        await _cluster.DisposeAsync();
    }

    [Theory(Timeout = WatchdogMs)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Job_ReadsAStreamAndWritesAnother_AndGoesOnBehindItsCheckpoint(bool isClient)
    {
        var results = await ListenAsync("out");
        var program = Program("in", "out", "bytes");
        CheckpointManifest checkpoint;
        await using (var first = new LocalRunner(Setup(program, isClient)))
        {
            var running = first.RunAsync(Token);
            await PublishUntilAsync("in", results, running);
            await PublishAsync("in", 1, 2, 3);
            await UntilAsync(results, "{\"id\":3}", running);
            checkpoint = await first.CheckpointAsync(thenStop: true, Token);
            await running;
        }

        // While no job runs.
        await PublishAsync("in", 4, 5);
        await using (var second = new LocalRunner(Setup(program, isClient), checkpoint))
        {
            var running = second.RunAsync(Token);
            await UntilAsync(results, "{\"id\":5}", running);
            await PublishAsync("in", 6);
            await UntilAsync(results, "{\"id\":6}", running);
            await second.StopAsync(StopMode.Graceful, Token);
            await running;
        }

        Assert.Equal(Enumerable.Range(1, 6).Select(id => $"{{\"id\":{id}}}"), results.Lines.Where(line => line != "{\"id\":0}"));
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task EventsOfATypeOfTheHost_AreRecordsOfTheTablesFormat()
    {
        var results = new StreamResults();
        await Streams.GetStream<Guid>(StreamId.Create("ns", "out")).SubscribeAsync((item, _) =>
        {
            results.Add(item.ToString("N"));
            return Task.CompletedTask;
        });
        var program = Program("in", "out", "guids");
        await using var runner = new LocalRunner(Setup(program, isClient: true));
        var running = runner.RunAsync(Token);

        while (results.Lines.Count == 0)
        {
            // Before the job has subscribed, nobody hears.
            await Streams.GetStream<Guid>(StreamId.Create("ns", "in")).OnNextAsync(new Guid(0, 0, 7, new byte[8]));
            Assert.False(running.IsCompleted, $"The job ended: {running.Exception}");
            await Task.Yield();
        }

        await runner.StopAsync(StopMode.Graceful, Token);
        await running;
        Assert.All(results.Lines, one => Assert.Equal("00000000000000070000000000000000", one));
    }

    [Theory(Timeout = WatchdogMs)]
    [InlineData("nowhere", "bytes", "this worker's host has no stream provider 'nowhere' (option provider)")]
    [InlineData(Provider, "order", "this worker's host has no events 'order' (option event); it has: bytes, guids, text.")]
    public async Task ProviderOrEventsThatTheHostDoesNotHave_EndTheJob(string provider, string kind, string problem)
    {
        await using var runner = new LocalRunner(Setup(Program("in", "out", kind, provider), isClient: true));

        var failure = await Assert.ThrowsAsync<FlowException>(() => runner.RunAsync(Token));

        Assert.Equal(FlowErrorCode.BadOption, failure.Code);
        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
    }

    private static StreamProgram Program(string from, string to, string kind, string provider = Provider)
    {
        var format = new FormatConfig { Kind = FormatKind.Json };
        var source = new OrleansSourceConfig { Provider = provider, Namespace = "ns", Keys = { from }, Event = kind, Format = format };
        var sink = new OrleansSinkConfig { Provider = provider, Namespace = "ns", Key = to, Event = kind, Rows = new RowSinkConfig { Format = format } };
        return new StreamProgram
        {
            Nodes =
            {
                new ProgramNode { Id = 1, Parallelism = 1, Chain = { new ProgramOperator { Id = "s", Kind = OrleansSource.Kind, Config = source.ToByteString(), OutputSchema = ProgramSchema.Write(Schema) } } },
                new ProgramNode { Id = 2, Parallelism = 1, Chain = { new ProgramOperator { Id = "k", Kind = OrleansSink.Kind, Config = sink.ToByteString() } } },
            },
            Edges = { new ProgramEdge { Source = 1, Target = 2, Kind = EdgeKind.Forward } },
        };
    }

    private StreamEngineSetup Setup(StreamProgram program, bool isClient)
    {
        var services = isClient ? _cluster.Client.ServiceProvider : _cluster.GetSiloServiceProvider();
        OrleansStreamEvents[] events =
        [
            new OrleansStreamEvents<byte[]>("bytes", static item => item, static record => record.ToArray()), new OrleansStreamEvents<string>("text", static item => Encoding.UTF8.GetBytes(item), static record => Encoding.UTF8.GetString(record.Span)),
            new OrleansStreamEvents<Guid>(
                "guids", static item => JsonSerializer.SerializeToUtf8Bytes(new { id = item.ToByteArray(bigEndian: true)[7] }),
                static record => new Guid(0, 0, (short)JsonDocument.Parse(record).RootElement.GetProperty("id").GetInt32(), new byte[8])),
        ];
        var streams = new OrleansStreams(services, services.GetRequiredService<Serializer>(), events);
        return new StreamEngineSetup { Program = program, Operators = new OperatorRegistry().AddKnown(streams), State = _state };
    }

    private async Task<StreamResults> ListenAsync(string key)
    {
        var results = new StreamResults();
        await Streams.GetStream<byte[]>(StreamId.Create("ns", key)).SubscribeAsync((item, _) =>
        {
            results.Add(Encoding.UTF8.GetString(item));
            return Task.CompletedTask;
        });
        return results;
    }

    private async Task PublishAsync(string key, params int[] ids) =>
        await Streams.GetStream<byte[]>(StreamId.Create("ns", key)).OnNextBatchAsync(ids.Select(id => Encoding.UTF8.GetBytes($"{{\"id\":{id}}}")));

    /// <summary>Publishes zeros until one has come through: from then on the job is subscribed.</summary>
    private async Task PublishUntilAsync(string key, StreamResults results, Task running)
    {
        while (!results.Lines.Contains("{\"id\":0}"))
        {
            await PublishAsync(key, 0);
            Assert.False(running.IsCompleted, $"The job ended: {running.Exception}");
            await Task.Yield();
        }
    }

    private static async Task UntilAsync(StreamResults results, string line, Task running)
    {
        var arrived = results.Until(line);
        await Task.WhenAny(arrived, running).WaitAsync(Token);
        Assert.True(arrived.IsCompleted, $"The job ended: {running.Exception}");
    }
}
