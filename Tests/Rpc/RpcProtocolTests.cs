using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OrleansFlow.Rpc;

namespace OrleansFlow.Tests.Rpc;

/// <summary>Requests that no proper client sends, byte by byte: each gets the answer that the protocol names.</summary>
public sealed class RpcProtocolTests
{
    private const int TimeoutMs = 60_000;
    private const string SayPath = "/orleansflow.tests.Echo/Say";

    private static readonly byte[] HelloFrame = [0, 0, 0, 0, 4, 0x0A, 2, (byte)'h', (byte)'i'];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, byte[], RpcStatusCode> Frames { get; } = new()
    {
        { "well-formed", HelloFrame, RpcStatusCode.Ok },
        { "no message", [], RpcStatusCode.Unimplemented },
        { "two messages", [.. HelloFrame, .. HelloFrame], RpcStatusCode.Unimplemented },
        { "cut prefix", [0, 0, 0], RpcStatusCode.Internal },
        { "cut message", HelloFrame[..^1], RpcStatusCode.Internal },
        { "flag 2", [2, 0, 0, 0, 0], RpcStatusCode.Internal },
        { "compressed without an encoding", [1, 0, 0, 0, 0], RpcStatusCode.Internal },
        { "no protobuf", [0, 0, 0, 0, 2, 0x0A, 9], RpcStatusCode.Internal },
        { "4 GB announced", [0, 255, 255, 255, 255], RpcStatusCode.ResourceExhausted },
    };

    [Theory(Timeout = TimeoutMs)]
    [MemberData(nameof(Frames))]
    public async Task Frame_OfAnyShape_GetsItsStatus(string shape, byte[] body, RpcStatusCode expected)
    {
        await using var host = await EchoHost.StartAsync();
        using var client = new HttpClient();

        var (status, _) = await PostAsync(client, host, SayPath, body);

        Assert.True(expected == status, $"{shape}: {status}");
        Assert.Empty(host.Log.Entries);
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData("gzip", RpcStatusCode.Ok)]
    [InlineData("identity", RpcStatusCode.Internal)]
    [InlineData("snappy", RpcStatusCode.Unimplemented)]
    public async Task Encoding_OfACompressedMessage_MustBeKnown(string encoding, RpcStatusCode expected)
    {
        await using var host = await EchoHost.StartAsync();
        using var client = new HttpClient();

        var (status, response) = await PostAsync(client, host, SayPath, GzipFrame(HelloFrame[5..]), encoding: encoding);

        Assert.Equal(expected, status);
        Assert.Equal(expected == RpcStatusCode.Unimplemented, response.Headers.Contains("grpc-accept-encoding"));
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData(1024 * 1024 - 5, RpcStatusCode.Ok)]
    [InlineData(1024 * 1024, RpcStatusCode.ResourceExhausted)]
    public async Task Gzip_ThatUnpacksBeyondTheLimit_IsResourceExhausted(int bodyBytes, RpcStatusCode expected)
    {
        await using var host = await EchoHost.StartAsync(options => options.MaxReceiveMessageBytes = 1024 * 1024);
        using var client = new HttpClient();
        var message = new Protos.EchoRequest { Body = Google.Protobuf.ByteString.CopyFrom(new byte[bodyBytes]) };

        var (status, _) = await PostAsync(client, host, SayPath, GzipFrame(Google.Protobuf.MessageExtensions.ToByteArray(message)), encoding: "gzip");

        Assert.Equal(expected, status);
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData("application/grpc", 200)]
    [InlineData("application/grpc+proto", 200)]
    [InlineData("application/grpc-web", 415)]
    [InlineData("application/json", 415)]
    public async Task ContentType_OtherThanGrpc_Is415(string contentType, int expected)
    {
        await using var host = await EchoHost.StartAsync();
        using var client = new HttpClient();

        var (_, response) = await PostAsync(client, host, SayPath, HelloFrame, contentType: contentType);

        Assert.Equal(expected, (int)response.StatusCode);
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData("1H", RpcStatusCode.Ok)]
    [InlineData("99999999H", RpcStatusCode.Ok)]
    [InlineData("100000000S", RpcStatusCode.Internal)]
    [InlineData("5", RpcStatusCode.Internal)]
    [InlineData("-1S", RpcStatusCode.Internal)]
    [InlineData("1x", RpcStatusCode.Internal)]
    public async Task Timeout_OfWrongForm_IsInternal(string timeout, RpcStatusCode expected)
    {
        await using var host = await EchoHost.StartAsync();
        using var client = new HttpClient();

        var (status, _) = await PostAsync(client, host, SayPath, HelloFrame, timeout: timeout);

        Assert.Equal(expected, status);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Http11_Request_IsToldToUpgrade()
    {
        await using var host = await EchoHost.StartAsync(protocols: HttpProtocols.Http1);
        using var client = new HttpClient();

        var (_, response) = await PostAsync(client, host, SayPath, HelloFrame, version: HttpVersion.Version11);

        Assert.Equal(HttpStatusCode.UpgradeRequired, response.StatusCode);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Error_BeforeAnyResponse_IsTrailersOnly()
    {
        await using var host = await EchoHost.StartAsync();
        using var client = new HttpClient();

        var (_, response) = await PostAsync(client, host, "/orleansflow.tests.Echo/Missing", HelloFrame);

        Assert.Equal("12", response.Headers.GetValues("grpc-status").Single());
        Assert.Empty(response.TrailingHeaders);
    }

    private static byte[] GzipFrame(byte[] message)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(message);
        }

        var length = (int)packed.Length;
        return [1, (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length, .. packed.ToArray()];
    }

    private static async Task<(RpcStatusCode? Status, HttpResponseMessage Response)> PostAsync(
        HttpClient client,
        EchoHost host,
        string path,
        byte[] body,
        string contentType = "application/grpc",
        string? encoding = null,
        string? timeout = null,
        Version? version = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Address + path))
        {
            Version = version ?? HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        request.Headers.TryAddWithoutValidation("te", "trailers");
        if (encoding is not null)
        {
            request.Headers.TryAddWithoutValidation("grpc-encoding", encoding);
        }

        if (timeout is not null)
        {
            request.Headers.TryAddWithoutValidation("grpc-timeout", timeout);
        }

        var response = await client.SendAsync(request, Token);
        var status = response.Headers.TryGetValues("grpc-status", out var values) || response.TrailingHeaders.TryGetValues("grpc-status", out values)
            ? (RpcStatusCode?)int.Parse(values.Single(), System.Globalization.CultureInfo.InvariantCulture)
            : null;
        return (status, response);
    }
}
