using Microsoft.AspNetCore.Http;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors.Web;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Tests.Streaming.Connectors.Conformance;
using OrleansFlow.Tests.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Connectors.Web;

[Conforms("sse")]
public sealed class SseTests : RecordSourceConformance
{
    private WebTestServer? _server;
    private bool _isEndless = true;

    protected override ArrowSchema Schema { get; } = new(new ArrowField("number", ArrowType.Int64));

    protected override int RowCount => 10_000;

    protected override bool IsEndless => _isEndless;

    protected override Task<ProgramOperator> PrepareAsync() => SourceAsync(async context =>
    {
        context.Response.ContentType = "text/event-stream";
        var id = context.Request.Headers["Last-Event-ID"].ToString();
        var first = id.Length == 0 ? 0 : int.Parse(id, System.Globalization.CultureInfo.InvariantCulture) + 1;
        for (var number = first; number < RowCount; number++)
        {
            await context.Response.WriteAsync($"id: {number}\ndata: {{\"number\":{number}}}\n\n", context.RequestAborted);
        }

        await WaitAsync(context);
    });

    protected override Task<ProgramOperator> PrepareBadAsync(bool drops) => SourceAsync(
        async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: {\"number\":0}\n\ndata: {\"number\":1}\n\ndata: nonsense\n\ndata: {\"number\":2}\n\ndata: {\"number\":3}\n\n", Token);
            await WaitAsync(context);
        },
        new SseConfig { Format = new FormatConfig { Kind = FormatKind.Json, DropsBadData = drops } });

    public override async ValueTask DisposeAsync()
    {
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        await base.DisposeAsync();
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ConnectionThatEndsInsideAnEvent_IsMadeAnewBehindTheLastOne()
    {
        var source = await SourceAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            var id = context.Request.Headers["Last-Event-ID"].ToString();
            if (id.Length == 0)
            {
                await context.Response.WriteAsync("id: a/1\ndata: {\"number\":1}\n\ndata: {\"number\":2", Token);
                return;
            }

            await context.Response.WriteAsync($"data: {{\"number\":{(id == "a/1" ? 2 : -1)}}}\n\n", Token);
            await WaitAsync(context);
        });

        Assert.Equal(["1", "2"], await ReadToTheEndAsync(source, null, 2));
        Assert.Equal(["", "a/1"], _server!.Requests.Select(headers => headers.GetValueOrDefault("Last-Event-ID", "")));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task EventsOfOtherTypes_ArePassedOver_ButTheirPlaceCounts()
    {
        var source = await SourceAsync(
            async context =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync("event: trade\nid: 1\ndata: {\"number\":1}\n\nevent: news\nid: 2\ndata: hello\n\n", Token);
                await WaitAsync(context);
            },
            new SseConfig { Events = { "trade", "quote" }, Format = new FormatConfig { Kind = FormatKind.Json } });
        Assert.Equal(["1"], await ReadToTheEndAsync(source, null, 1));
        var checkpoint = LastCheckpoint;

        await ReadToTheEndAsync(source, checkpoint, 1);

        Assert.Contains(_server!.Requests.Last().GetValueOrDefault("Last-Event-ID", ""), (string[])["1", "2"]);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task TypeAndIdOfAnEvent_AreColumnsOfItsRows_AlsoBehindARestart()
    {
        var source = await SourceAsync(
            async context =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync(
                    context.Request.Headers.ContainsKey("Last-Event-ID")
                        ? "data: {\"number\":4}\n\n"
                        : "data: {\"number\":1}\n\nevent: trade\nid: a\ndata: {\"number\":2}\n\nid: b\ndata: nonsense\n\nevent: quote\ndata: {\"number\":3}\n\n",
                    Token);
                await WaitAsync(context);
            },
            new SseConfig
            {
                Format = new FormatConfig { Kind = FormatKind.Json, DropsBadData = true },
                Metadata = { new MetadataColumn { Column = "last", Key = "id" }, new MetadataColumn { Column = "kind", Key = "event" } },
            });
        source.OutputSchema = ProgramSchema.Write(new ArrowSchema(new ArrowField("kind", ArrowType.Utf8), new ArrowField("number", ArrowType.Int64), new ArrowField("last", ArrowType.Utf8)));

        Assert.Equal(["message|1|null", "trade|2|a", "quote|3|b"], await ReadToTheEndAsync(source, null, 3));
        Assert.Equal(["message|4|b"], await ReadToTheEndAsync(source, LastCheckpoint, 1));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task AnswerWithoutContent_EndsTheSource()
    {
        _isEndless = false;
        var answers = 0;
        var source = await SourceAsync(async context =>
        {
            if (Interlocked.Increment(ref answers) > 1)
            {
                context.Response.StatusCode = 204;
                return;
            }

            context.Response.ContentType = "text/event-stream; charset=utf-8";
            await context.Response.WriteAsync("retry: 1\ndata: {\"number\":1}\n\n", Token);
        });

        Assert.Equal(["1"], await ReadToTheEndAsync(source, null, 1));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task AnswerOfAnotherType_EndsTheJob()
    {
        var source = await SourceAsync(context => context.Response.WriteAsync("{}", Token));

        var failure = await Assert.ThrowsAsync<FlowException>(() => ReadToTheEndAsync(source, null, 1));

        Assert.Equal(FlowErrorCode.BadOption, failure.Code);
        Assert.Contains("no text/event-stream", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task SilentConnection_IsMadeAnew()
    {
        var source = await SourceAsync(
            async context =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync(_server!.Requests.Count < 2 ? ": nothing yet\n" : "data: {\"number\":5}\n\n", Token);
                await WaitAsync(context);
            },
            new SseConfig { IdleTimeoutMicros = 20_000, Format = new FormatConfig { Kind = FormatKind.Json } });

        Assert.Equal("5", (await ReadToTheEndAsync(source, null, 1))[0]);
    }

    [Fact]
    public void Events_AreReadAsTheStandardSays()
    {
        var events = new SseEvents([], 20);
        var seen = new List<string>();
        var lines = "\uFEFFdata: a/data:b/data/:comment/id: 7///event: x//data: c/unknown: 1//data: ddddddddddddddddddddddddd//retry: 250/retry: x/id: 8/".Split('/');
        foreach (var line in lines)
        {
            if (events.TryEnd(System.Text.Encoding.UTF8.GetBytes(line), out var message))
            {
                seen.Add($"{(message.Payload is { } payload ? System.Text.Encoding.UTF8.GetString(payload.Span) : "-")} {message.Cursor} {message.Problem}");
            }
        }

        Assert.Equal(["a\nb\n 7 ", "c  ", "-  it is longer than 20 bytes", "- 8 "], seen);
        Assert.Equal(TimeSpan.FromMilliseconds(250), events.Retry);
    }

    private async Task<ProgramOperator> SourceAsync(RequestDelegate answer, SseConfig? config = null)
    {
        _server = await WebTestServer.StartAsync(answer);
        config ??= new SseConfig { Format = new FormatConfig { Kind = FormatKind.Json } };
        config.Endpoint = new WebEndpoint { Url = _server.Address + "/events", FirstBackoffMicros = 1_000 };
        return Jobs.Op("s", SseSource.Kind, Schema, config);
    }

    private static async Task WaitAsync(HttpContext context)
    {
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
    }
}
