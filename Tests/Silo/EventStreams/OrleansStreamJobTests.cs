using System.Text.Json;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Streams;
using Orleans.TestingHost;
using OrleansFlow.Arrow;
using OrleansFlow.Jobs;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Silo.EventStreams;
using OrleansFlow.Silo.Gateway.Jobs;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Streaming.Connectors.Streams;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Tests.Silo.Support;
using OrleansFlow.Worker.Jobs;
using StreamProgram = OrleansFlow.Protocol.Streaming.V1.Program;

namespace OrleansFlow.Tests.Silo.EventStreams;

/// <summary>Goal: what docs/streaming/connectors.md says of a silo with streams and a worker of its own. Method: such a cluster, and a job of it.</summary>
public sealed class OrleansStreamJobTests
{
    private const int WatchdogMs = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = WatchdogMs)]
    public async Task JobAtTheWorkerOfASilo_ReadsAndWritesStreamsOfATypeOfTheHost()
    {
        using var folder = new TempFolder();
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddOrleansFlow();
            silo.AddMemoryStreams("telemetry").AddMemoryGrainStorage("PubSubStore");
            silo.Services.Configure<JobOptions>(jobs => jobs.AllowedCheckpointUrls.Add(new Uri(folder.Combine("checkpoints")).AbsoluteUri));
            silo.Services.Configure<JobWorkerOptions>(jobs => jobs.Slots = 4);
            silo.Services.AddInProcessFlowWorker()
                .UseOrleansStreams()
                .AddOrleansStreamEvents<Version>(
                    "version", item => JsonSerializer.SerializeToUtf8Bytes(new { major = item.Major, minor = item.Minor }),
                    record => JsonDocument.Parse(record).RootElement is var json ? new Version(json.GetProperty("major").GetInt32(), json.GetProperty("minor").GetInt32()) : new Version());
        });
        builder.ConfigureClient(client => client.AddMemoryStreams("telemetry"));
        await using var cluster = builder.Build();
        await cluster.DeployAsync(Token);
        var streams = cluster.Client.GetStreamProvider("telemetry");
        var heard = new StreamResults();
        await streams.GetStream<Version>(StreamId.Create("out", "k-2")).SubscribeAsync((item, _) =>
        {
            heard.Add(item.ToString());
            return Task.CompletedTask;
        });
        var job = cluster.Client.GetGrain<IStreamJobGrain>("versions");

        await job.SubmitAsync(new StreamJobSubmission { Program = ProgramChaining.Chain(Program()).ToByteArray(), CheckpointUrl = new Uri(folder.Combine("checkpoints")).AbsoluteUri }, Token);
        while (!heard.Lines.Contains("3.7"))
        {
            // Before the job has subscribed, nobody hears.
            await streams.GetStream<Version>(StreamId.Create("in", "a")).OnNextAsync(new Version(3, 7));
            var view = await job.GetAsync(Token);
            Assert.DoesNotContain("fail", view!.Status, StringComparison.OrdinalIgnoreCase);
            await Task.Yield();
        }

        await job.StopAsync(StreamJobStopMode.Checkpoint, Token);
    }

    private static StreamProgram Program()
    {
        var schema = new ArrowSchema(new ArrowField("major", ArrowType.Int32), new ArrowField("minor", ArrowType.Int32));
        var format = new FormatConfig { Kind = FormatKind.Json };
        var source = new OrleansSourceConfig { Provider = "telemetry", Namespace = "in", Keys = { "a", "b" }, Event = "version", Format = format };
        var sink = new OrleansSinkConfig { Provider = "telemetry", Namespace = "out", Key = "k-2", Event = "Version", Rows = new RowSinkConfig { Format = format } };
        return new StreamProgram
        {
            Nodes =
            {
                new ProgramNode { Id = 1, Parallelism = 2, Chain = { new ProgramOperator { Id = "s", Kind = OrleansSource.Kind, Config = source.ToByteString(), OutputSchema = ProgramSchema.Write(schema) } } },
                new ProgramNode { Id = 2, Parallelism = 1, Chain = { new ProgramOperator { Id = "k", Kind = OrleansSink.Kind, Config = sink.ToByteString() } } },
            },
            Edges = { new ProgramEdge { Source = 1, Target = 2, Kind = EdgeKind.Shuffle } },
        };
    }
}
