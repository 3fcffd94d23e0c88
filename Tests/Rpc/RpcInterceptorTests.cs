using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Server;
using OrleansFlow.Tests.Rpc.Protos;

namespace OrleansFlow.Tests.Rpc;

/// <summary>What runs around calls: order, metadata, refusals, and the end that each side sees.</summary>
public sealed class RpcInterceptorTests
{
    private const int TimeoutMs = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = TimeoutMs)]
    public async Task Client_Several_RunInOrderAndAddMetadata()
    {
        await using var host = await EchoHost.StartAsync();
        var log = new ConcurrentQueue<string>();
        await using var channel = host.Connect(new RpcChannelOptions { Interceptors = [new Recording("a", log), new Recording("b", log)] });

        var result = await channel.UnaryWithMetadataAsync(EchoMethods.Say, new EchoRequest(), new(CancellationToken: Token));

        // The HTTP client joins what stands under one key, as the protocol allows.
        Assert.Equal("a, b", result.Headers.GetValue("x-by"));
        Assert.Equal(["a begins Unary", "b begins Unary", "b ends Ok", "a ends Ok"], log);
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData("", "Ok")]
    [InlineData("fail", "NotFound")]
    [InlineData("forever", "Cancelled")]
    public async Task Client_OfAStream_EndsWithTheStream(string text, string expected)
    {
        await using var host = await EchoHost.StartAsync();
        var log = new ConcurrentQueue<string>();
        await using var channel = host.Connect(new RpcChannelOptions { Interceptors = [new Recording("a", log)] });
        try
        {
            await foreach (var reply in channel.ServerStreaming(EchoMethods.Repeat, new EchoRequest { Count = 3, Text = text }).WithCancellation(Token))
            {
                Assert.Equal(["a begins ServerStreaming"], log);
                if (text == "forever")
                {
                    break;
                }
            }
        }
        catch (RpcException exception)
        {
            Assert.Equal(expected, exception.Code.ToString());
        }

        Assert.Equal(["a begins ServerStreaming", $"a ends {expected}"], log);
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Client_OfADuplexCall_EndsWithItsDeadline()
    {
        await using var host = await EchoHost.StartAsync();
        var log = new ConcurrentQueue<string>();
        await using var channel = host.Connect(new RpcChannelOptions { Interceptors = [new Recording("a", log)] });
        await using (var call = channel.Duplex(EchoMethods.Chat, new(Deadline: TimeSpan.FromMilliseconds(100))))
        {
            var failure = await Assert.ThrowsAsync<RpcException>(() => call.ReadAllAsync(Token).CountAsync(Token).AsTask());
            Assert.Equal(RpcStatusCode.DeadlineExceeded, failure.Code);
        }

        Assert.Equal(["a begins Duplex", "a ends DeadlineExceeded"], log);
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData("refuse", RpcStatusCode.Unauthenticated)]
    [InlineData("return", RpcStatusCode.Internal)]
    [InlineData("wait", RpcStatusCode.DeadlineExceeded)]
    public async Task Client_ThatDoesNotGoOn_FailsTheCallUnsent(string behaviour, RpcStatusCode expected)
    {
        await using var host = await EchoHost.StartAsync();
        await using var channel = host.Connect(new RpcChannelOptions { Interceptors = [new Stopping(behaviour)] });

        var unary = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            EchoMethods.Wait, new EchoRequest(), new(Deadline: TimeSpan.FromMilliseconds(200), CancellationToken: Token)));
        await using var call = channel.Duplex(EchoMethods.Chat, new(Deadline: TimeSpan.FromMilliseconds(200), CancellationToken: Token));
        var written = await Assert.ThrowsAsync<RpcException>(() => call.WriteAsync(new EchoRequest(), Token).AsTask());

        Assert.Equal((expected, expected), (unary.Code, written.Code));
        Assert.False(host.Service.Waiting.IsCompleted);
    }

    [Theory(Timeout = TimeoutMs)]
    [InlineData("hello", "Ok")]
    [InlineData("fail", "NotFound")]
    [InlineData("crash", "Unknown")]
    public async Task Server_SeesTheStatusThatTheCallerGets(string text, string expected)
    {
        var recording = new ServerRecording();
        await using var host = await EchoHost.StartAsync(services: services => services.AddSingleton<IRpcServerInterceptor>(recording));
        await using var channel = host.Connect();

        await Record.ExceptionAsync(() => channel.UnaryAsync(EchoMethods.Say, new EchoRequest { Text = text }, new(CancellationToken: Token)));

        Assert.Equal(expected, Assert.Single(recording.Ends));
    }

    [Fact(Timeout = TimeoutMs)]
    public async Task Telemetry_OfBothSides_SharesATraceAndCountsByStatus()
    {
        var activities = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is RpcTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activities.Add,
        };
        ActivitySource.AddActivityListener(listener);
        var durations = new ConcurrentBag<(string Name, string? Service, string? Method, string? Status)>();
        using var meters = new MeterListener();
        meters.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == RpcTelemetry.Name)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        meters.SetMeasurementEventCallback<double>((instrument, _, tags, _) => durations.Add(
            (instrument.Name, Tag(tags, "rpc.service"), Tag(tags, "rpc.method"), Tag(tags, "rpc.grpc.status_code"))));
        meters.Start();
        await using var host = await EchoHost.StartAsync(services: services => services.AddRpcTelemetry().AddRpcTelemetry());
        await using (var channel = host.Connect(new RpcChannelOptions { Interceptors = [RpcTelemetry.Client()] }))
        {
            await Assert.ThrowsAsync<RpcException>(
                () => channel.UnaryAsync(EchoMethods.Say, new EchoRequest { Text = "fail" }, new(CancellationToken: Token)));
        }

        await host.StopAsync();
        var client = Assert.Single(activities, activity => activity.Kind == ActivityKind.Client);
        var server = Assert.Single(activities, activity => activity.Kind == ActivityKind.Server);
        Assert.Equal("orleansflow.tests.Echo/Say", client.OperationName);
        Assert.Equal((client.OperationName, client.TraceId), (server.OperationName, server.TraceId));
        Assert.Equal(("5", ActivityStatusCode.Error), (server.GetTagItem("rpc.grpc.status_code"), client.Status));
        Assert.Contains(("rpc.client.call.duration", "orleansflow.tests.Echo", "Say", "5"), durations);
        Assert.Contains(("rpc.server.call.duration", "orleansflow.tests.Echo", "Say", "5"), durations);
    }

    private static string? Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (var (key, value) in tags)
        {
            if (key == name)
            {
                return value?.ToString();
            }
        }

        return null;
    }

    private sealed class Recording(string name, ConcurrentQueue<string> log) : IRpcClientInterceptor
    {
        public async Task InterceptAsync(RpcClientContext context, Func<Task> nextAsync)
        {
            context.Metadata.Add("x-by", name);
            log.Enqueue($"{name} begins {context.Kind}");
            try
            {
                await nextAsync();
                log.Enqueue($"{name} ends Ok");
            }
            catch (RpcException exception)
            {
                log.Enqueue($"{name} ends {exception.Code}");
                throw;
            }
        }
    }

    private sealed class Stopping(string behaviour) : IRpcClientInterceptor
    {
        public Task InterceptAsync(RpcClientContext context, Func<Task> nextAsync) => behaviour switch
        {
            "refuse" => throw new RpcException(RpcStatusCode.Unauthenticated, "There is no token."),
            "wait" => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken),
            _ => Task.CompletedTask,
        };
    }

    private sealed class ServerRecording : IRpcServerInterceptor
    {
        public ConcurrentQueue<string> Ends { get; } = [];

        public async Task InterceptAsync(RpcServerContext context, Func<Task> nextAsync)
        {
            try
            {
                await nextAsync();
                Ends.Enqueue("Ok");
            }
            catch (RpcException exception)
            {
                Ends.Enqueue(exception.Code.ToString());
                throw;
            }
        }
    }
}
