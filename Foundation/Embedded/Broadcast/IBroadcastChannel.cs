using Microsoft.Extensions.Options;
using Orleans.BroadcastChannel;
using Orleans.Embedded;

namespace Orleans.BroadcastChannel
{
    /// <summary>Gives writers of broadcast channels.</summary>
    public interface IBroadcastChannelProvider
    {
        /// <summary>A writer; nothing is sent.</summary>
        /// <typeparam name="T">The item.</typeparam>
        /// <param name="streamId">The channel.</param>
        /// <returns>The writer.</returns>
        IBroadcastChannelWriter<T> GetChannelWriter<T>(ChannelId streamId);
    }

    /// <summary>Sends items to the subscribers of a channel.</summary>
    /// <typeparam name="T">The item.</typeparam>
    public interface IBroadcastChannelWriter<T>
    {
        /// <summary>Sends an item to every subscriber. Nothing is kept: who fails does not get it again.</summary>
        /// <param name="item">The item.</param>
        /// <returns>
        /// A task that ends at once, or, without <see cref="BroadcastChannelOptions.FireAndForgetDelivery"/>, when every subscriber has dealt with
        /// the item; it fails when one of them did.
        /// </returns>
        Task Publish(T item);
    }

    /// <summary>Implemented by grains that are subscribed by <see cref="ImplicitChannelSubscriptionAttribute"/>.</summary>
    public interface IOnBroadcastChannelSubscribed
    {
        /// <summary>The first item of a channel came to this activation; attach its observer.</summary>
        /// <param name="streamSubscription">The subscription.</param>
        /// <returns>A task; the item is delivered afterwards.</returns>
        Task OnSubscribed(IBroadcastChannelSubscription streamSubscription);
    }

    /// <summary>The subscription of a grain to a channel.</summary>
    public interface IBroadcastChannelSubscription
    {
        /// <summary>The channel.</summary>
        ChannelId ChannelId { get; }

        /// <summary>The name of the channel's provider.</summary>
        string ProviderName { get; }

        /// <summary>Attaches what takes the items of this activation.</summary>
        /// <typeparam name="T">The item.</typeparam>
        /// <param name="onPublished">Takes an item.</param>
        /// <param name="onError">Takes the failure when an item is not a <typeparamref name="T"/>.</param>
        /// <returns>A finished task.</returns>
        Task Attach<T>(Func<T, Task> onPublished, Func<Exception, Task>? onError = null);
    }

    /// <summary>How items are delivered.</summary>
    public class BroadcastChannelOptions
    {
        /// <summary>Whether publishing does not wait for the subscribers.</summary>
        /// <value>Default true. False: the publisher learns of failures, and waits for the slowest subscriber.</value>
        public bool FireAndForgetDelivery { get; set; } = true;
    }

    /// <summary>Chooses channel namespaces.</summary>
    public interface IChannelNamespacePredicate
    {
        /// <summary>A text that stands for the predicate.</summary>
        string PredicatePattern { get; }

        /// <summary>Whether a namespace is chosen.</summary>
        /// <param name="streamNamespace">The namespace.</param>
        /// <returns>True when it is.</returns>
        bool IsMatch(string streamNamespace);
    }
}

namespace Orleans
{
    /// <summary>Subscribes the grains of a class to broadcast channels: the grain with the channel's key takes the items of each channel in the namespace.</summary>
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
    public class ImplicitChannelSubscriptionAttribute : Attribute
    {
        /// <summary>Every namespace.</summary>
        public ImplicitChannelSubscriptionAttribute() => Predicate = new Namespaces(null);

        /// <summary>One namespace.</summary>
        /// <param name="streamNamespace">The namespace.</param>
        /// <param name="channelIdMapper">Only the default mapping (null) is there.</param>
        public ImplicitChannelSubscriptionAttribute(string streamNamespace, string? channelIdMapper = null)
            : this(new Namespaces(streamNamespace), channelIdMapper)
        {
        }

        /// <summary>Namespaces that a predicate chooses.</summary>
        /// <param name="predicateType">An <see cref="IChannelNamespacePredicate"/> with a constructor without parameters.</param>
        /// <param name="channelIdMapper">Only the default mapping (null) is there.</param>
        public ImplicitChannelSubscriptionAttribute(Type predicateType, string? channelIdMapper = null)
            : this((IChannelNamespacePredicate)Activator.CreateInstance(predicateType)!, channelIdMapper)
        {
        }

        /// <summary>Namespaces that a predicate chooses.</summary>
        /// <param name="predicate">The predicate.</param>
        /// <param name="channelIdMapper">Only the default mapping (null) is there.</param>
        public ImplicitChannelSubscriptionAttribute(IChannelNamespacePredicate predicate, string? channelIdMapper = null)
        {
            Predicate = predicate;
            ChannelIdMapper = channelIdMapper;
        }

        /// <summary>Chooses the namespaces.</summary>
        public IChannelNamespacePredicate Predicate { get; }

        /// <summary>The name of the mapping from channels to grains; null for the default one, by key.</summary>
        public string? ChannelIdMapper { get; }

        private sealed class Namespaces(string? only) : IChannelNamespacePredicate
        {
            public string PredicatePattern => only is null ? "all" : $"namespace:{only}";

            public bool IsMatch(string streamNamespace) => only is null || streamNamespace == only;
        }
    }
}

namespace Orleans.Hosting
{
    /// <summary>Registers broadcast channels.</summary>
    public static class ChannelHostingExtensions
    {
        /// <summary>Registers a provider.</summary>
        /// <param name="this">The silo.</param>
        /// <param name="name">The provider's name.</param>
        /// <param name="configureOptions">Sets its options.</param>
        /// <returns>The silo.</returns>
        public static ISiloBuilder AddBroadcastChannel(this ISiloBuilder @this, string name, Action<BroadcastChannelOptions> configureOptions)
        {
            ArgumentNullException.ThrowIfNull(@this);
            BroadcastServices.Add(@this.Services, name, options => options.Configure(configureOptions));
            return @this;
        }

        /// <summary>Registers a provider.</summary>
        /// <param name="this">The silo.</param>
        /// <param name="name">The provider's name.</param>
        /// <param name="configureOptions">Sets its options.</param>
        /// <returns>The silo.</returns>
        public static ISiloBuilder AddBroadcastChannel(
            this ISiloBuilder @this, string name, Action<OptionsBuilder<BroadcastChannelOptions>>? configureOptions = null)
        {
            ArgumentNullException.ThrowIfNull(@this);
            BroadcastServices.Add(@this.Services, name, configureOptions);
            return @this;
        }

        /// <summary>Registers a provider.</summary>
        /// <param name="this">The client.</param>
        /// <param name="name">The provider's name.</param>
        /// <param name="configureOptions">Sets its options.</param>
        /// <returns>The client.</returns>
        public static IClientBuilder AddBroadcastChannel(this IClientBuilder @this, string name, Action<BroadcastChannelOptions> configureOptions)
        {
            ArgumentNullException.ThrowIfNull(@this);
            BroadcastServices.Add(@this.Services, name, options => options.Configure(configureOptions));
            return @this;
        }

        /// <summary>Registers a provider.</summary>
        /// <param name="this">The client.</param>
        /// <param name="name">The provider's name.</param>
        /// <param name="configureOptions">Sets its options.</param>
        /// <returns>The client.</returns>
        public static IClientBuilder AddBroadcastChannel(
            this IClientBuilder @this, string name, Action<OptionsBuilder<BroadcastChannelOptions>>? configureOptions = null)
        {
            ArgumentNullException.ThrowIfNull(@this);
            BroadcastServices.Add(@this.Services, name, configureOptions);
            return @this;
        }

        /// <summary>Finds a provider.</summary>
        /// <param name="client">The client.</param>
        /// <param name="name">The provider's name.</param>
        /// <returns>The provider.</returns>
        /// <exception cref="KeyNotFoundException">None is registered under the name.</exception>
        public static IBroadcastChannelProvider GetBroadcastChannelProvider(this IClusterClient client, string name)
        {
            ArgumentNullException.ThrowIfNull(client);
            return BroadcastServices.ProviderOf(client.ServiceProvider, name);
        }
    }
}
