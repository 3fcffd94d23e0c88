using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Web;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Tests.Streaming.Connectors.Conformance;
using OrleansFlow.Tests.Streaming.Dataflow;
using OrleansFlow.Tests.Streaming.Operators;

namespace OrleansFlow.Tests.Streaming.Connectors.Web;

[Conforms("webhook")]
public sealed partial class WebhookTests : SinkConformance
{
    private readonly ConcurrentQueue<string> _bodies = new();
    private WebTestServer? _server;
    private Func<HttpContext, Task> _before = _ => Task.CompletedTask;

    protected override StreamOperator Sink() => Sink(new WebhookConfig());

    protected override Task<IReadOnlyList<long>> VisibleAsync() =>
        Task.FromResult<IReadOnlyList<long>>([.. _bodies.SelectMany(body => Numbers().Matches(body)).Select(match => long.Parse(match.ValueSpan, CultureInfo.InvariantCulture))]);

    public override async ValueTask InitializeAsync() => _server = await WebTestServer.StartAsync(async context =>
    {
        await _before(context);
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        if (context.Response.StatusCode == 200)
        {
            _bodies.Enqueue($"{context.Request.Method} {context.Request.ContentType} {body}");
        }
    });

    public override async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        await base.DisposeAsync();
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(0, FramingKind.Unspecified, "POST application/json {\"number\":0}|POST application/json {\"number\":1}|POST application/json {\"number\":2}")]
    [InlineData(2, FramingKind.Unspecified, "POST application/x-ndjson {\"number\":0}\n{\"number\":1}\n|POST application/x-ndjson {\"number\":2}\n")]
    [InlineData(3, FramingKind.JsonArray, "POST application/json [{\"number\":0},{\"number\":1},{\"number\":2}]")]
    public async Task Rows_AreSentInRequests_AsTheTableAsksFor(int batchRows, FramingKind framing, string wanted)
    {
        await using var sink = await StartAsync(new WebhookConfig { BatchRows = batchRows, InFlightMax = 1, Rows = new RowSinkConfig { Format = new FormatConfig { Kind = FormatKind.Json, Framing = framing } } });
        await sink.ProcessAsync(Rows.Of(3));
        await sink.CheckpointAsync();

        Assert.Equal(wanted, string.Join("|", _bodies));
        Assert.All(_server!.Requests, headers => Assert.Equal("k", headers["X-Key"]));
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(0, "POST avro/binary \u0002|POST avro/binary \u0004")]
    [InlineData(2, "POST application/octet-stream \0\0\0\u0001\u0002\0\0\0\u0001\u0004")]
    public async Task BinaryRows_HaveTheirLengthBeforeThem_WhereARequestHoldsSeveral(int batchRows, string wanted)
    {
        var format = new FormatConfig { Kind = FormatKind.Avro, AvroSchema = """{"type": "record", "name": "R", "fields": [{"name": "number", "type": "long"}]}""" };
        await using var sink = await StartAsync(new WebhookConfig { BatchRows = batchRows, InFlightMax = 1, Rows = new RowSinkConfig { Format = format } });
        await sink.ProcessAsync(Rows.Of(2, 1));
        await sink.CheckpointAsync();

        Assert.Equal(wanted, string.Join("|", _bodies));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task NoMoreRequestsThanAllowed_AreUnderWay()
    {
        var (now, most, gate) = (0, 0, new Lock());
        var full = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _before = async _ =>
        {
            lock (gate)
            {
                most = Math.Max(most, ++now);
                if (now == 3)
                {
                    full.TrySetResult();
                }
            }

            await full.Task;
            lock (gate)
            {
                now--;
            }
        };
        await using var sink = await StartAsync(new WebhookConfig { InFlightMax = 3 });

        await sink.ProcessAsync(Rows.Of(50));
        await sink.CheckpointAsync();

        Assert.Equal(3, most);
        await CheckVisibleAsync([.. Enumerable.Range(0, 50).Select(number => (long)number)]);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ServiceThatIsBusy_IsToldAgain_AndEachRowCounts()
    {
        var asked = 0;
        _before = context =>
        {
            context.Response.StatusCode = Interlocked.Increment(ref asked) % 3 == 0 ? 200 : 429;
            context.Response.Headers.RetryAfter = "0";
            return Task.CompletedTask;
        };
        await using var sink = await StartAsync(new WebhookConfig { InFlightMax = 1 });

        await sink.ProcessAsync(Rows.Of(3));
        await sink.CheckpointAsync();

        await CheckVisibleAsync(0, 1, 2);
        Assert.Equal(9, asked);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(500, FlowErrorCode.StoreUnavailable, "Sink 'one' failed 3 times in a row at ", 3)]
    [InlineData(400, FlowErrorCode.BadOption, "http", 1)]
    public async Task ServiceThatNeverTakesARow_FailsTheCheckpoint(int status, FlowErrorCode code, string start, int requests)
    {
        _before = context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        };
        await using var sink = await StartAsync(new WebhookConfig());
        await sink.ProcessAsync(Rows.Of(1));

        var failure = await Assert.ThrowsAsync<FlowException>(() => sink.CheckpointAsync());

        Assert.Equal(code, failure.Code);
        Assert.StartsWith(start, failure.Message, StringComparison.Ordinal);
        Assert.Equal(requests, _server!.Requests.Count);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Cancellation_EndsTheWaitForAService_AndDisposalEndsItsRequests()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _before = async context =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        };
        await using var sink = await StartAsync(new WebhookConfig { InFlightMax = 1 });
        using var cancel = new CancellationTokenSource();
        var processing = sink.Operator.ProcessAsync(Rows.Of(2), 0, sink, cancel.Token).AsTask();
        await asked.Task;

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => processing);
    }

    private Task<OperatorHarness> StartAsync(WebhookConfig config) => OperatorHarness.StartAsync(Sink(config), Rows.Numbers, State, null, TimeProvider.System);

    private WebhookSink Sink(WebhookConfig config)
    {
        config.Endpoint = new WebEndpoint { Url = _server!.Address + "/hook", AttemptsMax = 3, FirstBackoffMicros = 1_000, Headers = { new WebHeader { Name = "X-Key", Value = "k" } } };
        return new WebhookSink(config);
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Numbers();
}
