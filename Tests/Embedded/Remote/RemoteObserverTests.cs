using System.Threading.Channels;

namespace OrleansFlow.Tests.Embedded.Remote;

/// <summary>Grains that call objects of a client in another process.</summary>
public sealed class RemoteObserverTests : IAsyncLifetime
{
    private readonly string _key = Guid.NewGuid().ToString("N");
    private readonly Watcher _watcher = new();
    private RemoteCluster _cluster = null!;

    private IWatchedGrain Grain => _cluster.Client.GetGrain<IWatchedGrain>(_key);

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _cluster = await RemoteCluster.StartAsync(
        client => client.Configure<Orleans.Embedded.Remote.GrainGatewayOptions>(options => options.ReconnectDelay = TimeSpan.FromMilliseconds(1)));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task Observer_HearsWhatTheGrainTells_InOrder()
    {
        await Grain.WatchAsync(_cluster.Client.CreateObjectReference<IWatcher>(_watcher));

        await Grain.TellAsync("one");
        await Grain.TellAsync("two");

        Assert.Equal("one", await _watcher.Heard.Reader.ReadAsync(CancellationToken));
        Assert.Equal("two", await _watcher.Heard.Reader.ReadAsync(CancellationToken));
    }

    [Fact(Timeout = 30_000)]
    public async Task Observer_AnswersTheGrain_AlsoWithAFailure()
    {
        await Grain.WatchAsync(_cluster.Client.CreateObjectReference<IWatcher>(_watcher));

        Assert.Equal(42, await Grain.AskAsync(21));
        var failure = await Assert.ThrowsAsync<OutOfStockException>(() => Grain.AskAsync(-1));
        Assert.Equal(1, failure.Missing);
    }

    [Fact(Timeout = 30_000)]
    public async Task Observer_OfAClientThatCameBack_IsCalledAgain()
    {
        await Grain.WatchAsync(_cluster.Client.CreateObjectReference<IWatcher>(_watcher));
        _cluster.Gateway.Break("the cable was pulled");
        while (true)
        {
            try
            {
                await Grain.TellAsync("back");
                break;
            }
            catch (SiloUnavailableException)
            {
                CancellationToken.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }

        Assert.Equal("back", await _watcher.Heard.Reader.ReadAsync(CancellationToken));
    }

    [Fact(Timeout = 30_000)]
    public async Task Observer_OfAClientThatLeft_FailsTheGrainsCall()
    {
        await Grain.WatchAsync(_cluster.Client.CreateObjectReference<IWatcher>(_watcher));
        await _cluster.ClientHost.StopAsync(CancellationToken);
        using var other = RemoteCluster.BuildClient(_cluster.Gateway);
        await other.StartAsync(CancellationToken);
        var grain = ((IClusterClient)other.Services.GetService(typeof(IClusterClient))!).GetGrain<IWatchedGrain>(_key);

        await Assert.ThrowsAsync<ClientNotAvailableException>(() => grain.AskAsync(1));
        await other.StopAsync(CancellationToken);
    }

    [Fact(Timeout = 30_000)]
    public async Task CancellationOfTheGrain_ReachesTheObserver()
    {
        await Grain.WatchAsync(_cluster.Client.CreateObjectReference<IWatcher>(_watcher));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        var waiting = Grain.HoldAsync(stop.Token);
        await _watcher.Held.Task.WaitAsync(CancellationToken);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await _watcher.Released.Task.WaitAsync(CancellationToken);
    }
}

public interface IWatcher : IGrainObserver
{
    void Saw(string what);

    Task<int> DoubleAsync(int value);

    Task HoldAsync(CancellationToken cancellationToken);
}

public interface IWatchedGrain : IGrainWithStringKey
{
    Task WatchAsync(IWatcher watcher);

    Task TellAsync(string what);

    Task<int> AskAsync(int value);

    Task HoldAsync(CancellationToken cancellationToken);
}

public sealed class WatchedGrain : Grain, IWatchedGrain
{
    private IWatcher? _watcher;

    public Task WatchAsync(IWatcher watcher)
    {
        _watcher = watcher;
        return Task.CompletedTask;
    }

    public Task TellAsync(string what)
    {
        _watcher!.Saw(what);
        return Task.CompletedTask;
    }

    public Task<int> AskAsync(int value) => _watcher!.DoubleAsync(value);

    public Task HoldAsync(CancellationToken cancellationToken) => _watcher!.HoldAsync(cancellationToken);
}

internal sealed class Watcher : IWatcher
{
    public Channel<string> Heard { get; } = Channel.CreateUnbounded<string>();

    public TaskCompletionSource Held { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Saw(string what) => Heard.Writer.TryWrite(what);

    public Task<int> DoubleAsync(int value) => value >= 0 ? Task.FromResult(value * 2) : throw new OutOfStockException("none") { Missing = -value };

    public async Task HoldAsync(CancellationToken cancellationToken)
    {
        Held.TrySetResult();
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellationToken.Register(() => released.TrySetResult());
        await released.Task;
        Released.TrySetResult();
        cancellationToken.ThrowIfCancellationRequested();
    }
}
