using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Configuration;
using Orleans.Storage;
using Orleans.Streams;
using Orleans.Streams.Filtering;

namespace Orleans.Embedded;

/// <summary>
/// One stream. Its subscriptions are stored, its events are in memory: a crash of the silo loses those that were not delivered. Each consumer
/// has a cursor of its own and gets batch after batch in order, each one until it takes it or the delivery time of the options is over.
/// </summary>
/// <remarks>Re-entrant: what is read before an await (a cursor, the ends of the log) is read again after it.</remarks>
[Reentrant]
internal sealed partial class StreamAgentGrain : Grain, IStreamAgent, IDisposable
{
    /// <summary>How many batches may wait for the slowest consumer before producers wait.</summary>
    internal const int WaitingMax = 1024;

    /// <summary>How many delivered batches are kept for subscribers that start at an earlier one.</summary>
    internal const int KeptMax = 256;

    /// <summary>How many calls of producers may wait for that; a further one fails.</summary>
    internal const int ProducersMax = 10_000;

    private readonly string _provider;
    private readonly StreamId _streamId;
    private readonly StoredState<StreamAgentState> _state;
    private readonly StreamPubSubType _pubSub;
    private readonly TimeSpan _deliveryTimeMax;
    private readonly IStreamFilter? _filter;
    private readonly TimeProvider _clock;
    private readonly ILogger<StreamAgentGrain> _logger;
    private readonly Dictionary<Guid, StreamCursor> _cursors = [];
    private readonly List<StreamEntry> _log = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCreationOptions _continuations;
    private Task _lastWrite = Task.CompletedTask;
    private Task _lastAppend = Task.CompletedTask;
    private TaskCompletionSource? _room;
    private int _waitingCount;
    private long _nextNumber;

    public StreamAgentGrain(IGrainContext context, TimeProvider clock, ILogger<StreamAgentGrain> logger, EmbeddedCluster cluster)
    {
        (_provider, _streamId) = StreamKeys.Parse(context.GrainId.Key.ToString());
        _clock = clock;
        _logger = logger;
        _continuations = cluster.ContinuationOptions;
        var services = context.ActivationServices;
        _filter = services.GetKeyedService<IStreamFilter>(_provider);
        _pubSub = services.GetRequiredService<IOptionsMonitor<StreamPubSubOptions>>().Get(_provider).PubSubType;
        _deliveryTimeMax = services.GetRequiredService<IOptionsMonitor<StreamPullingAgentOptions>>().Get(_provider).MaxEventDeliveryTime;
        var hasOwnStore = services.GetKeyedService<IGrainStorage>(Providers.ProviderConstants.DEFAULT_PUBSUB_PROVIDER_NAME) is not null
            || services.GetService<IGrainStorage>() is null;
        _state = StateComposition.Create<StreamAgentState>(
            context, "subscriptions", hasOwnStore ? Providers.ProviderConstants.DEFAULT_PUBSUB_PROVIDER_NAME : null);
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // Later activations must number on from here; they know nothing of this one but the time.
        _nextNumber = _clock.GetUtcNow().UtcTicks;
        foreach (var subscription in _state.State.Subscriptions)
        {
            Add(subscription.Id, GrainId.Parse(subscription.Consumer), isImplicit: false).FilterData = subscription.FilterData;
        }

        foreach (var grainId in StreamKeys.ImplicitSubscribers(_pubSub, _streamId))
        {
            Add(StreamKeys.ImplicitIdOf(grainId, _provider, _streamId), grainId, isImplicit: true);
        }

        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // What is queued gets one more attempt each; then it is lost.
        _stopping.CancelHere();
        foreach (var cursor in _cursors.Values.ToList())
        {
            await cursor.Pump.WaitAsync(cancellationToken);
        }
    }

    public void Dispose() => _stopping.Dispose();

    public Task PublishAsync(StreamEntryKind kind, object?[] items)
    {
        var entry = new StreamEntry(kind, items, RequestContext.Export());
        if (_waitingCount == 0 && Unread() < WaitingMax)
        {
            Append(entry);
            return Task.CompletedTask;
        }

        return _waitingCount < ProducersMax
            ? _lastAppend = AppendAfterAsync(_lastAppend, entry)
            : Task.FromException(new LimitExceededException(
                nameof(ProducersMax), _waitingCount + 1, ProducersMax, $"Too many events wait for the consumers of stream '{_streamId}'."));
    }

    public async Task SubscribeAsync(Guid id, GrainId consumer, long? from, int fromIndex, string? filterData)
    {
        var cursor = Add(id, consumer, isImplicit: false);
        cursor.FilterData = filterData;
        _state.State.Subscriptions.Add(new StoredSubscription { Id = id, Consumer = consumer.ToString(), FilterData = filterData });
        try
        {
            await WriteAsync();
        }
        catch
        {
            _cursors.Remove(id);
            throw;
        }

        if (from is { } number)
        {
            Rewind(cursor, number, fromIndex);
        }

        Start(cursor);
    }

    public async Task UnsubscribeAsync(Guid id)
    {
        // An implicit subscription belongs to the class and stays.
        if (_cursors.TryGetValue(id, out var cursor) && !cursor.IsImplicit)
        {
            _cursors.Remove(id);
            cursor.IsEnded = true;
            _state.State.Subscriptions.RemoveAll(subscription => subscription.Id == id);
            await WriteAsync();
            Trim();
        }
    }

    public Task RewindAsync(Guid id, long from, int fromIndex)
    {
        if (!_cursors.TryGetValue(id, out var cursor))
        {
            throw new InvalidOperationException($"Subscription {id} of stream '{_streamId}' does not exist any more; subscribe again.");
        }

        Rewind(cursor, from, fromIndex);
        Start(cursor);
        return Task.CompletedTask;
    }

    public Task<Guid[]> GetSubscriptionsAsync(GrainId consumer) =>
        Task.FromResult(_cursors.Values.Where(cursor => cursor.Consumer == consumer).Select(cursor => cursor.Id).ToArray());

    // A source is awaited in a method of its own, so that a simulation decides when this goes on.
    private static async Task AwaitAsync(TaskCompletionSource source) => await source.Task;

    private StreamCursor Add(Guid id, GrainId consumer, bool isImplicit) =>
        _cursors[id] = new StreamCursor { Id = id, Consumer = consumer, IsImplicit = isImplicit, Number = _nextNumber };

    // One write at a time: several would carry the same etag.
    private Task WriteAsync() => _lastWrite = WriteAfterAsync(_lastWrite);

    private async Task WriteAfterAsync(Task last)
    {
        await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        try
        {
            await _state.WriteStateAsync();
        }
        catch
        {
            // What is in memory is not what is stored: the next activation reads it again.
            DeactivateOnIdle();
            throw;
        }
    }

    private int Unread()
    {
        var most = 0L;
        foreach (var cursor in _cursors.Values)
        {
            most = Math.Max(most, _nextNumber - cursor.Number);
        }

        return (int)Math.Min(most, int.MaxValue);
    }

    // In the order of the calls, so that a producer need not await each event.
    private async Task AppendAfterAsync(Task last, StreamEntry entry)
    {
        _waitingCount++;
        await last;
        while (Unread() >= WaitingMax)
        {
            await AwaitAsync(_room ??= new TaskCompletionSource(_continuations));
        }

        _waitingCount--;
        Append(entry);
    }

    private void Append(StreamEntry entry)
    {
        _log.Add(entry);
        _nextNumber++;
        DelayDeactivation(_deliveryTimeMax * 2);
        foreach (var cursor in _cursors.Values.ToArray())
        {
            Start(cursor);
        }

        Trim();
    }

    private void Trim()
    {
        var unread = Unread();
        var drop = _log.Count - Math.Max(KeptMax, unread);
        if (drop > KeptMax / 4)
        {
            _log.RemoveRange(0, drop);
        }

        if (_room is { } room && unread < WaitingMax)
        {
            _room = null;
            room.TrySetResult();
        }
    }
}
