using Microsoft.AspNetCore.Http;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors.Web;
using OrleansFlow.Tests.Streaming.Connectors.Conformance;
using OrleansFlow.Tests.Streaming.Dataflow;

namespace OrleansFlow.Tests.Streaming.Connectors.Web;

[Conforms("http_polling")]
public sealed class HttpPollingTests : RecordSourceConformance
{
    private const int PageRows = 100;
    private WebTestServer? _server;

    protected override ArrowSchema Schema { get; } = new(new ArrowField("number", ArrowType.Int64));

    protected override int RowCount => 5_000;

    protected override bool IsEndless => true;

    protected override async Task<ProgramOperator> PrepareAsync()
    {
        var address = await ServeAsync(context =>
        {
            var first = WebTestServer.After(context) + 1;
            return context.Response.WriteAsync($"[{string.Join(",", Enumerable.Range(first, Math.Clamp(RowCount - first, 0, PageRows)).Select(number => $"{{\"number\":{number}}}"))}]", context.RequestAborted);
        });
        return Source(new HttpPollingConfig
        {
            Endpoint = new WebEndpoint { Url = address + "/rows?after={cursor}" },
            Format = new FormatConfig { Kind = FormatKind.Json, Framing = FramingKind.JsonArray },
            Cursor = new WebCursor { Column = "number", Initial = "-1" },
        });
    }

    protected override async Task<ProgramOperator> PrepareBadAsync(bool drops)
    {
        var format = new FormatConfig { Kind = FormatKind.Json, Framing = FramingKind.JsonArray, DropsBadData = drops };
        return Source(await ConfigAsync(context => context.Response.WriteAsync("[{\"number\":0},{\"number\":1},{\"number\":\"x\"},{\"number\":2},{\"number\":3}]", Token), format));
    }

    public override async ValueTask DisposeAsync()
    {
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        await base.DisposeAsync();
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task AnswerThatDidNotChange_IsPassedOver_AlsoBehindARestart()
    {
        var answers = 0;
        var config = await ConfigAsync(context => context.Response.WriteAsync($"{{\"number\":{Interlocked.Increment(ref answers) / 3}}}", Token));
        config.EmitsChangedOnly = true;
        var first = await ReadToTheEndAsync(Source(config), null, 2);
        answers = 2;
        var second = await ReadToTheEndAsync(Source(config), LastCheckpoint, 1);

        Assert.Equal(["0", "1"], first);
        Assert.Equal("2", second[0]);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task EveryAnswer_IsRead_IfNothingElseIsSaid()
    {
        var rows = await ReadToTheEndAsync(Source(await ConfigAsync(context => context.Response.WriteAsync("{\"number\":7}", Token))), null, 3);

        Assert.Equal(["7", "7", "7"], rows[..3]);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task AnswerOfCsv_HasItsOwnNames()
    {
        var rows = await ReadToTheEndAsync(Source(await ConfigAsync(context => context.Response.WriteAsync("other,number\nx,1\ny,2\n", Token), new FormatConfig { Kind = FormatKind.Csv })), null, 2);

        Assert.Equal(["1", "2"], rows[..2]);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task RequestsHaveTheMethodTheBodyAndTheHeadersThatAreAskedFor_WithTheSecretsOfTheWorker()
    {
        Environment.SetEnvironmentVariable("FLOW_SECRET_POLLING_TEST", "s3cret");
        var asked = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var config = await ConfigAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            asked.TrySetResult($"{context.Request.Method} {await reader.ReadToEndAsync(Token)} {context.Request.Headers.Authorization} {context.Request.ContentType}");
            await context.Response.WriteAsync("{\"number\":1}", Token);
        });
        config.Endpoint.Method = "PUT";
        config.Endpoint.Body = "<ask/>";
        config.Endpoint.Headers.Add(new WebHeader { Name = "Authorization", Value = "Bearer ${POLLING_TEST}" });
        config.Endpoint.Headers.Add(new WebHeader { Name = "Content-Type", Value = "application/xml" });

        await ReadToTheEndAsync(Source(config), null, 1);

        Assert.Equal("PUT <ask/> Bearer s3cret application/xml", await asked.Task);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task SecretThatTheWorkerDoesNotHave_EndsTheJob_AndIsNamed()
    {
        var config = await ConfigAsync(_ => Task.CompletedTask);
        config.Endpoint.Headers.Add(new WebHeader { Name = "X-Key", Value = "${NO_SUCH_SECRET}" });

        var failure = await Assert.ThrowsAsync<FlowException>(() => ReadToTheEndAsync(Source(config), null, 1));

        Assert.Equal(FlowErrorCode.BadOption, failure.Code);
        Assert.Equal("The header X-Key of 's' names the secret ${NO_SUCH_SECRET}, and the worker has no environment variable FLOW_SECRET_NO_SUCH_SECRET. Set it where the worker is started.", failure.Message);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ServiceThatIsBusy_IsAskedAgain()
    {
        var asked = 0;
        var rows = await ReadToTheEndAsync(Source(await ConfigAsync(context =>
        {
            context.Response.StatusCode = Interlocked.Increment(ref asked) < 3 ? 503 : 200;
            return context.Response.WriteAsync("{\"number\":1}", Token);
        })), null, 1);

        Assert.Equal("1", rows[0]);
        Assert.InRange(asked, 3, int.MaxValue);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(503, FlowErrorCode.StoreUnavailable, "Source 's' failed 3 times in a row at ", "it answered 503 Service Unavailable: not now. Look after the other end, or raise retry.max_attempts.")]
    [InlineData(404, FlowErrorCode.BadOption, "", "refuses the request: it answered 404 Not Found: not now. Correct the options endpoint, method, headers or body.")]
    public async Task ServiceThatNeverAnswersWell_EndsTheJob(int status, FlowErrorCode code, string start, string end)
    {
        var config = await ConfigAsync(context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync("not now", Token);
        });
        config.Endpoint.AttemptsMax = 3;
        var failure = await Assert.ThrowsAsync<FlowException>(() => ReadToTheEndAsync(Source(config), null, 1));

        Assert.Equal(code, failure.Code);
        Assert.StartsWith(start, failure.Message, StringComparison.Ordinal);
        Assert.EndsWith(end, failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ServiceThatDoesNotAnswer_IsGivenUp()
    {
        var config = await ConfigAsync(context => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted));
        (config.Endpoint.AttemptsMax, config.Endpoint.TimeoutMicros) = (1, 20_000);

        var failure = await Assert.ThrowsAsync<FlowException>(() => ReadToTheEndAsync(Source(config), null, 1));

        Assert.Equal(FlowErrorCode.StoreUnavailable, failure.Code);
        Assert.Contains("nothing came within 00:00:00.0200000 (timeout)", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task AnswerThatIsTooLong_IsBad()
    {
        var config = await ConfigAsync(context => context.Response.WriteAsync("{\"number\":1}" + new string(' ', 100_000), Token), new FormatConfig { Kind = FormatKind.Json, RecordBytesMax = 1_000 });

        var failure = await Assert.ThrowsAsync<FlowException>(() => ReadToTheEndAsync(Source(config), null, 1));

        Assert.Contains("it is longer than 1000 bytes", failure.Message, StringComparison.Ordinal);
    }

    private ProgramOperator Source(HttpPollingConfig config) => Jobs.Op("s", HttpPollingSource.Kind, Schema, config);

    private async Task<HttpPollingConfig> ConfigAsync(RequestDelegate answer, FormatConfig? format = null) => new()
    {
        Endpoint = new WebEndpoint { Url = await ServeAsync(answer) + "/rows", FirstBackoffMicros = 1_000 },
        Format = format ?? new FormatConfig { Kind = FormatKind.Json },
        IntervalMicros = 1_000,
    };

    private async Task<string> ServeAsync(RequestDelegate answer)
    {
        _server = await WebTestServer.StartAsync(answer);
        return _server.Address;
    }
}
