using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using Google.Protobuf;
using OrleansFlow.Rpc;
using OrleansFlow.Tests.Rpc.Protos;

namespace OrleansFlow.Tests.Rpc;

/// <summary>What goes over the wire when messages are compressed, and the limits on both ends.</summary>
public sealed class RpcCompressionTests
{
    private const int TimeoutMs = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = TimeoutMs)]
    [InlineData("identity,gzip", RpcCompression.Gzip, 100_000, true)]
    [InlineData("deflate, gzip", RpcCompression.Gzip, 100_000, true)]
    [InlineData("identity", RpcCompression.Gzip, 100_000, false)]
    [InlineData(null, RpcCompression.Gzip, 100_000, false)]
    [InlineData("identity,gzip", RpcCompression.None, 100_000, false)]
    [InlineData("identity,gzip", RpcCompression.Gzip, 10, false)]
    public async Task Response_IsCompressed_WhereTheCallerAcceptsItAndItPays(
        string? accepted, RpcCompression compression, int bodyBytes, bool compressed)
    {
        await using var host = await EchoHost.StartAsync(options => options.ResponseCompression = compression);
        using var http = new HttpClient();
        var sent = new EchoRequest { Body = ByteString.CopyFrom(new byte[bodyBytes]) }.ToByteArray();
        var frame = new byte[5 + sent.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), sent.Length);
        sent.CopyTo(frame, 5);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Address + EchoMethods.Say.FullName))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame),
        };
        request.Content.Headers.ContentType = new("application/grpc");
        if (accepted is not null)
        {
            request.Headers.Add("grpc-accept-encoding", accepted);
        }

        using var response = await http.SendAsync(request, Token);
        var body = await response.Content.ReadAsByteArrayAsync(Token);

        Assert.Equal(compressed ? 1 : 0, body[0]);
        Assert.Equal(body.Length - 5, BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(1)));
        using var gzip = new GZipStream(new MemoryStream(body, 5, body.Length - 5), CompressionMode.Decompress);
        var reply = compressed ? EchoReply.Parser.ParseFrom(gzip) : EchoReply.Parser.ParseFrom(body.AsSpan(5));
        Assert.Equal(bodyBytes, reply.Body.Length);
        Assert.Equal(
            compressed || (compression == RpcCompression.Gzip && accepted?.Contains("gzip", StringComparison.Ordinal) == true),
            response.Headers.Contains("grpc-encoding"));
        Assert.Equal(["0"], response.TrailingHeaders.GetValues("grpc-status"));
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(RpcCompression.None)]
    [InlineData(RpcCompression.Gzip)]
    public async Task Unary_CompressedBothWays_ComesBackUnchanged(RpcCompression channelCompression)
    {
        await using var host = await EchoHost.StartAsync(options => options.ResponseCompression = RpcCompression.Gzip);
        await using var channel = host.Connect(new RpcChannelOptions { Compression = channelCompression });
        foreach (var bodyBytes in (int[])[0, 1, 255, 256, 70_000, 3_000_000])
        {
            var body = new byte[bodyBytes];
            new Random(bodyBytes).NextBytes(body);

            var result = await channel.UnaryWithMetadataAsync(
                EchoMethods.Say, new EchoRequest { Body = ByteString.CopyFrom(body) }, new(CancellationToken: Token));

            Assert.Equal(body, result.Response.Body.ToByteArray());
            Assert.Equal(result.Response.CalculateSize() >= 256, result.Compressed);
        }
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task CompressRequests_InACallWithoutCompression_IsRefused()
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect();
        await using var call = channel.Duplex(EchoMethods.Chat);

        Assert.False(call.CompressRequests);
        Assert.Throws<InvalidOperationException>(() => call.CompressRequests = true);
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(1024, true)]
    [InlineData(1025, false)]
    public async Task Client_RequestBeyondItsOwnLimit_IsResourceExhaustedAndNeverSent(int messageBytes, bool fits)
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect(new RpcChannelOptions { MaxSendMessageBytes = 1024 });
        var request = Sized(messageBytes);

        var unary = await Record.ExceptionAsync(() => channel.UnaryAsync(EchoMethods.Say, request, new(CancellationToken: Token)));
        await using var call = channel.Duplex(EchoMethods.Chat);
        var streamed = await Record.ExceptionAsync(() => call.WriteAsync(request, Token).AsTask());

        Assert.Equal(fits ? null : RpcStatusCode.ResourceExhausted, (unary as RpcException)?.Code);
        Assert.Equal(fits ? null : RpcStatusCode.ResourceExhausted, (streamed as RpcException)?.Code);

        // Nothing of it went out, so the stream goes on.
        await call.WriteAsync(new EchoRequest { Text = "after" }, Token);
        await call.CompleteAsync();
        Assert.Equal(fits ? 2 : 1, await call.ReadAllAsync(Token).CountAsync(Token));
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(900, true)]
    [InlineData(2000, false)]
    public async Task Server_ResponseBeyondItsOwnLimit_IsResourceExhausted(int messageBytes, bool fits)
    {
        await using var host = await EchoHost.StartAsync(options => options.MaxSendMessageBytes = 1024);
        await using var channel = host.Connect();

        var failure = await Record.ExceptionAsync(() => channel.UnaryAsync(EchoMethods.Say, Sized(messageBytes), new(CancellationToken: Token)));

        Assert.Equal(fits ? null : RpcStatusCode.ResourceExhausted, (failure as RpcException)?.Code);
    }

    private static EchoRequest Sized(int messageBytes)
    {
        var request = new EchoRequest { Body = ByteString.CopyFrom(new byte[messageBytes - 3]) };
        Assert.Equal(messageBytes, request.CalculateSize());
        return request;
    }
}
