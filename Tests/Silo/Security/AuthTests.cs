using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Silo.Security;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Security;

/// <summary>Goal: who is let in, for each way to protect a gateway. Method: a silo of each kind, callers with each kind of token.</summary>
public sealed class AuthTests : IDisposable
{
    private const string Configured = "a-configured-token";

    private static readonly RpcMethod<GetHealthRequest, Protocol.V1.Health> GetHealth =
        RpcMethod.Protobuf<GetHealthRequest, Protocol.V1.Health>(RpcMethodKind.Unary, "orleansflow.v1.Flow", "GetHealth");

    private static readonly RpcMethod<Protocol.Worker.V1.WorkerMessage, Protocol.Worker.V1.SiloMessage> Session =
        RpcMethod.Protobuf<Protocol.Worker.V1.WorkerMessage, Protocol.Worker.V1.SiloMessage>(
            RpcMethodKind.Duplex, "orleansflow.worker.v1.WorkerSessions", "Session");

    private readonly TempFolder _folder = new();

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(null, false, "none", true)]
    [InlineData(null, false, "wrong", true)]
    [InlineData(null, true, "none", false)]
    [InlineData(null, true, "wrong", false)]
    [InlineData(null, true, "signed", true)]
    [InlineData(Configured, false, "none", false)]
    [InlineData(Configured, false, "wrong", false)]
    [InlineData(Configured, false, "configured", true)]
    [InlineData(Configured, false, "signed", true)]
    [InlineData(Configured, false, "foreign", false)]
    public async Task Call_IsLetInOnlyWithWhatIsNeeded(string? configured, bool required, string presented, bool isLetIn)
    {
        var options = new FlowSiloOptions { GrpcPort = 0, HttpPort = 0, Token = configured, RequireToken = required };
        await using var silo = await FlowSiloHost.StartAsync(options, CancellationToken);
        using var foreignKey = ClusterKey.CreateEphemeral();
        var token = presented switch
        {
            "signed" => silo.Endpoints.Token,
            "configured" => Configured,
            "foreign" => new SignedText(foreignKey, TimeProvider.System).Make(SignedText.TokenKind, "local", TimeSpan.FromHours(1)).Text,
            "wrong" => "not-the-configured-token",
            _ => null,
        };
        await using var channel = Connect(silo.Endpoints.GrpcUrl, token);

        if (isLetIn)
        {
            await channel.UnaryAsync(GetHealth, new GetHealthRequest(), new RpcCallOptions(CancellationToken: CancellationToken));
            return;
        }

        AssertRefused(await Assert.ThrowsAsync<RpcException>(
            () => channel.UnaryAsync(GetHealth, new GetHealthRequest(), new RpcCallOptions(CancellationToken: CancellationToken))));
        await using var session = channel.Duplex(Session, new RpcCallOptions(CancellationToken: CancellationToken));
        AssertRefused(await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var _ in session.ReadAllAsync(CancellationToken))
            {
                Assert.Fail("Nobody without a token gets a message.");
            }
        }));
    }

    [Fact]
    public async Task EndpointsFile_DoesNotHoldTheConfiguredToken()
    {
        var options = RunningSilo.Options(_folder.Path);
        options.Token = Configured;
        await using var silo = await FlowSiloHost.StartAsync(options, CancellationToken);

        Assert.DoesNotContain(Configured, await File.ReadAllTextAsync(_folder.Combine("endpoints.json"), CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SignedToken_SurvivesARestartAndARotationOfTheKey()
    {
        var options = RunningSilo.Options(_folder.Path);
        options.RequireToken = true;
        string? token;
        await using (var first = await FlowSiloHost.StartAsync(options, CancellationToken))
        {
            token = first.Endpoints.Token;
        }

        ClusterKey.Rotate(_folder.Combine(ClusterKey.FileName));

        await using var second = await FlowSiloHost.StartAsync(options, CancellationToken);
        await using var channel = Connect(second.Endpoints.GrpcUrl, token);
        await channel.UnaryAsync(GetHealth, new GetHealthRequest(), new RpcCallOptions(CancellationToken: CancellationToken));
    }

    [Fact]
    public async Task HealthOverHttp_NeedsNoToken()
    {
        await using var silo = await FlowSiloHost.StartAsync(new FlowSiloOptions { GrpcPort = 0, HttpPort = 0, Token = Configured }, CancellationToken);
        using var http = new HttpClient();

        Assert.Equal("live", await http.GetStringAsync(silo.Endpoints.HttpUrl + "/health/live", CancellationToken));
    }

    [Fact]
    public async Task Tls_ServesBothListeners()
    {
        var path = _folder.Combine("tls.pfx");
        string fingerprint;
        using (var key = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        {
            var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
            using var made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
            await File.WriteAllBytesAsync(path, made.Export(X509ContentType.Pfx, "a password"), CancellationToken);
            fingerprint = made.GetCertHashString(HashAlgorithmName.SHA256);
        }

        var options = new FlowSiloOptions { GrpcPort = 0, HttpPort = 0, Token = Configured, TlsCertificatePath = path, TlsCertificatePassword = "a password" };
        await using var silo = await FlowSiloHost.StartAsync(options, CancellationToken);

        Assert.StartsWith("https://", silo.Endpoints.GrpcUrl, StringComparison.Ordinal);
        await using var channel = RpcChannel.ForAddress(silo.Endpoints.GrpcUrl, new RpcChannelOptions
        {
            BearerToken = _ => ValueTask.FromResult<string?>(Configured),
            Tls = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, certificate, _, _) => IsOurs(certificate) },
        });
        await channel.UnaryAsync(GetHealth, new GetHealthRequest(), new RpcCallOptions(CancellationToken: CancellationToken));
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, certificate, _, _) => IsOurs(certificate) };
        using var http = new HttpClient(handler);
        Assert.Equal("live", await http.GetStringAsync(silo.Endpoints.HttpUrl + "/health/live", CancellationToken));

        bool IsOurs(X509Certificate? certificate) => certificate?.GetCertHashString(HashAlgorithmName.SHA256) == fingerprint;
    }

    [Fact]
    public async Task Tls_WithAWrongPassword_IsABadOption()
    {
        var path = _folder.Combine("broken.pfx");
        await File.WriteAllTextAsync(path, "no certificate", CancellationToken);

        var failure = await Assert.ThrowsAsync<FlowException>(() => FlowSiloHost.StartAsync(
            new FlowSiloOptions { GrpcPort = 0, HttpPort = 0, TlsCertificatePath = path }, CancellationToken));

        Assert.Equal(FlowErrorCode.BadOption, failure.Code);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
    }

    private static RpcChannel Connect(string address, string? token) =>
        RpcChannel.ForAddress(address, new RpcChannelOptions { BearerToken = _ => ValueTask.FromResult(token) });

    private static void AssertRefused(RpcException failure)
    {
        Assert.Equal(RpcStatusCode.Unauthenticated, failure.Code);
        Assert.True(RpcStatusDetails.TryGetErrorInfo(failure.Status, out var info));
        Assert.Equal("unauthenticated", info.Reason);
    }
}
