using Microsoft.Extensions.DependencyInjection;
using Orleans.Streams;
using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Streams;

public sealed class StreamTests : IAsyncLifetime
{
    private const string Ns = "readings";

    private readonly ManualTimeProvider _clock = new();
    private readonly string _key = Guid.NewGuid().ToString("N");
    private InProcessTestCluster _cluster = null!;

    private IProducerGrain Producer => _cluster.Client.GetGrain<IProducerGrain>(_key);

    private IConsumerGrain Consumer => _cluster.Client.GetGrain<IConsumerGrain>(_key);

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync(
        silos: 2,
        clock: _clock,
        configure: silo => silo.AddMemoryStreams("memory").AddMemoryGrainStorage("PubSubStore"),
        configureClient: client => client.AddMemoryStreams("memory"));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task Events_ReachEverySubscriber_InOrder_EachItsOwnCopy()
    {
        var second = _cluster.Client.GetGrain<IConsumerGrain>(_key + "/2");
        await Consumer.SubscribeAsync(Ns, _key);
        await second.SubscribeAsync(Ns, _key);

        await Producer.ProduceManyAsync(Ns, _key, 100);

        string[] expected = [.. Enumerable.Range(1, 100).Select(value => $"{value}")];
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 100 && Notes.Count(_key + "/2") == 100);
        Assert.Equal(expected, Notes.Of(_key));
        Assert.Equal(expected, Notes.Of(_key + "/2"));
    }

    [Fact(Timeout = 30_000)]
    public async Task Streams_DifferByNamespaceAndKey()
    {
        await Consumer.SubscribeAsync(Ns, _key);

        await Producer.ProduceAsync("other", _key, 1);
        await Producer.ProduceAsync(Ns, _key + "x", 2);
        await Producer.ProduceAsync(Ns, _key, 3);

        await TestClusters.UntilAsync(() => Notes.Count(_key) > 0);
        Assert.Equal(["3"], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Batch_StaysTogether_ForABatchObserver()
    {
        await Consumer.SubscribeBatchAsync(Ns, _key);

        await Producer.ProduceBatchAsync(Ns, _key, [1, 2, 3]);
        await Producer.ProduceAsync(Ns, _key, 4);

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 2);
        Assert.Equal(["1@0,2@1,3@2", "4@0"], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task CompletionAndError_ReachTheObserver()
    {
        await Consumer.SubscribeAsync(Ns, _key);

        await Producer.ProduceAsync(Ns, _key, 1);
        await Producer.FailAsync(Ns, _key);
        await Producer.CompleteAsync(Ns, _key);

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 3);
        Assert.Equal(["1", nameof(InvalidOperationException), "completed"], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Unsubscribed_TakesNoMore()
    {
        var id = await Consumer.SubscribeAsync(Ns, _key);
        Assert.Equal([id], await Consumer.HandlesAsync(Ns, _key));
        await Consumer.UnsubscribeAsync(Ns, _key);
        Assert.Empty(await Consumer.HandlesAsync(Ns, _key));
        var second = _cluster.Client.GetGrain<IConsumerGrain>(_key + "/2");
        await second.SubscribeAsync(Ns, _key);

        await Producer.ProduceAsync(Ns, _key, 1);

        await TestClusters.UntilAsync(() => Notes.Count(_key + "/2") == 1);
        Assert.Empty(Notes.Of(_key));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Subscription_SurvivesTheActivation_AndIsServedOnlyWhenResumed(bool resume)
    {
        await Consumer.SubscribeAsync(Ns, _key);
        await Consumer.ResumeOnActivationAsync(resume);
        await _cluster.DeactivateAsync(Consumer);
        var second = _cluster.Client.GetGrain<IConsumerGrain>(_key + "/2");
        await second.SubscribeAsync(Ns, _key);

        await Producer.ProduceAsync(Ns, _key, 1);
        await Producer.ProduceAsync(Ns, _key, 2);

        await TestClusters.UntilAsync(() => Notes.Count(_key + "/2") == 2 && (!resume || Notes.Count(_key) == 2));
        Assert.Single(await Consumer.HandlesAsync(Ns, _key));
        Assert.Equal(resume ? ["1", "2"] : [], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Handle_IsStored_AndEndsTheSubscriptionInALaterActivation()
    {
        await Consumer.SubscribeAsync(Ns, _key);
        await Consumer.KeepAsync();
        await _cluster.DeactivateAsync(Consumer);

        await Consumer.UnsubscribeKeptAsync();

        Assert.Empty(await Consumer.HandlesAsync(Ns, _key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Subscription_SurvivesTheDeathOfEverySilo_ByItsStore()
    {
        await Consumer.SubscribeAsync(Ns, _key);
        await Consumer.ResumeOnActivationAsync(true);
        var old = _cluster.Silos.ToList();
        await _cluster.StartAdditionalSiloAsync();
        foreach (var silo in old)
        {
            await _cluster.KillSiloAsync(silo);
        }

        await Producer.ProduceAsync(Ns, _key, 1);

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);
    }

    [Fact(Timeout = 30_000)]
    public async Task FailedDelivery_IsRepeated_InOrder()
    {
        await Consumer.SubscribeAsync(Ns, _key);
        await Consumer.FailTimesAsync(2);
        var armed = _clock.ArmedTimerCount;

        await Producer.ProduceAsync(Ns, _key, 1);
        await Producer.ProduceAsync(Ns, _key, 2);
        await PassDelaysAsync(armed, () => Notes.Count(_key) == 4);

        Assert.Equal(["failed 1", "failed 1", "1", "2"], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task DeliveryThatFailsForAMinute_IsSkipped_AndReported()
    {
        await Consumer.SubscribeAsync(Ns, _key);
        await Consumer.FailTimesAsync(int.MaxValue);
        var armed = _clock.ArmedTimerCount;
        await Producer.ProduceAsync(Ns, _key, 1);
        await Producer.CompleteAsync(Ns, _key);

        var startedAt = _clock.GetUtcNow();
        await PassDelaysAsync(armed, () => Notes.Of(_key).Contains("completed"));

        Assert.Equal([nameof(StreamEventDeliveryFailureException), "completed"], Notes.Of(_key)[^2..]);
        Assert.InRange(Notes.Of(_key).Count(note => note == "failed 1"), 5, 8);
        Assert.InRange(_clock.GetUtcNow() - startedAt, TimeSpan.FromSeconds(31), TimeSpan.FromSeconds(75));
    }

    [Fact(Timeout = 30_000)]
    public async Task SubscriptionWithToken_StartsThere()
    {
        await Consumer.SubscribeAsync(Ns, _key);
        await Producer.ProduceManyAsync(Ns, _key, 5);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 5);
        var token = await Consumer.TokenOfAsync(3);

        await _cluster.Client.GetGrain<IConsumerGrain>(_key + "/late").SubscribeFromAsync(Ns, _key, token);

        await TestClusters.UntilAsync(() => Notes.Count(_key + "/late") == 3);
        Assert.Equal(["3", "4", "5"], Notes.Of(_key + "/late"));
    }

    [Fact(Timeout = 30_000)]
    public async Task TokenThatIsNotKept_IsReported_AndDeliveryStartsAtTheOldest()
    {
        await Consumer.SubscribeAsync(Ns, _key);
        await Producer.ProduceAsync(Ns, _key, 1);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);

        await _cluster.Client.GetGrain<IConsumerGrain>(_key + "/late").SubscribeFromAsync(
            Ns, _key, new Orleans.Providers.Streams.Common.EventSequenceToken(1));

        await TestClusters.UntilAsync(() => Notes.Count(_key + "/late") == 2);
        Assert.Equal([nameof(QueueCacheMissException), "1"], Notes.Of(_key + "/late"));
    }

    [Fact(Timeout = 30_000)]
    public async Task ImplicitSubscriber_TakesTheStreamOfItsKey()
    {
        await Producer.ProduceAsync("implicit", _key, 1);
        await Producer.ProduceAsync("implicit", _key, 2);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 3 && Notes.Count(_key + "/guid") == 2);
        await Producer.ProduceAsync("pattern-7", _key, 3);
        await Producer.ProduceAsync("pattern-x", _key, 4);

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 5);
        Assert.Equal(
            [$"subscribed memory implicit/{_key}", "1", "2", $"subscribed memory pattern-7/{_key}", "3"], Notes.Of(_key));
        Assert.Equal(["1", "2"], Notes.Of(_key + "/guid"));
    }

    [Fact(Timeout = 30_000)]
    public async Task Producer_WaitsForASlowConsumer()
    {
        var gate = _key + "/gate";
        var provider = _cluster.Client.GetStreamProvider("memory");
        var taken = 0;
        await provider.GetStream<Reading>(Ns, _key).SubscribeAsync(async (_, _) =>
        {
            await Gates.WaitAsync(gate);
            taken++;
        });
        var events = Enumerable.Range(1, 1100).Select(value => provider.GetStream<Reading>(Ns, _key).OnNextAsync(new Reading { Value = value })).ToList();
        await TestClusters.UntilAsync(() => events.Count(publish => publish.IsCompleted) >= 1024);
        Assert.False(events[^1].IsCompleted);

        Gates.Open(gate);
        await Task.WhenAll(events);

        await TestClusters.UntilAsync(() => taken == 1100);
    }

    [Fact]
    public void UnknownProvider_IsNamed()
    {
        var exception = Assert.Throws<KeyNotFoundException>(() => _cluster.Client.GetStreamProvider("none"));

        Assert.Contains("'none'", exception.Message, StringComparison.Ordinal);
        Assert.NotNull(_cluster.Silos[0].ServiceProvider.GetRequiredKeyedService<IStreamProvider>("memory"));
    }

    [Fact]
    public void StreamIds_CompareByNamespaceAndKey()
    {
        var id = StreamId.Create("ns", "key");

        Assert.Equal(id, StreamId.Create("ns"u8, "key"u8));
        Assert.NotEqual(id, StreamId.Create("nsk", "ey"));
        Assert.Equal("ns/key", id.ToString());
        Assert.Equal("ns", id.GetNamespace());
        Assert.Null(StreamId.Create(null, 7).GetNamespace());
        Assert.Equal("7", StreamId.Create(null, 7).GetKeyAsString());
    }

    // Time passes only while somebody waits for it.
    private async Task PassDelaysAsync(int armed, Func<bool> condition)
    {
        while (!condition())
        {
            await TestClusters.UntilAsync(() => _clock.ArmedTimerCount > armed || condition());
            if (!condition())
            {
                _clock.Advance(TimeSpan.FromSeconds(1));
            }
        }
    }
}
