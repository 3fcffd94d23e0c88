using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansFlow.Arrow;
using OrleansFlow.Artifacts;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;
using OrleansFlow.Silo.Gateway.Flight;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>Results that workers give out themselves, and the gateway for whoever cannot reach them.</summary>
public sealed class PastGatewayTests
{
    private const int TimeoutMs = 60_000;
    private const string Graph = """{"name":"numbers","nodes":[{"id":"scan","role":"numbers","params":{"batches":3,"rows":10}}]}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static RpcCallOptions Call => new(CancellationToken: Token);

    private static IEnumerable<long> Expected => Enumerable.Range(0, 30).Select(value => (long)value);

    [Fact(Timeout = TimeoutMs)]
    public async Task Result_NamesTheWorkerThenTheGateway_AndBothHaveIt()
    {
        await using var silo = await RunningSilo.StartAsync(options => options.WorkerSlots = 0);
        await using var worker = await RemoteWorker.StartAsync(silo, "remote");
        var run = await RunAsync(silo);

        var info = await silo.Flight.GetFlightInfoAsync(FlightDescriptor.ForPath(run.Value, "scan"), Call);

        var endpoint = Assert.Single(info.Endpoints);
        Assert.Equal(2, endpoint.Locations.Count);
        Assert.Equal(silo.Host.Endpoints.GrpcUrl.Replace("http://", "grpc+tcp://", StringComparison.Ordinal), endpoint.Locations[1]);
        Assert.True(endpoint.ExpiresAtUtc > TimeProvider.System.GetUtcNow());
        Assert.True(info.IsOrdered);

        // The worker asks for nothing but the ticket.
        await using var direct = RpcChannel.ForAddress("http://" + new Uri(endpoint.Locations[0]).Authority);
        Assert.Equal(Expected, await ReadAsync(new FlightClient(direct).DoGet(endpoint.Ticket, Call)));
        Assert.Equal(Expected, await ReadAsync(silo.Flight.DoGet(endpoint.Ticket, Call)));
        await using var result = await silo.Client.GetResultAsync(run, "scan", Token);
        Assert.Equal(Expected, await ReadAsync(result.ReadBatchesAsync(Token)));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Result_OfAWorkerThatHasGone_ComesFromTheGateway()
    {
        await using var silo = await RunningSilo.StartAsync(options => options.WorkerSlots = 0);
        var worker = await RemoteWorker.StartAsync(silo, "remote");
        var run = await RunAsync(silo);
        await using var result = await silo.Client.GetResultAsync(run, "scan", Token);
        await worker.DisposeAsync();

        Assert.Equal(Expected, await ReadAsync(result.ReadBatchesAsync(Token)));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Result_ThatTheGatewayDoesNotSee_PassesThroughItFromTheWorker()
    {
        await using var silo = await RunningSilo.StartAsync(options =>
        {
            options.WorkerSlots = 0;
            options.ConfigureServices = services => services.Replace(ServiceDescriptor.Singleton<IArtifactStore>(new BlindStore()));
        });
        await using var worker = await RemoteWorker.StartAsync(silo, "remote");
        var run = await RunAsync(silo);
        var info = await silo.Flight.GetFlightInfoAsync(FlightDescriptor.ForPath(run.Value, "scan"), Call);

        Assert.Equal(NumbersHandler.Schema, info.Schema);
        Assert.Equal(Expected, await ReadAsync(silo.Flight.DoGet(info.Endpoints[0].Ticket, Call)));
        await worker.DisposeAsync();
        var failure = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(silo.Flight.DoGet(info.Endpoints[0].Ticket, Call)));
        Assert.True(RpcStatusDetails.TryGetErrorInfo(failure.Status, out var reason));
        Assert.Equal("artifact_lost", reason.Reason);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Result_WithoutAWorkerThatServes_NamesTheGatewayAlone()
    {
        await using var silo = await RunningSilo.StartAsync(options => options.WorkerSlots = 0);
        await using var worker = await RemoteWorker.StartAsync(silo, "remote", data => data.Enabled = false);
        var run = await RunAsync(silo);
        var info = await silo.Flight.GetFlightInfoAsync(FlightDescriptor.ForPath(run.Value, "scan"), Call);

        Assert.Equal([silo.Host.Endpoints.GrpcUrl.Replace("http://", "grpc+tcp://", StringComparison.Ordinal)], info.Endpoints[0].Locations);
        Assert.Equal(Expected, await ReadAsync(silo.Flight.DoGet(info.Endpoints[0].Ticket, Call)));
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData("ipv4:127.0.0.1:50000", true)]
    [InlineData("ipv6:[::1]:50000", true)]
    [InlineData("unix:", true)]
    [InlineData("ipv4:10.0.0.7:50000", false)]
    public async Task WorkerOnLoopback_IsNamedToCallersOfThisHostOnly(string peer, bool isNamed)
    {
        await using var silo = await RunningSilo.StartAsync(options => options.WorkerSlots = 0);
        await using var worker = await RemoteWorker.StartAsync(silo, "remote");

        Assert.Equal(isNamed ? 1 : 0, (await silo.Host.Services.GetRequiredService<WorkerLocations>().FindAsync(peer, Token)).Count);
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(8_000, true)]
    [InlineData(9_000, false)]
    public async Task Upload_AboveTheGatewaysMessageLimit_IsRefused(int rows, bool isTaken)
    {
        await using var silo = await RunningSilo.StartAsync(options =>
            options.ConfigureServices = services => services.Configure<FlightGatewayOptions>(flight => flight.MessageBytesMax = FlightOptions.MessageBytesMinLimit));

        var upload = UploadAsync(silo, rows);
        if (isTaken)
        {
            await upload;
        }
        else
        {
            var failure = await Assert.ThrowsAsync<RpcException>(() => upload);
            Assert.Equal(RpcStatusCode.ResourceExhausted, failure.Code);
            Assert.Contains("65536", failure.Status.Message, StringComparison.Ordinal);
        }
    }

    private static async Task UploadAsync(RunningSilo silo, int rows)
    {
        await foreach (var _ in silo.Flight.DoPutAsync(FlightDescriptor.ForPath("uploads", "limited"), NumbersHandler.Schema, BatchAsync(), Call))
        {
            // The acknowledgement.
        }

        async IAsyncEnumerable<RecordBatch> BatchAsync()
        {
            await Task.CompletedTask;
            yield return NumbersHandler.Batch(0, rows);
        }
    }

    private static async Task<RunId> RunAsync(RunningSilo silo)
    {
        var run = await silo.Client.SubmitGraphAsync(Graph, cancellationToken: Token);
        await silo.Client.WaitForRunAsync(run, Token);
        return run;
    }

    private static async Task<List<long>> ReadAsync(IAsyncEnumerable<RecordBatch> batches)
    {
        var values = new List<long>();
        await foreach (var batch in batches.WithCancellation(Token))
        {
            using (batch)
            {
                values.AddRange(batch.Column<Int64Array>(0).Values);
            }
        }

        return values;
    }

    /// <summary>The artifacts lie where this silo does not look.</summary>
    private sealed class BlindStore : IArtifactStore
    {
        public ValueTask<StoredArtifact> WriteAsync(TaskId task, long epoch, int index, RecordBatch batch, CancellationToken cancellationToken) => throw new NotSupportedException();

        public IArtifactReader OpenRead(string path) => throw new FlowException(FlowErrorCode.ArtifactLost, $"Artifact '{path}' is not here.");
    }
}
