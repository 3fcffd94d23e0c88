using Orleans.BroadcastChannel;
using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Broadcast;

public sealed class BroadcastTests : IAsyncLifetime
{
    private readonly string _key = Guid.NewGuid().ToString("N");
    private InProcessTestCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync(
        silos: 2,
        configure: silo => silo
            .AddBroadcastChannel("fast")
            .AddBroadcastChannel("safe", (BroadcastChannelOptions options) => options.FireAndForgetDelivery = false),
        configureClient: client => client
            .AddBroadcastChannel("fast")
            .AddBroadcastChannel("safe", (BroadcastChannelOptions options) => options.FireAndForgetDelivery = false));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Theory(Timeout = 30_000)]
    [InlineData("fast")]
    [InlineData("safe")]
    public async Task Item_ReachesEverySubscribedClass(string provider)
    {
        var writer = _cluster.Client.GetBroadcastChannelProvider(provider).GetChannelWriter<Reading>(ChannelId.Create("news", _key));

        await writer.Publish(new Reading { Value = 1 });
        await TestClusters.UntilAsync(() => Notes.Count(_key) == 2 && Notes.Count(_key + "/other") == 1);
        await _cluster.Client.GetGrain<IPublisherGrain>("p").PublishAsync(provider, "news", _key, 2);

        await TestClusters.UntilAsync(() => Notes.Count(_key) == 3 && Notes.Count(_key + "/other") == 2);
        Assert.Equal([$"subscribed {provider} news/{_key}", "1", "2"], Notes.Of(_key));
        Assert.Equal(["1", "2"], Notes.Of(_key + "/other"));
    }

    [Fact(Timeout = 30_000)]
    public async Task Publisher_LearnsOfFailures_WhenItWaits()
    {
        var channel = ChannelId.Create("news", _key);
        var safe = _cluster.Client.GetBroadcastChannelProvider("safe").GetChannelWriter<Reading>(channel);

        await Assert.ThrowsAsync<InvalidOperationException>(() => safe.Publish(new Reading { Value = -1 }));
        await _cluster.Client.GetBroadcastChannelProvider("fast").GetChannelWriter<Reading>(channel).Publish(new Reading { Value = -2 });

        await TestClusters.UntilAsync(() => Notes.Count(_key + "/other") == 2);
    }

    [Fact(Timeout = 30_000)]
    public async Task ItemOfAnotherType_GoesToTheErrorHandler()
    {
        await Assert.ThrowsAsync<InvalidCastException>(() => _cluster.Client.GetBroadcastChannelProvider("safe")
            .GetChannelWriter<string>(ChannelId.Create("news", _key)).Publish("text"));

        Assert.Contains(nameof(InvalidCastException), Notes.Of(_key));
    }

    [Fact(Timeout = 30_000)]
    public async Task ChannelWithoutSubscribers_TakesItems()
    {
        await _cluster.Client.GetBroadcastChannelProvider("safe").GetChannelWriter<Reading>(ChannelId.Create("nobody", _key)).Publish(new Reading());

        Assert.Throws<KeyNotFoundException>(() => _cluster.Client.GetBroadcastChannelProvider("none"));
    }
}
