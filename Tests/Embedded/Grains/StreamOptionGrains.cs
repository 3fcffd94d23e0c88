using Orleans.Streams;
using Orleans.Streams.Filtering;

namespace OrleansFlow.Tests.Embedded.Grains;

public interface IAttachingGrain : IGrainWithStringKey
{
    Task<Guid[]> HandlesAsync();

    Task AttachAgainAsync();
}

/// <summary>Subscribed by its class, and subscribes itself as the documentation of Orleans shows it.</summary>
[ImplicitStreamSubscription("attached")]
public sealed class AttachingGrain : Grain, IAttachingGrain
{
    private string Key => this.GetPrimaryKeyString();

    private IAsyncStream<Reading> Stream => this.GetStreamProvider("memory").GetStream<Reading>("attached", Key);

    public override Task OnActivateAsync(CancellationToken cancellationToken) => AttachAsync("first");

    public async Task<Guid[]> HandlesAsync() => [.. (await Stream.GetAllSubscriptionHandles()).Select(handle => handle.HandleId)];

    public Task AttachAgainAsync() => AttachAsync("second");

    private Task<StreamSubscriptionHandle<Reading>> AttachAsync(string observer) => Stream.SubscribeAsync((item, _) =>
    {
        Notes.Add(Key, $"{observer} {item.Value}");
        return Task.CompletedTask;
    });
}

public interface ISelectingGrain : IGrainWithStringKey
{
    Task SubscribeAsync(string ns, string key, string? filterData);

    Task SubscribeContextAsync(string ns, string key);

    Task SubscribeFunctionsAsync(string ns, string key);

    Task RewindAsync(string ns, string key, int value);

    Task<string> SubscribeOrFailAsync(string ns, string key);

    Task DropFirstAsync(string ns, string key);

    Task ResumeBatchAsync(string ns, string key);
}

/// <summary>Notes what it takes under its key; subscribes in several ways.</summary>
public sealed class SelectingGrain : Grain, ISelectingGrain, IAsyncObserver<Reading>, IAsyncBatchObserver<Reading>
{
    private readonly List<StreamSubscriptionHandle<Reading>> _handles = [];
    private readonly Dictionary<int, StreamSequenceToken> _tokens = [];

    private string Key => this.GetPrimaryKeyString();

    public async Task SubscribeAsync(string ns, string key, string? filterData) =>
        _handles.Add(await Stream(ns, key).SubscribeAsync(this, token: null, filterData));

    public Task SubscribeContextAsync(string ns, string key) => Stream(ns, key).SubscribeAsync((item, _) =>
    {
        Notes.Add(Key, $"{item.Value} {RequestContext.Get("origin")}");
        return Task.CompletedTask;
    });

    public Task SubscribeFunctionsAsync(string ns, string key) => Stream(ns, key).SubscribeAsync(
        items => NoteAsync(string.Join('+', items.Select(item => item.Item.Value))),
        exception => NoteAsync(exception.Message),
        () => NoteAsync("completed"));

    public Task RewindAsync(string ns, string key, int value) => _handles[0].ResumeAsync((IAsyncObserver<Reading>)this, _tokens[value]);

    public async Task<string> SubscribeOrFailAsync(string ns, string key)
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => SubscribeAsync(ns, key, null));
        return exception.Message;
    }

    public async Task DropFirstAsync(string ns, string key)
    {
        await _handles[0].UnsubscribeAsync();
        await _handles[0].UnsubscribeAsync();
        _handles.RemoveAt(0);
        Assert.Equal(_handles[0], Assert.Single(await Stream(ns, key).GetAllSubscriptionHandles()));
    }

    public Task ResumeBatchAsync(string ns, string key) => _handles[0].ResumeAsync((IAsyncBatchObserver<Reading>)this);

    public Task OnNextAsync(Reading item, StreamSequenceToken? token = null)
    {
        if (_tokens.Values.Max() is { } last)
        {
            Assert.True(token!.CompareTo(last) > 0 || _tokens.ContainsKey(item.Value));
        }

        _tokens[item.Value] = token!;
        return NoteAsync($"{item.Value}");
    }

    public Task OnNextAsync(IList<SequentialItem<Reading>> items) => NoteAsync(string.Join('+', items.Select(item => item.Item.Value)));

    public Task OnCompletedAsync() => NoteAsync("completed");

    public Task OnErrorAsync(Exception ex) => NoteAsync(ex.GetType().Name);

    private Task NoteAsync(string note)
    {
        Notes.Add(Key, note);
        return Task.CompletedTask;
    }

    private IAsyncStream<Reading> Stream(string ns, string key) => this.GetStreamProvider("memory").GetStream<Reading>(ns, key);
}

/// <summary>Lets those events through whose value is a multiple of the filter data.</summary>
public sealed class MultiplesFilter : IStreamFilter
{
    public bool ShouldDeliver(StreamId streamId, object item, string filterData) =>
        filterData is null || ((Reading)item).Value % int.Parse(filterData, System.Globalization.CultureInfo.InvariantCulture) == 0;
}
