using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors.Web;
using OrleansFlow.Tests.Streaming.Connectors.Conformance;
using OrleansFlow.Tests.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Connectors.Web;

[Conforms("websocket")]
public sealed class WebSocketTests : RecordSourceConformance
{
    private static readonly string[] WithABadOne = ["{\"number\":0}", "{\"number\":1}", "?", "{\"number\":2}", "{\"number\":3}"];

    private WebTestServer? _server;

    protected override ArrowSchema Schema { get; } = new(new ArrowField("number", ArrowType.Int64));

    protected override int RowCount => 10_000;

    protected override bool IsEndless => true;

    protected override Task<ProgramOperator> PrepareAsync() => SourceAsync(
        async (context, socket) =>
        {
            for (var number = WebTestServer.After(context) + 1; number < RowCount; number++)
            {
                await SayAsync(socket, $"{{\"number\":{number}}}");
            }

            await HearAsync(socket);
        },
        query: "?after={cursor}",
        config: new WebSocketConfig { Cursor = new WebCursor { Column = "number", Initial = "-1" } });

    protected override Task<ProgramOperator> PrepareBadAsync(bool drops) => SourceAsync(
        async (_, socket) =>
        {
            foreach (var text in WithABadOne)
            {
                await SayAsync(socket, text);
            }

            await HearAsync(socket);
        },
        new FormatConfig { Kind = FormatKind.Json, DropsBadData = drops });

    public override async ValueTask DisposeAsync()
    {
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        await base.DisposeAsync();
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Subscription_SaysWhereTheSourceStands_WheneverAConnectionIsMade()
    {
        var heard = new List<string>();
        var source = await SourceAsync(
            async (_, socket) =>
            {
                heard.Add(await HearAsync(socket));
                await SayAsync(socket, $"{{\"number\":{heard.Count * 10}}}");
                if (heard.Count == 1)
                {
                    await socket.CloseAsync(WebSocketCloseStatus.EndpointUnavailable, "later", Token);
                    return;
                }

                await HearAsync(socket);
            },
            config: new WebSocketConfig { Messages = { "{\"from\":\"{cursor}\"}" }, Cursor = new WebCursor { Column = "number", Initial = "start" } });

        Assert.Equal(["10", "20"], await ReadToTheEndAsync(source, null, 2));
        Assert.Equal(["{\"from\":\"start\"}", "{\"from\":\"10\"}"], heard);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task MessageOfSeveralFrames_IsOneRecord_AndHeadersAreSent()
    {
        var source = await SourceAsync(async (_, socket) =>
        {
            await socket.SendAsync("{\"num"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: false, Token);
            await socket.SendAsync("ber\":3}"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: true, Token);
            await HearAsync(socket);
        });

        Assert.Equal(["3"], await ReadToTheEndAsync(source, null, 1));
        Assert.Equal("k", _server!.Requests.First()["X-Key"]);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task MessageThatIsTooLong_IsBad()
    {
        var source = await SourceAsync(
            async (_, socket) =>
            {
                await SayAsync(socket, "{\"number\":3}" + new string(' ', 50_000));
                await HearAsync(socket);
            },
            new FormatConfig { Kind = FormatKind.Json, RecordBytesMax = 20_000 });

        var failure = await Assert.ThrowsAsync<FlowException>(() => ReadToTheEndAsync(source, null, 1));

        Assert.Contains("it is longer than 20000 bytes", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task EndpointThatRefuses_EndsTheJob()
    {
        _server = await WebTestServer.StartAsync(context =>
        {
            context.Response.StatusCode = 401;
            return Task.CompletedTask;
        });
        var source = Jobs.Op("s", WebSocketSource.Kind, Schema, new WebSocketConfig { Endpoint = new WebEndpoint { Url = _server.SocketAddress }, Format = new FormatConfig { Kind = FormatKind.Json } });

        var failure = await Assert.ThrowsAsync<FlowException>(() => ReadToTheEndAsync(source, null, 1));

        Assert.Equal(FlowErrorCode.BadOption, failure.Code);
    }

    private async Task<ProgramOperator> SourceAsync(Func<HttpContext, WebSocket, Task> talk, FormatConfig? format = null, string query = "", WebSocketConfig? config = null)
    {
        _server = await WebTestServer.StartAsync(async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            try
            {
                await talk(context, socket);
            }
            catch (WebSocketException)
            {
                // The other side has gone.
            }
        });
        config ??= new WebSocketConfig();
        config.Endpoint = new WebEndpoint { Url = _server.SocketAddress + "/feed" + query, FirstBackoffMicros = 1_000, Headers = { new WebHeader { Name = "X-Key", Value = "k" } } };
        config.Format = format ?? new FormatConfig { Kind = FormatKind.Json };
        return Jobs.Op("s", WebSocketSource.Kind, Schema, config);
    }

    private static Task SayAsync(WebSocket socket, string text) => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, Token);

    private static async Task<string> HearAsync(WebSocket socket)
    {
        var buffer = new byte[1_024];
        var read = await socket.ReceiveAsync(buffer, Token);
        return Encoding.UTF8.GetString(buffer, 0, read.Count);
    }
}
