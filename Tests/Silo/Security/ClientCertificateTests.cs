using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Client;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Hosting;
using OrleansFlow.Rpc;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Tests.Silo.Support;
using OrleansFlow.Worker.Hosting;

namespace OrleansFlow.Tests.Silo.Security;

/// <summary>Who a handler sees: callers with client certificates of the silo's authority, with tokens, with both, and with neither.</summary>
public sealed class ClientCertificateTests : IDisposable
{
    private const string Token = "identity-0123456789abcdef";

    private static readonly RpcMethod<Empty, StringValue> Who = RpcMethod.Protobuf<Empty, StringValue>(RpcMethodKind.Unary, "test.v1.Identity", "Who");

    private readonly TempFolder _folder = new();
    private readonly TestAuthority _authority = new("CN=the authority");
    private readonly TestAuthority _foreign = new("CN=another authority");

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
        _foreign.Dispose();
    }

    [Fact]
    public async Task Certificate_OfTheAuthority_NeedsNoTokenAndIsTheCaller()
    {
        await using var silo = await StartAsync();
        using var certificate = _authority.Issue("CN=analyst, O=Flow");
        await using var channel = Connect(silo, certificate);

        Assert.Equal($"analyst certificate {certificate.GetCertHashString(HashAlgorithmName.SHA256)}", await WhoAsync(channel));
        Assert.NotEmpty((await new FlightSqlClient(new FlightClient(channel)).QueryAsync("select 1", new RpcCallOptions(CancellationToken: CancellationToken))).Endpoints);
    }

    [Fact]
    public async Task Certificate_WithoutACommonName_IsCalledByItsSubject()
    {
        await using var silo = await StartAsync();
        using var certificate = _authority.Issue("O=Flow, OU=");
        await using var channel = Connect(silo, certificate);

        Assert.EndsWith($"certificate {certificate.GetCertHashString(HashAlgorithmName.SHA256)}", await WhoAsync(channel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Caller_WithoutACertificate_NeedsAToken()
    {
        await using var silo = await StartAsync();
        await using var bare = Connect(silo, null);
        await using var configured = Connect(silo, null, Token);
        await using var signed = Connect(silo, null, silo.Endpoints.Token);

        Assert.Equal(RpcStatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(() => WhoAsync(bare))).Status.Code);
        Assert.Equal("token bearer ", await WhoAsync(configured));
        Assert.Equal("local bearer ", await WhoAsync(signed));
    }

    [Fact]
    public async Task Caller_WithBoth_IsWhoTheTokenNamesAndItsCertificateIsThere()
    {
        await using var silo = await StartAsync();
        using var certificate = _authority.Issue("CN=analyst");
        await using var both = Connect(silo, certificate, Token);
        await using var wrong = Connect(silo, certificate, "wrong");

        Assert.Equal($"token bearer {certificate.GetCertHashString(HashAlgorithmName.SHA256)}", await WhoAsync(both));
        Assert.Equal(RpcStatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(() => WhoAsync(wrong))).Status.Code);
    }

    [Theory]
    [InlineData("foreign")]
    [InlineData("self-signed")]
    [InlineData("expired")]
    [InlineData("not yet valid")]
    [InlineData("for servers")]
    public async Task Certificate_ThatTheAuthorityDoesNotVouchFor_IsRefusedWithTheConnection(string kind)
    {
        await using var silo = await StartAsync();
        var now = TimeProvider.System.GetUtcNow();
        using var self = new TestAuthority("CN=myself");
        using var certificate = kind switch
        {
            "foreign" => _foreign.Issue("CN=analyst"),
            "self-signed" => self.Issue("CN=myself"),
            "expired" => _authority.Issue("CN=analyst", now.AddDays(-2), now.AddDays(-1)),
            "not yet valid" => _authority.Issue("CN=analyst", now.AddDays(1), now.AddDays(2)),
            _ => _authority.Issue("CN=analyst", purpose: "1.3.6.1.5.5.7.3.1"),
        };
        await using var channel = Connect(silo, certificate, Token);

        Assert.Equal(RpcStatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => WhoAsync(channel))).Status.Code);
    }

    [Fact]
    public async Task Handshake_WithACertificate_GivesATokenThatGoesOnAsTheSameCaller()
    {
        await using var silo = await StartAsync();
        using var certificate = _authority.Issue("CN=analyst");
        await using var channel = Connect(silo, certificate);
        var (_, authorization) = await new FlightClient(channel).HandshakeAsync(options: new RpcCallOptions(CancellationToken: CancellationToken));
        await using var later = Connect(silo, null, authorization!["Bearer ".Length..]);

        Assert.Equal("analyst bearer ", await WhoAsync(later));
    }

    [Fact]
    public async Task ClientAndWorker_WithCertificatesOfTheirOwn_NeedNoToken()
    {
        await using var silo = await StartAsync();
        var options = new FlowClientOptions
        {
            Gateway = silo.Endpoints.GrpcUrl, TlsAuthorityPath = _folder.Combine("authorities.pem"), TlsCertificatePath = File("CN=a client", "of its own"), TlsCertificatePassword = "of its own",
        };
        await using var client = new FlowClient(Microsoft.Extensions.Options.Options.Create(options));
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddOrleansFlowWorker(worker =>
        {
            (worker.WorkerId, worker.Gateway, worker.ShutdownGrace) = ("certified", silo.Endpoints.GrpcUrl, TimeSpan.Zero);
            (worker.TlsAuthorityPath, worker.TlsCertificatePath) = (options.TlsAuthorityPath, File("CN=a worker", null));
        });
        using var host = builder.Build();
        await host.StartAsync(CancellationToken);
        await host.Services.GetRequiredService<OrleansFlow.Worker.Hosting.FlowWorker>().Registered.WaitAsync(CancellationToken);

        Assert.Equal("certified", (await client.GetWorkerAsync(new OrleansFlow.Tasks.WorkerId("certified"), CancellationToken)).WorkerId.Value);
        await host.StopAsync(CancellationToken);

        string File(string subject, string? password)
        {
            var path = _folder.Combine(subject["CN=".Length..] + ".pfx");
            using var certificate = _authority.Issue(subject);
            System.IO.File.WriteAllBytes(path, certificate.Export(X509ContentType.Pfx, password));
            return path;
        }
    }

    [Fact]
    public async Task Client_ThatDoesNotTrustTheGateway_CannotReachIt()
    {
        await using var silo = await StartAsync();
        var foreign = _folder.Combine("foreign.pem");
        await File.WriteAllTextAsync(foreign, _foreign.Pem, CancellationToken);
        await using var client = new FlowClient(Microsoft.Extensions.Options.Options.Create(new FlowClientOptions { Gateway = silo.Endpoints.GrpcUrl, Token = Token, TlsAuthorityPath = foreign }));

        Assert.Equal(FlowErrorCode.GatewayUnreachable, (await Assert.ThrowsAsync<FlowException>(() => client.GetHealthAsync(CancellationToken))).Code);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Client_WhoseTlsFileIsNone_HasABadOption(bool isAuthority)
    {
        var path = _folder.Combine("nothing");
        await File.WriteAllTextAsync(path, "nothing", CancellationToken);

        var failure = Assert.Throws<FlowException>(() => GatewayTls.Load(isAuthority ? path : null, isAuthority ? null : path, null));

        Assert.Equal(FlowErrorCode.BadOption, failure.Code);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        Assert.Null(GatewayTls.Load(null, null, null));
    }

    [Fact]
    public async Task Caller_OfASiloThatAsksForNothing_IsNobody()
    {
        await using var silo = await FlowSiloHost.StartAsync(new FlowSiloOptions { GrpcPort = 0, HttpPort = 0, ConfigureServices = AddWho }, CancellationToken);
        await using var channel = RpcChannel.ForAddress(silo.Endpoints.GrpcUrl);

        Assert.Equal(" none ", await WhoAsync(channel));
    }

    [Fact]
    public async Task HealthOverHttp_IsNotAskedForACertificate()
    {
        await using var silo = await StartAsync();
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, presented, _, _) => IsTheSilo(presented) };
        using var http = new HttpClient(handler);

        Assert.Equal("live", await http.GetStringAsync(silo.Endpoints.HttpUrl + "/health/live", CancellationToken));
    }

    [Fact]
    public async Task Authorities_WithoutTlsOrWithoutACertificate_AreABadOption()
    {
        var path = _folder.Combine("empty.pem");
        await File.WriteAllTextAsync(path, "no certificate", CancellationToken);
        var options = Options();
        options.TlsClientAuthorityPath = path;
        await RefusedAsync(options, path);
        options.TlsClientAuthorityPath = _folder.Combine("missing.pem");
        await RefusedAsync(options, "does not exist");
        options.TlsClientAuthorityPath = path;
        options.TlsCertificatePath = null;
        await RefusedAsync(options, nameof(options.TlsCertificatePath));

        static async Task RefusedAsync(FlowSiloOptions options, string named)
        {
            var failure = await Assert.ThrowsAsync<FlowException>(() => FlowSiloHost.StartAsync(options, CancellationToken));
            Assert.Equal(FlowErrorCode.BadOption, failure.Code);
            Assert.Contains(named, failure.Message, StringComparison.Ordinal);
        }
    }

    private static void AddWho(IServiceCollection services) => services.AddSingleton(new RpcServiceDefinition("test.v1.Identity").Unary(Who, (_, context) =>
    {
        var thumbprint = context.ClientCertificate?.GetCertHashString(HashAlgorithmName.SHA256);
        Assert.Equal(context.Caller.Scheme != RpcCaller.None, context.Caller.IsKnown);
        return Task.FromResult(new StringValue { Value = $"{context.Caller.Name} {context.Caller.Scheme} {thumbprint}" });
    }));

    private static bool IsTheSilo(X509Certificate? presented) => presented is { Subject: "CN=localhost", Issuer: "CN=the authority" };

    private static async Task<string> WhoAsync(RpcChannel channel) =>
        (await channel.UnaryAsync(Who, new Empty(), new RpcCallOptions(CancellationToken: CancellationToken))).Value;

    private static RpcChannel Connect(FlowSiloHost silo, X509Certificate2? certificate, string? token = null) => RpcChannel.ForAddress(silo.Endpoints.GrpcUrl, new RpcChannelOptions
    {
        BearerToken = token is null ? null : _ => ValueTask.FromResult<string?>(token),
        Tls = new SslClientAuthenticationOptions
        {
            ClientCertificates = certificate is null ? null : [certificate],
            LocalCertificateSelectionCallback = certificate is null ? null : (_, _, _, _, _) => certificate,
            RemoteCertificateValidationCallback = (_, presented, _, _) => IsTheSilo(presented),
        },
    });

    private Task<FlowSiloHost> StartAsync() => FlowSiloHost.StartAsync(Options(), CancellationToken);

    private FlowSiloOptions Options()
    {
        var (server, authorities) = (_folder.Combine("server.pfx"), _folder.Combine("authorities.pem"));
        using (var certificate = _authority.Issue("CN=localhost", purpose: "1.3.6.1.5.5.7.3.1"))
        {
            File.WriteAllBytes(server, certificate.Export(X509ContentType.Pfx));
        }

        File.WriteAllText(authorities, _authority.Pem);
        return new FlowSiloOptions
        {
            GrpcPort = 0, HttpPort = 0, Token = Token, TlsCertificatePath = server, TlsClientAuthorityPath = authorities, ConfigureServices = AddWho,
        };
    }
}
