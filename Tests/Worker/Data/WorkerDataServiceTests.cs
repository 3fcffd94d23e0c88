using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Exchange;
using OrleansFlow.Protocol;
using OrleansFlow.Rpc;
using OrleansFlow.Worker.Artifacts;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Tests.Worker.Data;

/// <summary>What a worker gives out, and to whom.</summary>
public class WorkerDataServiceTests
{
    private const int TimeoutMs = 30_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static RpcCallOptions Call => new(CancellationToken: Token);

    [Fact(Timeout = TimeoutMs)]
    public async Task DoGet_WithASignedTicket_GivesItsBatchesInOrder()
    {
        await using var server = await DataServer.StartAsync();

        Assert.Equal([0, 1, 2, 3], await ReadAsync(server.Flight.DoGet(server.Ticket(), Call)));
        Assert.Equal([3], await ReadAsync(server.Flight.DoGet(server.Ticket("run/scan/1.1-1.e1"), Call)));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task DoGet_WithTheGatewaysHeaders_GivesTheFormThatTheyAskFor()
    {
        await using var server = await DataServer.StartAsync();
        RpcMetadata headers = [], wrong = [];
        headers.Add(FlowHeaders.Compression, FlowHeaders.Lz4);
        wrong.Add(FlowHeaders.Compression, "brotli");

        Assert.Equal([0, 1, 2, 3], await ReadAsync(server.Flight.DoGet(server.Ticket(), Call with { Metadata = headers })));
        AssertFailure(
            await Assert.ThrowsAsync<RpcException>(() => ReadAsync(server.Flight.DoGet(server.Ticket(), Call with { Metadata = wrong }))), RpcStatusCode.InvalidArgument, "bad_input");
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData("exchange+unix")]
    [InlineData("exchange+tcp")]
    public async Task Exchange_WithASignedTicket_GivesTheSame(string scheme)
    {
        await using var server = await DataServer.StartAsync();
        await using var stream = await new ExchangeClient().OpenAsync(server.Exchange(scheme), server.Ticket(), cancellationToken: Token);

        Assert.Equal([0, 1, 2, 3], await ReadAsync(stream.ReadBatchesAsync(Token)));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Tickets_ThatAreNotTheClusters_AreRefusedByFlightAndByTheExchange()
    {
        await using var server = await DataServer.StartAsync();
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        foreach (var ticket in (FlightTicket[])[server.Ticket(key: foreign), server.Ticket(kind: "token"), FlightTicket.FromText("run/scan/0.0-1.e1"), FlightTicket.FromText("")])
        {
            AssertFailure(await Assert.ThrowsAsync<RpcException>(() => ReadAsync(server.Flight.DoGet(ticket, Call))), RpcStatusCode.InvalidArgument, "bad_input");
            AssertFailure(
                await Assert.ThrowsAsync<RpcException>(() => new ExchangeClient().OpenAsync(server.Exchange("exchange+unix"), ticket, cancellationToken: Token)),
                RpcStatusCode.InvalidArgument,
                "bad_input");
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Ticket_IsGoodUntilItExpires()
    {
        await using var server = await DataServer.StartAsync();
        var ticket = server.Ticket();
        server.Clock.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal([0, 1, 2, 3], await ReadAsync(server.Flight.DoGet(ticket, Call)));

        server.Clock.Advance(TimeSpan.FromMinutes(1));
        AssertFailure(await Assert.ThrowsAsync<RpcException>(() => ReadAsync(server.Flight.DoGet(ticket, Call))), RpcStatusCode.InvalidArgument, "bad_input");
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData("run/scan")]
    [InlineData("uploads/table")]
    [InlineData("../scan/0.0-1.e1")]
    [InlineData("run/scan/0.0-1")]
    public async Task Ticket_ForWhatNoWorkerServes_IsRefused(string subject)
    {
        await using var server = await DataServer.StartAsync();
        AssertFailure(await Assert.ThrowsAsync<RpcException>(() => ReadAsync(server.Flight.DoGet(server.Ticket(subject), Call))), RpcStatusCode.InvalidArgument, "bad_input");
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task LostArtifact_SaysSo_AtTheStartAndInTheMiddle()
    {
        await using var server = await DataServer.StartAsync();
        server.Forget("run/scan/1/1.e1.arrow");
        var values = new List<long>();
        AssertFailure(await Assert.ThrowsAsync<RpcException>(() => ReadAsync(server.Flight.DoGet(server.Ticket(), Call), values)), RpcStatusCode.Unavailable, "artifact_lost");
        Assert.Equal([0, 1, 2], values);

        await using var stream = await new ExchangeClient().OpenAsync(server.Exchange("exchange+tcp"), server.Ticket("run/scan/1.1-1.e1"), cancellationToken: Token);
        AssertFailure(await Assert.ThrowsAsync<RpcException>(() => ReadAsync(stream.ReadBatchesAsync(Token))), RpcStatusCode.Unavailable, "artifact_lost");
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task BeforeTheRegistration_NothingIsServed_AfterwardsItIs()
    {
        await using var server = await DataServer.StartAsync(isRegistered: false);
        await Assert.ThrowsAsync<RpcException>(() => ReadAsync(server.Flight.DoGet(server.Ticket(), Call)));

        server.Register();
        Assert.Equal([0, 1, 2, 3], await ReadAsync(server.Flight.DoGet(server.Ticket(), Call)));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task OtherMethods_AreNotOffered()
    {
        await using var server = await DataServer.StartAsync();
        var failure = await Assert.ThrowsAsync<RpcException>(() => server.Flight.GetFlightInfoAsync(FlightDescriptor.ForPath("run", "scan"), Call));
        Assert.Equal(RpcStatusCode.Unimplemented, failure.Code);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Locations_NameTheHostThatOthersUse()
    {
        await using var server = await DataServer.StartAsync(new WorkerDataOptions { PublicHost = "worker-3.example" });

        Assert.StartsWith("grpc+tcp://worker-3.example:", server.Locations[0], StringComparison.Ordinal);
        Assert.StartsWith("exchange+tcp://worker-3.example:", server.Locations[1], StringComparison.Ordinal);
        Assert.StartsWith("exchange+unix:///", server.Locations[2], StringComparison.Ordinal);
        Assert.Equal(new Uri(server.Locations[0]), DataLocations.FlightOf(string.Join(' ', server.Locations)));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Certificate_EncryptsFlightAndTheExchange()
    {
        using var folder = new PfxFile();
        await using var server = await DataServer.StartAsync(new WorkerDataOptions { TlsCertificatePath = folder.Path, TlsCertificatePassword = PfxFile.Password });
        var tls = new System.Net.Security.SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == folder.Thumbprint };

        Assert.Equal(["grpc+tls", "exchange+tls", "exchange+unix"], server.Locations.Select(location => new Uri(location).Scheme));
        await using var channel = RpcChannel.ForAddress(DataLocations.HttpOf(new Uri(server.Locations[0])), new RpcChannelOptions { Tls = tls });
        Assert.Equal([0, 1, 2, 3], await ReadAsync(new FlightClient(channel).DoGet(server.Ticket(), Call)));
        await using var stream = await new ExchangeClient(new ExchangeClientOptions { Tls = tls }).OpenAsync(server.Exchange("exchange+tls"), server.Ticket(), cancellationToken: Token);
        Assert.Equal([0, 1, 2, 3], await ReadAsync(stream.ReadBatchesAsync(Token)));

        // Without trust in the certificate nothing is sent.
        var stranger = await Assert.ThrowsAsync<RpcException>(() => new ExchangeClient().OpenAsync(server.Exchange("exchange+tls"), server.Ticket(), cancellationToken: Token));
        Assert.Equal(RpcStatusCode.Unavailable, stranger.Code);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Certificate_ThatIsNone_IsABadOption()
    {
        using var folder = new PfxFile();
        await using var service = new WorkerDataService(
            new WorkerDataOptions { TlsCertificatePath = folder.Path, TlsCertificatePassword = "wrong" }, "w", root => new SharedFolderArtifactStore(root), TimeProvider.System, NullLoggerFactory.Instance);
        Assert.Equal(FlowErrorCode.BadOption, (await Assert.ThrowsAsync<FlowException>(() => service.StartAsync(Token))).Code);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task SocketFolder_TooLongForASocket_LeavesTcp()
    {
        await using var server = await DataServer.StartAsync(new WorkerDataOptions { SocketFolder = Path.Combine(Path.GetTempPath(), new string('x', 100)) });

        Assert.Equal(["grpc+tcp", "exchange+tcp"], server.Locations.Select(location => new Uri(location).Scheme));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Disabled_ServesNothingAndHasNoAddress()
    {
        await using var server = await DataServer.StartAsync(new WorkerDataOptions { Enabled = false });

        Assert.Empty(server.Locations);
        Assert.Null(DataLocations.FlightOf(""));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Port_ThatAnotherHas_IsPortInUse()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        foreach (var options in (WorkerDataOptions[])[new() { Port = port }, new() { ExchangePort = port }])
        {
            await using var service = new WorkerDataService(options, "w", root => new SharedFolderArtifactStore(root), TimeProvider.System, NullLoggerFactory.Instance);
            var failure = await Assert.ThrowsAsync<FlowException>(() => service.StartAsync(Token));
            Assert.Equal(FlowErrorCode.PortInUse, failure.Code);
        }
    }

    [Fact]
    public void FlightLimits_AreNone() => Assert.Equal(FlightOptions.NoMessageLimit, WorkerDataService.FlightLimits.MessageBytesMax);

    [Theory]
    [InlineData("127.0.0.1", 0, 0, null)]
    [InlineData("127.0.0.1", 65535, 65534, null)]
    [InlineData("127.0.0.1", 65536, 0, "Port")]
    [InlineData("127.0.0.1", -1, 0, "Port")]
    [InlineData("127.0.0.1", 0, 65536, "ExchangePort")]
    [InlineData("127.0.0.1", 8500, 8500, "different ports")]
    [InlineData("localhost", 0, 0, "BindAddress")]
    [InlineData("0.0.0.0", 0, 0, "without TLS")]
    public void Options_OutsideTheirRange_AreNamed(string address, int port, int exchangePort, string? named)
    {
        var result = new WorkerDataOptionsValidator().Validate(null, new WorkerDataOptions { BindAddress = address, Port = port, ExchangePort = exchangePort });

        Assert.Equal(named is null, result.Succeeded);
        if (named is not null)
        {
            Assert.Contains(named, result.FailureMessage, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Options_BeyondLoopbackInsecurely_AreTaken() =>
        Assert.True(new WorkerDataOptionsValidator().Validate(null, new WorkerDataOptions { BindAddress = "0.0.0.0", Insecure = true }).Succeeded);

    private static async Task<List<long>> ReadAsync(IAsyncEnumerable<RecordBatch> batches, List<long>? values = null)
    {
        values ??= [];
        await foreach (var batch in batches.WithCancellation(Token))
        {
            using (batch)
            {
                values.AddRange(batch.Column<Int64Array>(0).Values);
            }
        }

        return values;
    }

    private static void AssertFailure(RpcException failure, RpcStatusCode code, string reason)
    {
        Assert.Equal(code, failure.Code);
        Assert.True(RpcStatusDetails.TryGetErrorInfo(failure.Status, out var info));
        Assert.Equal(reason, info.Reason);
    }
}
