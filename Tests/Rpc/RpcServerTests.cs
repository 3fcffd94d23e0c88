using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Rpc.Protos;

namespace OrleansFlow.Tests.Rpc;

/// <summary>What surrounds a handler: interceptors, error mapping, limits, options, TLS.</summary>
public sealed class RpcServerTests
{
    private const int TimeoutMs = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = TimeoutMs)]
    public async Task Handler_Throws_CallerLearnsNoSecretAndTheLogTellsOnce()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();

        var failure = await Assert.ThrowsAsync<RpcException>(() => SayAsync(channel, "crash"));

        Assert.Equal(RpcStatusCode.Unknown, failure.Code);
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
        var entry = Assert.Single(host.Log.Entries);
        Assert.Contains("secret of the server", entry, StringComparison.Ordinal);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task ErrorMapper_KnowsTheException_DecidesTheStatus()
    {
        await using var host = await EchoHost.StartAsync(services: services => services.AddSingleton<IRpcErrorMapper, TimeoutMapper>());
        await using var channel = host.Connect();

        var failure = await Assert.ThrowsAsync<RpcException>(() => SayAsync(channel, "mapped"));

        Assert.Equal(RpcStatusCode.Aborted, failure.Code);
        Assert.Empty(host.Log.Entries);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Interceptor_WithoutToken_RefusesAndWithItPasses()
    {
        await using var host = await EchoHost.StartAsync(services: services => services.AddSingleton<IRpcServerInterceptor, TokenInterceptor>());
        await using var stranger = host.Connect();
        await using var friend = host.Connect(new RpcChannelOptions { BearerToken = _ => ValueTask.FromResult<string?>("sesame") });

        var failure = await Assert.ThrowsAsync<RpcException>(() => SayAsync(stranger, "hello"));

        Assert.Equal(RpcStatusCode.Unauthenticated, failure.Code);
        Assert.Equal("hello", (await SayAsync(friend, "hello")).Text);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task UnknownMethod_OfAKnownAndAnUnknownService_IsUnimplemented()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        var elsewhere = RpcMethod.Protobuf<EchoRequest, EchoReply>(RpcMethodKind.Unary, "no.Such", "Method");

        foreach (var method in (RpcMethod<EchoRequest, EchoReply>[])[EchoMethods.Missing, elsewhere])
        {
            var failure = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(method, new EchoRequest(), new(CancellationToken: Token)));
            Assert.Equal(RpcStatusCode.Unimplemented, failure.Code);
        }
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(1020, true)]
    [InlineData(1022, false)]
    public async Task Server_MessageBeyondItsLimit_IsResourceExhausted(int bodyBytes, bool fits)
    {
        // Tag and length of the body take three bytes, so 1021 is the last that fits; both sides of it are tried.
        await using var host = await EchoHost.StartAsync(options => options.MaxReceiveMessageBytes = 1024);
        await using var channel = host.Connect();
        var request = new EchoRequest { Body = ByteString.CopyFrom(new byte[bodyBytes]) };

        var failure = await Record.ExceptionAsync(() => channel.UnaryAsync(EchoMethods.Say, request, new(CancellationToken: Token)));

        Assert.Equal(fits ? null : RpcStatusCode.ResourceExhausted, (failure as RpcException)?.Code);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Client_ResponseBeyondItsLimit_IsResourceExhausted()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect(new RpcChannelOptions { MaxReceiveMessageBytes = 1024 });

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var reply in channel.ServerStreaming(EchoMethods.Repeat, new EchoRequest { Count = 1, BodyBytes = 2000 }).WithCancellation(Token))
            {
                Assert.Fail("A message beyond the limit was delivered.");
            }
        });

        Assert.Equal(RpcStatusCode.ResourceExhausted, failure.Code);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Duplex_NobodyListens_FailsTheWriteThatWaitsForTheConnection()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var address = $"http://{listener.LocalEndpoint}";
        listener.Stop();
        await using var channel = RpcChannel.ForAddress(address);
        await using var call = channel.Duplex(EchoMethods.Chat);

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => call.WriteAsync(new EchoRequest(), TestContext.Current.CancellationToken).AsTask());

        Assert.Equal(RpcStatusCode.Unavailable, failure.Code);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Channel_NobodyListens_IsUnavailable()
    {
        string address;
        await using (var host = await EchoHost.StartAsync())
        {
            address = host.Address;
        }

        await using var channel = RpcChannel.ForAddress(address);
        var failure = await Assert.ThrowsAsync<RpcException>(() => SayAsync(channel, "hello"));

        Assert.Equal(RpcStatusCode.Unavailable, failure.Code);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Tls_WithACertificateThatTheClientTrusts_CarriesCalls()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        await using var host = await EchoHost.StartAsync(certificate: certificate);
        await using var trusting = host.Connect(new RpcChannelOptions
        {
            Tls = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == certificate.GetCertHashString(),
            },
        });
        await using var stranger = host.Connect();

        Assert.Equal("hello", (await SayAsync(trusting, "hello")).Text);
        var failure = await Assert.ThrowsAsync<RpcException>(() => SayAsync(stranger, "hello"));
        Assert.Equal(RpcStatusCode.Unavailable, failure.Code);
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(1023, "00:00:00", "00:00:01", false)]
    [InlineData(1024, "00:00:00", "00:00:01", true)]
    [InlineData(1024, "00:05:00", "00:00:01", true)]
    [InlineData(1024, "00:05:00.001", "00:00:01", false)]
    [InlineData(1024, "00:00:00", "00:00:00.009", false)]
    [InlineData(1024, "00:00:00", "00:01:00", true)]
    [InlineData(1024, "00:00:00", "00:01:00.001", false)]
    public async Task Options_OutsideTheirRange_StopTheStart(int messageBytes, string shutdownGrace, string abortGrace, bool allowed)
    {
        var failure = await Record.ExceptionAsync(async () =>
        {
            await using var host = await EchoHost.StartAsync(options =>
            {
                options.MaxReceiveMessageBytes = messageBytes;
                options.ShutdownGrace = TimeSpan.Parse(shutdownGrace, CultureInfo.InvariantCulture);
                options.AbortGrace = TimeSpan.Parse(abortGrace, CultureInfo.InvariantCulture);
            });
        });

        Assert.Equal(allowed ? null : typeof(OptionsValidationException), failure?.GetType());
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Stop_WithinTheGrace_LetsAStreamSayGoodbye()
    {
        await using var host = await EchoHost.StartAsync(options => options.ShutdownGrace = TimeSpan.FromMinutes(5));
        await using var channel = host.Connect();
        await using var replies = channel
            .ServerStreaming(EchoMethods.Repeat, new EchoRequest { Text = "until stopping" }).GetAsyncEnumerator(Token);
        var next = replies.MoveNextAsync().AsTask();
        await host.Service.Waiting.WaitAsync(Token);

        var stop = host.StopAsync();

        Assert.True(await next);
        Assert.Equal("goodbye", replies.Current.Text);
        Assert.False(await replies.MoveNextAsync());
        await stop;
    }

    private static Task<EchoReply> SayAsync(RpcChannel channel, string text) =>
        channel.UnaryAsync(EchoMethods.Say, new EchoRequest { Text = text }, new(CancellationToken: Token));

    private sealed class TimeoutMapper : IRpcErrorMapper
    {
        public RpcException? TryMap(Exception exception, RpcServerContext context) =>
            exception is TimeoutException ? new RpcException(RpcStatusCode.Aborted, "mapped") : null;
    }

    private sealed class TokenInterceptor : IRpcServerInterceptor
    {
        public Task InterceptAsync(RpcServerContext context, Func<Task> nextAsync) =>
            context.RequestHeaders.GetValue("authorization") == "Bearer sesame"
                ? nextAsync()
                : throw new RpcException(RpcStatusCode.Unauthenticated, "Send the cluster's token as a bearer token.");
    }
}
