using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Calls;

/// <summary>Tokens that travel as arguments.</summary>
public sealed class GrainCancellationTokenTests : IAsyncLifetime
{
    private InProcessTestCluster _cluster = null!;

    private ICancelledGrain Grain => _cluster.Client.GetGrain<ICancelledGrain>("a");

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync(silos: 2);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Theory(Timeout = 30_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancel_ReachesTheCallee_EvenBehindAnother(bool throughAnother)
    {
        using var source = new GrainCancellationTokenSource();
        var name = $"cancel {throughAnother}";
        var waiting = CancelledGrain.Waiting[name] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var call = throughAnother ? Grain.WaitThroughAnotherAsync(source.Token, name) : Grain.WaitAsync(source.Token, name);
        await waiting.Task;

        Assert.False(source.IsCancellationRequested);
        await source.Cancel();

        Assert.True(await call);
        Assert.True(source.IsCancellationRequested);
        Assert.True(source.Token.CancellationToken.IsCancellationRequested);
        await source.Cancel();
    }

    [Fact(Timeout = 30_000)]
    public async Task CancelledToken_ArrivesCancelled()
    {
        using var source = new GrainCancellationTokenSource();
        Assert.False(await Grain.IsCancelledAsync(source.Token));

        await source.Cancel();

        Assert.True(await Grain.IsCancelledAsync(source.Token));
    }

    [Fact(Timeout = 30_000)]
    public async Task Callback_OfACallee_RunsInItsTurns()
    {
        using var source = new GrainCancellationTokenSource();
        var waiting = CancelledGrain.Waiting["callback"] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var call = Grain.CallbackRunsInTurnsAsync(source.Token, "callback");
        await waiting.Task;

        await source.Cancel();

        Assert.True(await call);
    }

    [Fact(Timeout = 30_000)]
    public async Task Callback_ThatThrows_FailsTheCancel_AndHindersNobody()
    {
        using var source = new GrainCancellationTokenSource();
        var waiting = CancelledGrain.Waiting["thrower"] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await Grain.ThrowFromCallbackAsync(source.Token);
        var call = _cluster.Client.GetGrain<ICancelledGrain>("b").WaitAsync(source.Token, "thrower");
        await waiting.Task;

        var exception = await Assert.ThrowsAsync<AggregateException>(source.Cancel);

        Assert.Equal("from a callback", exception.InnerException?.Message);
        Assert.True(await call);
    }
}
