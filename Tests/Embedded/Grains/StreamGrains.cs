using Orleans.Streams;
using Orleans.Streams.Core;

namespace OrleansFlow.Tests.Embedded.Grains;

/// <summary>An event that is not immutable.</summary>
[GenerateSerializer]
public sealed class Reading
{
    [Id(0)]
    public int Value { get; set; }
}

public interface IProducerGrain : IGrainWithStringKey
{
    Task ProduceAsync(string ns, string key, int value);

    Task ProduceManyAsync(string ns, string key, int count);

    Task ProduceBatchAsync(string ns, string key, int[] values);

    Task CompleteAsync(string ns, string key);

    Task FailAsync(string ns, string key);
}

public sealed class ProducerGrain : Grain, IProducerGrain
{
    public Task ProduceAsync(string ns, string key, int value) => Stream(ns, key).OnNextAsync(new Reading { Value = value });

    // Not awaited one by one.
    public Task ProduceManyAsync(string ns, string key, int count)
    {
        var stream = Stream(ns, key);
        return Task.WhenAll(Enumerable.Range(1, count).Select(value => stream.OnNextAsync(new Reading { Value = value })));
    }

    public Task ProduceBatchAsync(string ns, string key, int[] values) =>
        Stream(ns, key).OnNextBatchAsync(values.Select(value => new Reading { Value = value }));

    public Task CompleteAsync(string ns, string key) => Stream(ns, key).OnCompletedAsync();

    public Task FailAsync(string ns, string key) => Stream(ns, key).OnErrorAsync(new InvalidOperationException("as asked"));

    private IAsyncStream<Reading> Stream(string ns, string key) => this.GetStreamProvider("memory").GetStream<Reading>(ns, key);
}

public interface IConsumerGrain : IGrainWithStringKey
{
    Task<Guid> SubscribeAsync(string ns, string key);

    Task<Guid> SubscribeBatchAsync(string ns, string key);

    Task SubscribeFromAsync(string ns, string key, StreamSequenceToken token);

    Task<Guid[]> HandlesAsync(string ns, string key);

    Task UnsubscribeAsync(string ns, string key);

    Task KeepAsync();

    Task UnsubscribeKeptAsync();

    Task ResumeOnActivationAsync(bool isResuming);

    Task<StreamSequenceToken> TokenOfAsync(int value);

    Task FailTimesAsync(int times);
}

[GenerateSerializer]
public sealed class ConsumerState
{
    [Id(0)]
    public StreamSubscriptionHandle<Reading>? Handle { get; set; }

    [Id(1)]
    public string Namespace { get; set; } = "";

    [Id(2)]
    public string Key { get; set; } = "";

    [Id(3)]
    public bool Resume { get; set; }
}

/// <summary>Notes what it takes under its key.</summary>
public sealed class ConsumerGrain([PersistentState("consumer")] IPersistentState<ConsumerState> state)
    : Grain, IConsumerGrain, IAsyncObserver<Reading>, IAsyncBatchObserver<Reading>
{
    private readonly Dictionary<int, StreamSequenceToken> _tokens = [];
    private int _failuresLeft;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (state.State.Resume)
        {
            foreach (var handle in await Stream(state.State.Namespace, state.State.Key).GetAllSubscriptionHandles())
            {
                await handle.ResumeAsync((IAsyncObserver<Reading>)this);
            }
        }
    }

    public async Task<Guid> SubscribeAsync(string ns, string key)
    {
        (state.State.Namespace, state.State.Key) = (ns, key);
        state.State.Handle = await Stream(ns, key).SubscribeAsync((IAsyncObserver<Reading>)this);
        return state.State.Handle.HandleId;
    }

    public async Task<Guid> SubscribeBatchAsync(string ns, string key) => (await Stream(ns, key).SubscribeAsync((IAsyncBatchObserver<Reading>)this)).HandleId;

    public Task SubscribeFromAsync(string ns, string key, StreamSequenceToken token) =>
        Stream(ns, key).SubscribeAsync((IAsyncObserver<Reading>)this, token);

    public async Task<Guid[]> HandlesAsync(string ns, string key) =>
        [.. (await Stream(ns, key).GetAllSubscriptionHandles()).Select(handle => handle.HandleId)];

    public async Task UnsubscribeAsync(string ns, string key)
    {
        foreach (var handle in await Stream(ns, key).GetAllSubscriptionHandles())
        {
            await handle.UnsubscribeAsync();
        }
    }

    public Task KeepAsync() => state.WriteStateAsync();

    public Task UnsubscribeKeptAsync() => state.State.Handle!.UnsubscribeAsync();

    public Task ResumeOnActivationAsync(bool isResuming)
    {
        state.State.Resume = isResuming;
        return state.WriteStateAsync();
    }

    public Task<StreamSequenceToken> TokenOfAsync(int value) => Task.FromResult(_tokens[value]);

    public Task FailTimesAsync(int times)
    {
        _failuresLeft = times;
        return Task.CompletedTask;
    }

    public Task OnNextAsync(Reading item, StreamSequenceToken? token = null)
    {
        _tokens[item.Value] = token!;
        if (_failuresLeft > 0)
        {
            _failuresLeft--;
            Notes.Add(Key, $"failed {item.Value}");
            throw new InvalidOperationException("as asked");
        }

        Notes.Add(Key, $"{item.Value}");

        // The next consumer must not see this.
        item.Value = -1;
        return Task.CompletedTask;
    }

    public Task OnNextAsync(IList<SequentialItem<Reading>> items)
    {
        Notes.Add(Key, string.Join(",", items.Select(item => $"{item.Item.Value}@{item.Token.EventIndex}")));
        return Task.CompletedTask;
    }

    public Task OnCompletedAsync()
    {
        Notes.Add(Key, "completed");
        return Task.CompletedTask;
    }

    public Task OnErrorAsync(Exception ex)
    {
        Notes.Add(Key, ex.GetType().Name);
        return Task.CompletedTask;
    }

    private string Key => this.GetPrimaryKeyString();

    private IAsyncStream<Reading> Stream(string ns, string key) => this.GetStreamProvider("memory").GetStream<Reading>(StreamId.Create(ns, key));
}

public interface IImplicitGrain : IGrainWithStringKey
{
    Task StopAsync();
}

/// <summary>Subscribed by its class; attaches its observer when the first event comes.</summary>
[ImplicitStreamSubscription("implicit")]
[RegexImplicitStreamSubscription("^pattern-[0-9]+$")]
public sealed class ImplicitGrain : Grain, IImplicitGrain, IStreamSubscriptionObserver
{
    public Task StopAsync() => Task.CompletedTask;

    public async Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory)
    {
        var key = this.GetPrimaryKeyString();
        Notes.Add(key, $"subscribed {handleFactory.ProviderName} {handleFactory.StreamId}");
        await handleFactory.Create<Reading>().ResumeAsync((item, _) =>
        {
            Notes.Add(key, $"{item.Value}");
            return Task.CompletedTask;
        });
    }
}

public interface IImplicitGuidGrain : IGrainWithGuidKey
{
    Task StopAsync();
}

/// <summary>Subscribed by its class; attaches its observer when it activates.</summary>
[ImplicitStreamSubscription("implicit")]
public sealed class ImplicitGuidGrain : Grain, IImplicitGuidGrain
{
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var stream = this.GetStreamProvider("memory").GetStream<Reading>("implicit", this.GetPrimaryKey());
        foreach (var handle in await stream.GetAllSubscriptionHandles())
        {
            await handle.ResumeAsync((item, _) =>
            {
                Notes.Add($"{this.GetPrimaryKey():N}/guid", $"{item.Value}");
                return Task.CompletedTask;
            });
        }
    }

    public Task StopAsync() => Task.CompletedTask;
}
