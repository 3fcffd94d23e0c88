using Orleans.Configuration;
using Orleans.Streams;
using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Streams;

/// <summary>What providers are told, and the ways of subscribing beside the plain one.</summary>
public sealed class StreamOptionTests : IAsyncDisposable
{
    private const string Ns = "readings";

    private readonly ManualTimeProvider _clock = new();
    private readonly string _key = Guid.NewGuid().ToString("N");
    private InProcessTestCluster? _cluster;

    private IProducerGrain Producer => _cluster!.Client.GetGrain<IProducerGrain>(_key);

    private ISelectingGrain Consumer => Selecting(_key);

    public ValueTask DisposeAsync() => _cluster?.DisposeAsync() ?? default;

    [Fact(Timeout = 30_000)]
    public async Task ImplicitSubscriber_ThatSubscribesItself_NamesTheObserverOnly()
    {
        await StartAsync();
        await Producer.ProduceAsync("attached", _key, 1);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);
        var grain = _cluster!.Client.GetGrain<IAttachingGrain>(_key);
        var handle = Assert.Single(await grain.HandlesAsync());

        await grain.AttachAgainAsync();
        await Producer.ProduceAsync("attached", _key, 2);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 2);
        await _cluster.DeactivateAsync(grain);
        await Producer.ProduceAsync("attached", _key, 3);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 3);

        Assert.Equal(["first 1", "second 2", "first 3"], Notes.Of(_key));
        Assert.Equal([handle], await grain.HandlesAsync());
    }

    [Fact(Timeout = 30_000)]
    public async Task Provider_OfExplicitSubscriptionsOnly_LeavesClassesAlone()
    {
        await StartAsync(streams => streams.ConfigureStreamPubSub(StreamPubSubType.ExplicitGrainBasedOnly));
        await Consumer.SubscribeAsync("implicit", _key, null);

        await Producer.ProduceAsync("implicit", _key, 1);

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);
        Assert.Equal(["1"], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Provider_OfImplicitSubscriptionsOnly_RefusesOthers()
    {
        await StartAsync(streams => streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly));

        Assert.Contains($"memory/{Ns}/{_key}", await Consumer.SubscribeOrFailAsync(Ns, _key), StringComparison.Ordinal);
        await Producer.ProduceAsync("attached", _key, 1);

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 1);
    }

    [Fact(Timeout = 30_000)]
    public async Task Filter_ChoosesTheEventsOfASubscription_ByItsData()
    {
        await StartAsync();
        await Selecting(_key + "/2").SubscribeAsync(Ns, _key, "2");
        await Selecting(_key + "/3").SubscribeAsync(Ns, _key, "3");
        await Selecting(_key + "/failing").SubscribeAsync(Ns, _key, "no number");
        await Consumer.SubscribeAsync(Ns, _key, null);

        for (var value = 1; value <= 6; value++)
        {
            await Producer.ProduceAsync(Ns, _key, value);
        }

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 6 && Notes.Count(_key + "/2") == 3
            && Notes.Count(_key + "/3") == 2 && Notes.Count(_key + "/failing") == 6);
        Assert.Equal(["2", "4", "6"], Notes.Of(_key + "/2"));
        Assert.Equal(["3", "6"], Notes.Of(_key + "/3"));
    }

    [Fact(Timeout = 30_000)]
    public async Task Filter_PassesABatchWhole_WhenOneOfItsEventsPasses()
    {
        await StartAsync();
        await Consumer.SubscribeAsync(Ns, _key, "10");

        await Producer.ProduceBatchAsync(Ns, _key, [1, 2, 3]);
        await Producer.ProduceBatchAsync(Ns, _key, [9, 10]);

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 2);
        Assert.Equal(["9", "10"], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Events_BringTheRequestContextOfTheirProducer()
    {
        await StartAsync();
        await Consumer.SubscribeContextAsync(Ns, _key);

        RequestContext.Set("origin", "north");
        await Producer.ProduceAsync(Ns, _key, 1);
        RequestContext.Set("origin", "south");
        await Producer.ProduceAsync(Ns, _key, 2);
        RequestContext.Clear();
        await Producer.ProduceAsync(Ns, _key, 3);

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 3);
        Assert.Equal(["1 north", "2 south", "3 "], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Functions_TakeBatchesErrorsAndTheEnd()
    {
        await StartAsync();
        await Consumer.SubscribeFunctionsAsync(Ns, _key);

        await Producer.ProduceBatchAsync(Ns, _key, [1, 2]);
        await Producer.ProduceBatchAsync(Ns, _key, []);
        await Producer.FailAsync(Ns, _key);
        await Producer.CompleteAsync(Ns, _key);

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 3);
        Assert.Equal(["1+2", "as asked", "completed"], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Handle_ResumedWithAnEarlierToken_ServesItsEventsAgain()
    {
        await StartAsync();
        await Consumer.SubscribeAsync(Ns, _key, null);
        await Producer.ProduceManyAsync(Ns, _key, 4);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 4);

        await Consumer.RewindAsync(Ns, _key, 3);

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 6);
        Assert.Equal(["1", "2", "3", "4", "3", "4"], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task Handle_ResumedByABatchObserver_GoesOnInBatches()
    {
        await StartAsync();
        await Consumer.SubscribeAsync(Ns, _key, null);
        await Producer.ProduceBatchAsync(Ns, _key, [1, 2]);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 2);

        await Consumer.ResumeBatchAsync(Ns, _key);
        await Producer.ProduceBatchAsync(Ns, _key, [3, 4]);

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 3);
        Assert.Equal(["1", "2", "3+4"], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task TwoSubscriptionsOfOneGrain_AreServedBoth_UntilOneEnds()
    {
        await StartAsync();
        await Consumer.SubscribeAsync(Ns, _key, null);
        await Consumer.SubscribeAsync(Ns, _key, null);
        await Producer.ProduceAsync(Ns, _key, 1);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 2);

        await Consumer.DropFirstAsync(Ns, _key);
        await Producer.ProduceAsync(Ns, _key, 2);
        await Producer.CompleteAsync(Ns, _key);

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 4);
        Assert.Equal(["1", "1", "2", "completed"], Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task DeliveryTime_OfTheOptions_IsTaken()
    {
        await StartAsync(streams => streams.ConfigurePullingAgent(options => options.Configure(value => value.MaxEventDeliveryTime = TimeSpan.FromSeconds(3))));
        var consumer = _cluster!.Client.GetGrain<IConsumerGrain>(_key);
        await consumer.SubscribeAsync(Ns, _key);
        await consumer.FailTimesAsync(int.MaxValue);
        var armed = _clock.ArmedTimerCount;
        await Producer.ProduceAsync(Ns, _key, 1);
        await TestClusters.UntilAsync(() => _clock.ArmedTimerCount > armed);

        // Tried at once and after 1 s; the next attempt, 2 s later, would be too late by what has passed since.
        _clock.Advance(TimeSpan.FromSeconds(1.5));
        await TestClusters.UntilAsync(() => Notes.Of(_key).Contains(nameof(StreamEventDeliveryFailureException)));

        Assert.Equal(["failed 1", "failed 1", nameof(StreamEventDeliveryFailureException)], Notes.Of(_key));
    }

    [Fact]
    public void Options_HaveTheDefaultsOfOrleans()
    {
        var agent = new StreamPullingAgentOptions();

        Assert.Equal(StreamPubSubType.ExplicitGrainBasedAndImplicit, new StreamPubSubOptions().PubSubType);
        Assert.Equal((1, 8), (agent.BatchContainerBatchSize, new HashRingStreamQueueMapperOptions().TotalQueueCount));
        Assert.Equal(
            (TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(30)),
            (agent.GetQueueMsgsTimerPeriod, agent.InitQueueTimeout, agent.MaxEventDeliveryTime, agent.StreamInactivityPeriod));
    }

    private ISelectingGrain Selecting(string key) => _cluster!.Client.GetGrain<ISelectingGrain>(key);

    private async Task StartAsync(Action<ISiloMemoryStreamConfigurator>? configure = null) => _cluster = await TestClusters.StartAsync(
        silos: 2,
        clock: _clock,
        configure: silo => silo
            .AddStreaming()
            .AddMemoryStreams("memory", streams =>
            {
                Assert.Equal("memory", streams.Name);
                streams.ConfigurePartitioning(4);
                configure?.Invoke(streams);
            })
            .AddStreamFilter<MultiplesFilter>("memory"),
        configureClient: client => client.AddStreaming().AddMemoryStreams("memory", streams => streams.ConfigureStreamPubSub()));
}
