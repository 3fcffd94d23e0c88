using Microsoft.AspNetCore.Http;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Tests.Streaming.Sql;
using OrleansFlow.Tests.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Connectors.Web;

public sealed class WebTableTests : IAsyncLifetime
{
    private EngineInstance? _engine;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _engine = await EngineInstance.OpenAsync(null, Token);

    public ValueTask DisposeAsync() => _engine!.DisposeAsync();

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task EventsOfAService_AreATable_AndRowsAreSentToAnother()
    {
        var bodies = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var server = await WebTestServer.StartAsync(async context =>
        {
            if (context.Request.Method == "POST")
            {
                using var reader = new StreamReader(context.Request.Body);
                bodies.Enqueue(await reader.ReadToEndAsync(Token));
                return;
            }

            if (context.Request.Headers.ContainsKey("Last-Event-ID"))
            {
                context.Response.StatusCode = 204;
                return;
            }

            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("id: 1\nretry: 1\ndata: {\"at\":\"2026-01-02T03:04:05Z\",\"v\":2}\n\nid: 2\ndata: {\"at\":\"2026-01-02T03:04:06Z\",\"v\":3}\n\n", Token);
        });

        await StreamJobRun.RunAsync(
            $"""
            CREATE TABLE events (at TIMESTAMP NOT NULL, kind TEXT METADATA FROM 'event', v BIGINT, WATERMARK FOR at) WITH (connector = 'sse', endpoint = '{server.Address}/events');
            CREATE TABLE hook (total BIGINT) WITH (connector = 'webhook', endpoint = '{server.Address}/hook', headers = 'X-A: 1; X-B: 2');
            INSERT INTO hook SELECT sum(v)::BIGINT FROM events WHERE kind = 'message' GROUP BY tumble(INTERVAL '1 minute');
            """,
            new WindowEvents(0, 0),
            _engine!,
            parallelism: 2,
            Token);

        Assert.Equal("{\"total\":5}", Assert.Single(bodies));
    }

    [Theory]
    [InlineData("connector = 'sse'", "needs the option endpoint, for example endpoint = 'https://example.org/events'")]
    [InlineData("connector = 'sse', endpoint = 'ftp://example.org'", "it is an absolute address that begins with http:// or https://")]
    [InlineData("connector = 'websocket', endpoint = 'https://example.org'", "it is an absolute address that begins with ws:// or wss://")]
    [InlineData("connector = 'sse', endpoint = 'http://x', headers = 'no colon'", "the option headers is no list of 'Name: value'")]
    [InlineData("connector = 'sse', endpoint = 'http://x', retry.max_attempts = '0'", "the option retry.max_attempts is '0'; it is a whole number of at least 1 and at most 1000")]
    [InlineData("connector = 'sse', endpoint = 'http://x', timeout = '2 hours'", "the option timeout is '2 hours'; it is a length of time of 00:00:00.0010000 to 01:00:00")]
    [InlineData("connector = 'sse', endpoint = 'http://x', format = 'parquet'", "the option format is 'parquet', which is one of files")]
    [InlineData("connector = 'http_polling', endpoint = 'http://x?a={cursor}'", "the option cursor.column and {cursor} in what is sent belong together")]
    [InlineData("connector = 'http_polling', endpoint = 'http://x?a={cursor}', cursor.column = 'none'", "the option cursor.column is 'none'; the table has the columns: at")]
    [InlineData("connector = 'http_polling', endpoint = 'http://x', emit_behavior = 'some'", "it is one of: all, changed")]
    [InlineData("connector = 'http_polling', endpoint = 'http://x', method = 'a b'", "it is a word such as GET")]
    [InlineData("connector = 'http_polling', endpoint = 'http://x', framing.method = 'json_array', format = 'csv'", "which messages of the format json alone have")]
    [InlineData("connector = 'single_file', path = '/x.json', framing.method = 'json_array'", "which messages of the format json alone have")]
    [InlineData("connector = 'webhook', endpoint = 'http://x'", "attempted to read from table 't', but it is a sink")]
    public async Task WrongOption_IsToldWhenTheTextIsPlanned(string options, string problem)
    {
        var failure = await Assert.ThrowsAsync<FlowException>(() => StreamJobRun.RunAsync(
            $"CREATE TABLE t (at TIMESTAMP NOT NULL, WATERMARK FOR at) WITH ({options}); SELECT * FROM t;", new WindowEvents(0, 0), _engine!, parallelism: 1, Token));

        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
    }
}
