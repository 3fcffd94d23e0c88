using System.Collections.Concurrent;
using System.Diagnostics;
using Orleans.Diagnostics;
using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Calls;

/// <summary>Traces under the names that Orleans uses.</summary>
public sealed class TracingTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivitySource _source = new($"{nameof(TracingTests)}.{Guid.NewGuid()}");
    private ActivityListener _listener = null!;
    private InProcessTestCluster _cluster = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await TestClusters.StartAsync(
            configure: static silo => silo.AddActivityPropagation(), configureClient: static client => client.AddActivityPropagation());
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("Microsoft.Orleans.", StringComparison.Ordinal) || source.Name == _source.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        _source.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact(Timeout = 30_000)]
    public async Task Call_BetweenGrains_IsOneTrace()
    {
        var grain = _cluster.Client.GetGrain<IFilteredGrain>("traced");

        var inner = await grain.TraceOfAnotherAsync();

        var trace = ActivityContext.Parse(inner, null).TraceId;
        var spans = _ended.Where(span => span.TraceId == trace).ToDictionary(span => (span.Kind, span.OperationName));
        var outerServer = spans[(ActivityKind.Server, "IFilteredGrain/TraceOfAnotherAsync")];
        var client = spans[(ActivityKind.Client, "IFilteredGrain/TraceAsync")];
        var server = spans[(ActivityKind.Server, "IFilteredGrain/TraceAsync")];
        Assert.Equal(outerServer.SpanId, client.ParentSpanId);
        Assert.Equal(client.SpanId, server.ParentSpanId);
        Assert.Equal(inner, server.Id);
        Assert.Equal(ActivitySources.ApplicationGrainActivitySourceName, server.Source.Name);
        Assert.Equal("orleans", server.GetTagItem("rpc.system"));
        Assert.Equal(typeof(IFilteredGrain).FullName, server.GetTagItem("rpc.service"));
        Assert.Equal("TraceAsync", server.GetTagItem("rpc.method"));
        Assert.Equal("filtered/another", server.GetTagItem("rpc.orleans.target_id"));
        Assert.Equal("filtered/traced", server.GetTagItem("rpc.orleans.source_id"));
    }

    [Fact(Timeout = 30_000)]
    public async Task Call_OfAClient_ContinuesItsTrace()
    {
        using var mine = _source.StartActivity("mine")!;

        var server = await _cluster.Client.GetGrain<IFilteredGrain>("from a client").TraceAsync();

        Assert.Equal(mine.TraceId, ActivityContext.Parse(server, null).TraceId);
        var client = Assert.Single(_ended, span => span.TraceId == mine.TraceId && span.Kind == ActivityKind.Client);
        Assert.Equal(mine.SpanId, client.ParentSpanId);
        Assert.Equal(client.SpanId, Assert.Single(_ended, span => span.TraceId == mine.TraceId && span.Kind == ActivityKind.Server).ParentSpanId);
    }

    [Fact(Timeout = 30_000)]
    public async Task Call_ThatFails_MarksItsSpan()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => _cluster.Client.GetGrain<IFilteredGrain>("failing").FailAsync("broken"));

        var span = Assert.Single(_ended, span => span.OperationName == "IFilteredGrain/FailAsync" && span.Kind == ActivityKind.Server
            && (string?)span.GetTagItem("rpc.orleans.target_id") == "filtered/failing");
        Assert.Equal(ActivityStatusCode.Error, span.Status);
        Assert.Equal("broken", span.GetTagItem("exception.message"));
        Assert.Equal(typeof(InvalidOperationException).FullName, span.GetTagItem("exception.type"));
    }

    [Fact(Timeout = 30_000)]
    public async Task Call_WithoutAListener_IsNotTraced()
    {
        _listener.Dispose();

        Assert.Equal("", await _cluster.Client.GetGrain<IFilteredGrain>("quiet").TraceAsync());
    }

    [Theory]
    [InlineData(ActivitySources.ApplicationGrainActivitySourceName, "Microsoft.Orleans.Application")]
    [InlineData(ActivitySources.RuntimeActivitySourceName, "Microsoft.Orleans.Runtime")]
    public void SourceNames_AreThoseOfOrleans(string name, string expected) => Assert.Equal(expected, name);
}
