using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Server;
using OrleansFlow.Tests.Rpc.Protos;

namespace OrleansFlow.Tests.Rpc;

/// <summary>Connections: identity by certificate, keep-alive, drain, how many calls, and how much is buffered.</summary>
public sealed class RpcConnectionTests
{
    private const int TimeoutMs = 60_000;
    private const byte GoAway = 7;
    private const byte Ping = 6;
    private const byte SettingsFrame = 4;

    // The client's greeting in HTTP/2, and a SETTINGS frame without settings.
    private static readonly byte[] Greeting = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, SettingsFrame, 0, 0, 0, 0, 0];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = TimeoutMs)]
    public async Task MutualTls_ClientCertificate_IsTheCallersIdentity()
    {
        using var serverCertificate = Certificate("CN=127.0.0.1");
        using var clientCertificate = Certificate("CN=worker-7");
        using var strangersCertificate = Certificate("CN=worker-7");
        await using var host = await EchoHost.StartAsync(certificate: serverCertificate, tls: tls =>
        {
            tls.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            tls.ClientCertificateValidation = (presented, _, _) => presented.Thumbprint == clientCertificate.Thumbprint;
        });
        await using var known = host.Connect(WithCertificate(clientCertificate));
        await using var stranger = host.Connect(WithCertificate(strangersCertificate));
        await using var nameless = host.Connect(WithCertificate(null));

        Assert.Equal("CN=worker-7", (await SayAsync(known, "who am I")).Text);
        foreach (var channel in (RpcChannel[])[stranger, nameless])
        {
            var failure = await Assert.ThrowsAsync<RpcException>(() => SayAsync(channel, "who am I"));
            Assert.Equal(RpcStatusCode.Unavailable, failure.Code);
        }

        RpcChannelOptions WithCertificate(X509Certificate2? certificate) => new()
        {
            Tls = new SslClientAuthenticationOptions
            {
                ClientCertificates = certificate is null ? null : [certificate],
                RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == serverCertificate.GetCertHashString(),
            },
        };
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Stop_SendsGoAwayAndLetsARunningCallFinish()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        var running = channel.UnaryAsync(EchoMethods.Wait, new EchoRequest(), new(CancellationToken: Token));
        await host.Service.Waiting.WaitAsync(Token);
        using var bystander = new TcpClient();
        await bystander.ConnectAsync(IPAddress.Loopback, new Uri(host.Address).Port, Token);
        await bystander.GetStream().WriteAsync(Greeting, Token);

        var stop = host.StopAsync();

        byte[] goAway;
        do
        {
            goAway = await ReadFrameAsync(bystander.GetStream(), GoAway);
            Assert.Equal(0U, BinaryPrimitives.ReadUInt32BigEndian(goAway.AsSpan(4)));
        }
        while (BinaryPrimitives.ReadInt32BigEndian(goAway) == int.MaxValue);

        Assert.False(running.IsCompleted);
        host.Service.Release();
        await running;
        await stop;
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task KeepAlive_PeerThatNeverAnswers_FailsTheCallAsUnavailable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var channel = RpcChannel.ForAddress(
            $"http://{listener.LocalEndpoint}",
            new RpcChannelOptions { KeepAliveInterval = TimeSpan.FromSeconds(1), KeepAliveTimeout = TimeSpan.FromSeconds(1) });

        var call = channel.UnaryAsync(EchoMethods.Say, new EchoRequest(), new(CancellationToken: Token));
        using var silent = await listener.AcceptTcpClientAsync(Token);
        var stream = silent.GetStream();
        await stream.WriteAsync(Greeting.AsMemory(24), Token);
        await stream.ReadExactlyAsync(new byte[24], Token);
        await ReadFrameAsync(stream, Ping);

        var failure = await Assert.ThrowsAsync<RpcException>(() => call);
        Assert.Equal(RpcStatusCode.Unavailable, failure.Code);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task KeepAlive_OfAClient_IsAnswered()
    {
        await using var host = await EchoHost.StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(host.Address).Port, Token);
        await client.GetStream().WriteAsync(Greeting, Token);
        byte[] payload = [1, 2, 3, 4, 5, 6, 7, 8];
        await client.GetStream().WriteAsync((byte[])[0, 0, 8, Ping, 0, 0, 0, 0, 0, .. payload], Token);

        Assert.Equal(payload, await ReadFrameAsync(client.GetStream(), Ping));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task MaxConcurrentCalls_OneMore_IsResourceExhaustedUntilOneEnds()
    {
        await using var host = await EchoHost.StartAsync(options => options.MaxConcurrentCalls = 2);
        await using var channel = host.Connect();
        await using var first = channel.Duplex(EchoMethods.Chat);
        await using var second = channel.Duplex(EchoMethods.Chat);
        await first.GetHeadersAsync(Token);
        await second.GetHeadersAsync(Token);

        var failure = await Assert.ThrowsAsync<RpcException>(() => SayAsync(channel, "one more"));
        Assert.Equal(RpcStatusCode.ResourceExhausted, failure.Code);

        await first.CompleteAsync();
        Assert.Equal(0, await first.ReadAllAsync(Token).CountAsync(Token));

        // The caller may hear of the end a little before the server counts it.
        while (true)
        {
            try
            {
                Assert.Equal("fits", (await SayAsync(channel, "fits")).Text);
                break;
            }
            catch (RpcException exception) when (exception.Code == RpcStatusCode.ResourceExhausted)
            {
                await Task.Yield();
            }
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task BackPressure_HandlerReadsNothing_StopsTheWriterWithinTheWindow()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        await using var call = channel.ClientStreaming(EchoMethods.Hold);
        var request = new EchoRequest { Body = UnsafeByteOperations.UnsafeWrap(new byte[256 * 1024]) };
        var written = 0L;

        var writing = WriteAsync();
        await host.Service.Waiting.WaitAsync(Token);

        // A write that does not end while another call comes and goes many times waits for the window.
        for (var before = -1L; before != Interlocked.Read(ref written);)
        {
            before = Interlocked.Read(ref written);
            for (var turn = 0; turn < 50; turn++)
            {
                await SayAsync(channel, "meanwhile");
            }
        }

        Assert.False(writing.IsCompleted);
        Assert.InRange(Interlocked.Read(ref written), 1, RpcKestrel.StreamWindowBytes + (1024 * 1024));
        host.Service.Release();
        await writing;
        Assert.Equal(64L * 256 * 1024, (await call.CompleteAsync()).Total);

        async Task WriteAsync()
        {
            for (var index = 0; index < 64; index++)
            {
                await call.WriteAsync(request, Token);
                Interlocked.Add(ref written, request.Body.Length);
            }
        }
    }

    private static Task<EchoReply> SayAsync(RpcChannel channel, string text) =>
        channel.UnaryAsync(EchoMethods.Say, new EchoRequest { Text = text }, new(CancellationToken: Token));

    private static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var signed = new CertificateRequest(name, key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));

        // A certificate that is presented needs its key in a form that every platform's TLS takes.
        return X509CertificateLoader.LoadPkcs12(signed.Export(X509ContentType.Pfx), null);
    }

    /// <summary>The content of the next frame of a kind; others are left out.</summary>
    private static async Task<byte[]> ReadFrameAsync(NetworkStream stream, byte kind)
    {
        var header = new byte[9];
        while (true)
        {
            await stream.ReadExactlyAsync(header, Token);
            var content = new byte[(header[0] << 16) | (header[1] << 8) | header[2]];
            await stream.ReadExactlyAsync(content, Token);
            if (header[3] == kind)
            {
                return content;
            }
        }
    }
}
