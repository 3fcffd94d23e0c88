using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Utilities;

namespace OrleansFlow.Tests.Embedded.Grains;

public interface INewsObserver : IGrainObserver
{
    void Heard(string news);

    Task<int> AskAsync(int number);

    [Orleans.Concurrency.OneWay]
    Task ToldAsync(string news);

    Task WaitAsync(CancellationToken cancellationToken);
}

public interface INewsGrain : IGrainWithStringKey
{
    Task SubscribeAsync(INewsObserver observer);

    Task UnsubscribeAsync(INewsObserver observer);

    Task PublishAsync(string news);

    Task<int> PublishAndWaitAsync(int number);

    Task<int> CountAsync();

    Task KeepAsync(INewsObserver observer);

    Task<int> AskKeptAsync(int number);

    Task<INewsObserver?> KeptAsync();

    Task<int> AskAsync(INewsObserver observer, int number);

    Task WaitAsync(INewsObserver observer, CancellationToken cancellationToken);

    Task<int> AskOwnAsync(int number);

    Task<int> AskGrainAsync(string key, int number);

    Task<INewsObserver> ReferToOwnAsync();

    Task ForgetOwnAsync();
}

[GenerateSerializer]
public sealed class KeptObserver
{
    [Id(0)]
    public INewsObserver? Observer { get; set; }
}

public sealed class NewsGrain([PersistentState("kept")] IPersistentState<KeptObserver> kept, TimeProvider clock)
    : Grain, INewsGrain
{
    public static readonly TimeSpan Expiration = TimeSpan.FromMinutes(5);

    private readonly ObserverManager<INewsObserver> _observers = new(Expiration, NullLogger.Instance)
    {
        GetDateTime = () => clock.GetUtcNow().UtcDateTime,
    };

    private Recorder? _own;
    private INewsObserver? _ownReference;

    public Task SubscribeAsync(INewsObserver observer)
    {
        _observers.Subscribe(observer, observer);
        return Task.CompletedTask;
    }

    public Task UnsubscribeAsync(INewsObserver observer)
    {
        _observers.Unsubscribe(observer);
        return Task.CompletedTask;
    }

    public Task PublishAsync(string news)
    {
        _observers.Notify(observer => observer.Heard(news));
        return Task.CompletedTask;
    }

    public async Task<int> PublishAndWaitAsync(int number)
    {
        var sum = 0;
        await _observers.Notify(async observer => sum += await observer.AskAsync(number), observer => observer is not null);
        return sum;
    }

    public Task<int> CountAsync() => Task.FromResult(_observers.Count);

    public Task KeepAsync(INewsObserver observer)
    {
        kept.State.Observer = observer;
        return kept.WriteStateAsync();
    }

    public Task<int> AskKeptAsync(int number) => kept.State.Observer!.AskAsync(number);

    public Task<INewsObserver?> KeptAsync() => Task.FromResult(kept.State.Observer);

    public Task<int> AskAsync(INewsObserver observer, int number) => observer.AskAsync(number);

    public Task WaitAsync(INewsObserver observer, CancellationToken cancellationToken) => observer.WaitAsync(cancellationToken);

    public async Task<int> AskOwnAsync(int number) => await (await ReferToOwnAsync()).AskAsync(number);

    public Task<int> AskGrainAsync(string key, int number) =>
        GrainFactory.GetGrain<IListeningGrain>(key).AsReference<INewsObserver>().AskAsync(number);

    public Task<INewsObserver> ReferToOwnAsync()
    {
        _own ??= new Recorder();
        return Task.FromResult(_ownReference ??= GrainFactory.CreateObjectReference<INewsObserver>(_own));
    }

    public Task ForgetOwnAsync()
    {
        GrainFactory.DeleteObjectReference<INewsObserver>(_ownReference!);
        return Task.CompletedTask;
    }
}

public interface IListeningGrain : IGrainWithStringKey
{
    Task ListenAsync(string newsGrain);

    Task<string[]> HeardAsync();
}

/// <summary>A grain that is an observer itself.</summary>
public sealed class ListeningGrain : Grain, IListeningGrain, INewsObserver
{
    private readonly List<string> _heard = [];

    // Passes itself, which becomes a reference.
    public Task ListenAsync(string newsGrain) => GrainFactory.GetGrain<INewsGrain>(newsGrain).SubscribeAsync(this);

    public Task<string[]> HeardAsync() => Task.FromResult(_heard.ToArray());

    public void Heard(string news) => _heard.Add(news);

    public Task<int> AskAsync(int number) => Task.FromResult(number + 1);

    public Task ToldAsync(string news) => Task.CompletedTask;

    public Task WaitAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>An observer that notes what it hears.</summary>
public sealed class Recorder : INewsObserver
{
    private readonly System.Collections.Concurrent.ConcurrentQueue<string> _heard = new();
    private int _running;

    public string[] All => [.. _heard];

    public bool WasInterleaved { get; private set; }

    public bool RanInGrain { get; private set; }

    public bool WasCancelled { get; private set; }

    public string? ContextValue { get; private set; }

    public bool IsWaiting { get; private set; }

    public void Heard(string news)
    {
        ContextValue = RequestContext.Get("who") as string;
        _heard.Enqueue(news);
    }

    public async Task<int> AskAsync(int number)
    {
        WasInterleaved |= Interlocked.Increment(ref _running) != 1;
        RanInGrain |= TaskScheduler.Current != TaskScheduler.Default;
        await Task.Yield();
        Interlocked.Decrement(ref _running);
        return number < 0 ? throw new InvalidOperationException("as asked") : number * 2;
    }

    public Task ToldAsync(string news)
    {
        Heard(news);
        throw new InvalidOperationException("nobody waits for this");
    }

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        IsWaiting = true;
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            WasCancelled = true;
            throw;
        }
    }
}
