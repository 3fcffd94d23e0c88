namespace Orleans.Streams
{
    /// <summary>The kinds of subscriptions that streams have.</summary>
    public enum StreamPubSubType
    {
        /// <summary>Those that consumers make, and those of grain classes.</summary>
        ExplicitGrainBasedAndImplicit,

        /// <summary>Those that consumers make.</summary>
        ExplicitGrainBasedOnly,

        /// <summary>Those of grain classes.</summary>
        ImplicitOnly,
    }
}

namespace Orleans.Streams.Filtering
{
    /// <summary>Decides which events of a provider reach which subscription.</summary>
    public interface IStreamFilter
    {
        /// <summary>Whether a subscription gets an event. A batch goes there when one of its events does; a failure delivers it too.</summary>
        /// <param name="streamId">The stream.</param>
        /// <param name="item">The event; it must not be changed.</param>
        /// <param name="filterData">What the consumer gave when it subscribed; null when nothing.</param>
        /// <returns>True to deliver it.</returns>
        bool ShouldDeliver(StreamId streamId, object item, string filterData);
    }
}
