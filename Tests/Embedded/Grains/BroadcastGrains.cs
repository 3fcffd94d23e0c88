using Orleans.BroadcastChannel;

namespace OrleansFlow.Tests.Embedded.Grains;

public interface IPublisherGrain : IGrainWithStringKey
{
    Task PublishAsync(string provider, string ns, string key, int value);
}

public sealed class PublisherGrain(IServiceProvider services) : Grain, IPublisherGrain
{
    public Task PublishAsync(string provider, string ns, string key, int value) =>
        Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions.GetRequiredService<IClusterClient>(services)
            .GetBroadcastChannelProvider(provider)
            .GetChannelWriter<Reading>(ChannelId.Create(ns, key))
            .Publish(new Reading { Value = value });
}

public interface IChannelGrain : IGrainWithStringKey
{
    Task StopAsync();
}

[ImplicitChannelSubscription("news")]
public sealed class ChannelGrain : Grain, IChannelGrain, IOnBroadcastChannelSubscribed
{
    public Task StopAsync() => Task.CompletedTask;

    public Task OnSubscribed(IBroadcastChannelSubscription streamSubscription)
    {
        var key = this.GetPrimaryKeyString();
        Notes.Add(key, $"subscribed {streamSubscription.ProviderName} {streamSubscription.ChannelId}");
        return streamSubscription.Attach<Reading>(
            item =>
            {
                Notes.Add(key, $"{item.Value}");
                return item.Value < 0 ? throw new InvalidOperationException("as asked") : Task.CompletedTask;
            },
            exception =>
            {
                Notes.Add(key, exception.GetType().Name);
                return Task.CompletedTask;
            });
    }
}

public interface IOtherChannelGrain : IGrainWithStringKey
{
    Task StopAsync();
}

[ImplicitChannelSubscription("news")]
public sealed class OtherChannelGrain : Grain, IOtherChannelGrain, IOnBroadcastChannelSubscribed
{
    public Task StopAsync() => Task.CompletedTask;

    public Task OnSubscribed(IBroadcastChannelSubscription streamSubscription) => streamSubscription.Attach<Reading>(item =>
    {
        Notes.Add(this.GetPrimaryKeyString() + "/other", $"{item.Value}");
        return Task.CompletedTask;
    });
}
