using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors;
using OrleansFlow.Tests.Streaming.Connectors.Streams;
using OrleansFlow.Tests.Streaming.Connectors.Web;

namespace OrleansFlow.Tests.Streaming.Connectors;

/// <summary>Goal: what messages bring along besides their data comes with their rows, those behind a bad record too. Method: services on the loopback, a clock that stands still.</summary>
public class MessageMetadataTests
{
    private const string Bad = ", bad_data = 'drop'";

    private static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task AnswersOfRequests_HaveAddressStatusAndTime()
    {
        await using var server = await WebTestServer.StartAsync(async context =>
        {
            context.Response.StatusCode = 203;
            await context.Response.WriteAsync("[{\"n\":1},{\"n\":\"?\"},{\"n\":3}]", Token);
        });

        var rows = await TableRows.ReadAsync(
            "status INT METADATA FROM 'status', n BIGINT, url TEXT METADATA FROM 'url', at TIMESTAMP NOT NULL METADATA FROM 'received', millis BIGINT METADATA FROM 'received', WATERMARK FOR at",
            $"connector = 'http_polling', endpoint = '{server.Address}/rows?secret=1', framing.method = 'json_array'{Bad}",
            2,
            hasTime: true,
            new ManualTimeProvider(Now));

        Assert.Equal(((int[])[1, 3]).Select(n => $"203|{n}|{server.Address}/rows|2026-03-04T05:06:07|{Now.ToUnixTimeMilliseconds()}"), rows.Take(2));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task MessagesOfASocket_AreTextsOrBytes()
    {
        await using var server = await WebTestServer.StartAsync(async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await socket.SendAsync("{\"n\":1}"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Token);
            await socket.SendAsync("nonsense"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Token);
            await socket.SendAsync("{\"n\":2}"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: true, Token);
            await socket.ReceiveAsync(new byte[1], context.RequestAborted);
        });

        var rows = await TableRows.ReadAsync(
            "n BIGINT, kind TEXT METADATA FROM 'message_type', url TEXT METADATA FROM 'url', at TIMESTAMP NOT NULL METADATA FROM 'received', WATERMARK FOR at",
            $"connector = 'websocket', endpoint = '{server.SocketAddress}/feed'{Bad}",
            2,
            hasTime: true,
            new ManualTimeProvider(Now));

        Assert.Equal([$"1|text|{server.SocketAddress}/feed|2026-03-04T05:06:07", $"2|binary|{server.SocketAddress}/feed|2026-03-04T05:06:07"], rows);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task EventsOfAService_HaveAddressAndTime()
    {
        await using var server = await WebTestServer.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("id: 7\nevent: order\ndata: {\"n\":1}\n\n", Token);
            await context.Response.Body.FlushAsync(Token);
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });

        var rows = await TableRows.ReadAsync(
            "n BIGINT, kind TEXT METADATA FROM 'event', id TEXT METADATA FROM 'id', url TEXT METADATA FROM 'url', at TIMESTAMP NOT NULL METADATA FROM 'received', WATERMARK FOR at",
            $"connector = 'sse', endpoint = '{server.Address}/events'",
            1,
            hasTime: true,
            new ManualTimeProvider(Now));

        Assert.Equal([$"1|order|7|{server.Address}/events|2026-03-04T05:06:07"], rows);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task EventsOfStreams_SayWhichStreamTheyAreOf()
    {
        var log = new StreamLog();
        log.Add("k1", "{\"n\":1}", "nonsense", "{\"n\":2}", null);
        log.Add("k2", "{\"n\":3}", null);

        var rows = await TableRows.ReadAsync(
            "n BIGINT, key TEXT METADATA FROM 'key', space TEXT METADATA FROM 'namespace', provider TEXT METADATA FROM 'provider', at TIMESTAMP NOT NULL METADATA FROM 'received', WATERMARK FOR at",
            $"connector = 'orleans', provider = 'p', namespace = 'ns', key = 'k1,k2'{Bad}",
            3,
            hasTime: true,
            new ManualTimeProvider(Now),
            log);

        Assert.Equal(["1|k1|ns|p|2026-03-04T05:06:07", "2|k1|ns|p|2026-03-04T05:06:07", "3|k2|ns|p|2026-03-04T05:06:07"], rows.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void KeyOfAnotherType_IsRefusedByTheWorkerToo()
    {
        var schema = new ArrowSchema(new ArrowField("n", ArrowType.Int64), new ArrowField("x", ArrowType.Int32));
        var memory = new CountingAllocator();

        var failure = Assert.Throws<FlowException>(() => new MessageColumns("s", schema, [new MetadataColumn { Column = "x", Key = "url" }], memory));

        Assert.Equal((FlowErrorCode.BadGraph, "The source 's' does not give 'url' as int32."), (failure.Code, failure.Message));
        Assert.Equal(0, memory.LiveBytes);
    }
}
