using Orleans.Streams;
using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Streams;

/// <summary>Streams of a client in the silos' process.</summary>
public sealed class ClientStreamTests : IAsyncLifetime
{
    private const string Ns = "readings";

    private readonly string _key = Guid.NewGuid().ToString("N");
    private InProcessTestCluster _cluster = null!;

    private IProducerGrain Producer => _cluster.Client.GetGrain<IProducerGrain>(_key);

    private IConsumerGrain Consumer => _cluster.Client.GetGrain<IConsumerGrain>(_key);

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync(
        silos: 2,
        configure: silo => silo.AddMemoryStreams("memory").AddMemoryGrainStorage("PubSubStore"),
        configureClient: client => client.AddMemoryStreams("memory"));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 30_000)]
    public async Task Client_ProducesAndConsumes()
    {
        var stream = _cluster.Client.GetStreamProvider("memory").GetStream<Reading>(Ns, _key);
        var handle = await stream.SubscribeAsync((item, _) =>
        {
            Notes.Add(_key, $"{item.Value}");
            return Task.CompletedTask;
        });

        await stream.OnNextAsync(new Reading { Value = 1 });
        await Producer.ProduceAsync(Ns, _key, 2);
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 2);
        Assert.Equal(handle, Assert.Single(await stream.GetAllSubscriptionHandles()));
        await handle.UnsubscribeAsync();
        await stream.OnNextAsync(new Reading { Value = 3 });

        Assert.Equal(["1", "2"], Notes.Of(_key));
        Assert.Empty(await stream.GetAllSubscriptionHandles());
    }

    [Fact(Timeout = 30_000)]
    public async Task SubscriptionOfAGoneClient_Ends()
    {
        await _cluster.Client.GetStreamProvider("memory").GetStream<Reading>(Ns, _key).SubscribeAsync((_, _) => Task.CompletedTask);
        await _cluster.StopClusterClientAsync();
        await _cluster.InitializeClientAsync(TestContext.Current.CancellationToken);
        await Consumer.SubscribeAsync(Ns, _key);

        await Producer.ProduceManyAsync(Ns, _key, 5);

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 5);
    }
}
