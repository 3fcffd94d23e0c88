using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Observers;

public sealed class ObserverTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _clock = new();
    private readonly string _key = Guid.NewGuid().ToString("N");
    private readonly Recorder _recorder = new();
    private InProcessTestCluster _cluster = null!;

    private INewsGrain Grain => _cluster.Client.GetGrain<INewsGrain>(_key);

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync(silos: 2, clock: _clock);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task VoidMethod_ReachesTheObject_WithTheRequestContext()
    {
        await Grain.SubscribeAsync(Refer());
        RequestContext.Set("who", "the test");

        await Grain.PublishAsync("one");
        await Grain.PublishAsync("two");

        await TestClusters.UntilAsync(() => _recorder.All.Length == 2);
        Assert.Equal(["one", "two"], _recorder.All);
        Assert.Equal("the test", _recorder.ContextValue);
    }

    [Fact(Timeout = 30_000)]
    public async Task MethodWithResult_Answers_OneAfterTheOther_OutsideTheGrainsTurn()
    {
        var reference = Refer();

        var answers = await Task.WhenAll(Enumerable.Range(1, 20).Select(number =>
            _cluster.Client.GetGrain<INewsGrain>($"{_key}{number}").AskAsync(reference, number)));

        Assert.Equal(Enumerable.Range(1, 20).Select(number => number * 2), answers);
        Assert.False(_recorder.WasInterleaved);
        Assert.False(_recorder.RanInGrain);
    }

    [Fact(Timeout = 30_000)]
    public async Task FailingMethod_FailsItsCaller()
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => Grain.AskAsync(Refer(), -1));

        Assert.Equal("as asked", exception.Message);
    }

    [Fact(Timeout = 30_000)]
    public async Task OneWayMethod_DoesNotWait()
    {
        await Refer().ToldAsync("news");

        await TestClusters.UntilAsync(() => _recorder.All.Length == 1);
    }

    [Fact(Timeout = 30_000)]
    public async Task Reference_SurvivesInStoredState()
    {
        var reference = Refer();
        await Grain.KeepAsync(reference);
        await _cluster.DeactivateAsync(Grain);

        Assert.Equal(8, await Grain.AskKeptAsync(4));
        Assert.Equal(reference, await Grain.KeptAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task DeletedReference_TimesOut_AndCannotBeDeletedAgain()
    {
        var reference = Refer();
        _cluster.Client.DeleteObjectReference<INewsObserver>(reference);

        var call = reference.AskAsync(1);
        await _clock.AdvanceUntilAsync(TimeSpan.FromSeconds(5), () => call.IsCompleted);

        await Assert.ThrowsAsync<TimeoutException>(() => call);
        Assert.Throws<ArgumentException>(() => _cluster.Client.DeleteObjectReference<INewsObserver>(reference));
    }

    [Fact(Timeout = 30_000)]
    public async Task CollectedObject_TimesOut()
    {
        var reference = ReferToNothing();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        var call = reference.AskAsync(1);
        await _clock.AdvanceUntilAsync(TimeSpan.FromSeconds(5), () => call.IsCompleted);

        await Assert.ThrowsAsync<TimeoutException>(() => call);
    }

    [Fact(Timeout = 30_000)]
    public async Task ReferenceOfAGoneClient_Fails()
    {
        var reference = Refer();
        await _cluster.StopClusterClientAsync();
        await _cluster.InitializeClientAsync(TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<ClientNotAvailableException>(() => Grain.AskAsync(reference, 1));
    }

    [Fact(Timeout = 30_000)]
    public async Task ReferenceMadeByAGrain_IsCalledFromAnySilo_UntilItsSiloIsGone()
    {
        Assert.Equal(6, await Grain.AskOwnAsync(3));
        var reference = await Grain.ReferToOwnAsync();
        var other = _cluster.Silos.First(silo => !HostsGrain(silo)).ServiceProvider.GetRequiredService<IGrainFactory>();
        Assert.Equal(10, await other.GetGrain<INewsGrain>(_key + "/other").AskAsync(reference, 5));
        await Grain.ForgetOwnAsync();
        await _cluster.KillSiloAsync(_cluster.Silos.First(HostsGrain));

        await Assert.ThrowsAsync<ClientNotAvailableException>(() => Grain.AskAsync(reference, 1));
    }

    [Fact(Timeout = 30_000)]
    public async Task GrainThatIsAnObserver_PassesItself()
    {
        var listener = _cluster.Client.GetGrain<IListeningGrain>(_key);
        await listener.ListenAsync(_key);

        await Grain.PublishAsync("one");
        Assert.Equal(5, await Grain.AskGrainAsync(_key, 4));

        Assert.Equal(["one"], await listener.HeardAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task CancelledCall_CancelsTheObserversToken()
    {
        using var cancellation = new CancellationTokenSource();
        var call = Grain.WaitAsync(Refer(), cancellation.Token);
        await TestClusters.UntilAsync(() => _recorder.IsWaiting);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await TestClusters.UntilAsync(() => _recorder.WasCancelled);
    }

    [Fact]
    public async Task WrongObjects_AreRefused()
    {
        var factory = _cluster.Client;
        var reference = Refer();

        Assert.Throws<ArgumentException>(() => factory.CreateObjectReference<INewsObserver>(reference));
        Assert.Throws<ArgumentException>(() => factory.CreateObjectReference<Recorder>(_recorder));
        Assert.Throws<ArgumentException>(() => factory.CreateObjectReference<INewsObserver>(new Stranger()));
        Assert.Throws<ArgumentException>(() => factory.DeleteObjectReference<INewsObserver>(_recorder));
        await Assert.ThrowsAsync<NotSupportedException>(async () => await Grain.SubscribeAsync(_recorder));
    }

    [Fact(Timeout = 30_000)]
    public async Task Manager_NotifiesAll_AndRemovesWhoFails()
    {
        var second = new Recorder();
        var reference = Refer();
        var gone = _cluster.Client.CreateObjectReference<INewsObserver>(second);
        await Grain.SubscribeAsync(reference);
        await Grain.SubscribeAsync(reference);
        await Grain.SubscribeAsync(gone);
        Assert.Equal(2, await Grain.CountAsync());
        Assert.Equal(12, await Grain.PublishAndWaitAsync(3));

        await Grain.PublishAndWaitAsync(-1);
        Assert.Equal(0, await Grain.CountAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Manager_RemovesWhoDoesNotRenewInTime()
    {
        var second = new Recorder();
        var other = _cluster.Client.CreateObjectReference<INewsObserver>(second);
        await Grain.SubscribeAsync(Refer());
        await Grain.SubscribeAsync(other);
        _clock.Advance(NewsGrain.Expiration);
        await Grain.PublishAsync("both");
        await TestClusters.UntilAsync(() => _recorder.All.Length == 1);
        await Grain.SubscribeAsync(other);

        _clock.Advance(TimeSpan.FromTicks(1));
        await Grain.PublishAsync("one");

        await TestClusters.UntilAsync(() => second.All.Length == 2);
        Assert.Equal(["both"], _recorder.All);
        Assert.Equal(1, await Grain.CountAsync());
        await Grain.UnsubscribeAsync(other);
        Assert.Equal(0, await Grain.CountAsync());
    }

    private bool HostsGrain(InProcessSiloHandle silo) =>
        _cluster.TryGetGrainContext(Grain.GetGrainId(), out var context) && context.Address.SiloAddress!.Equals(silo.SiloAddress);

    private INewsObserver Refer() => _cluster.Client.CreateObjectReference<INewsObserver>(_recorder);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private INewsObserver ReferToNothing() => _cluster.Client.CreateObjectReference<INewsObserver>(new Recorder());

    private sealed class Stranger : IGrainObserver
    {
    }
}
