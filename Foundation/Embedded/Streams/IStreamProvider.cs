using System.Text.RegularExpressions;
using Orleans.Embedded;
using Orleans.Streams;

namespace Orleans.Streams
{
    /// <summary>Gives streams by their ids.</summary>
    public interface IStreamProvider
    {
        /// <summary>The name it is registered under.</summary>
        string Name { get; }

        /// <summary>Whether subscribers may start at an earlier event.</summary>
        bool IsRewindable { get; }

        /// <summary>A stream; nothing is sent.</summary>
        /// <typeparam name="T">The event.</typeparam>
        /// <param name="streamId">Its id.</param>
        /// <returns>The stream.</returns>
        IAsyncStream<T> GetStream<T>(StreamId streamId);
    }

    /// <summary>Chooses stream namespaces. Written as a pattern so that all silos understand it.</summary>
    public interface IStreamNamespacePredicate
    {
        /// <summary>A text that stands for the predicate.</summary>
        string PredicatePattern { get; }

        /// <summary>Whether a namespace is chosen.</summary>
        /// <param name="streamNamespace">The namespace.</param>
        /// <returns>True when it is.</returns>
        bool IsMatch(string streamNamespace);
    }
}

namespace Orleans.Streams.Core
{
    /// <summary>A grain that learns of subscriptions for which it has no observer yet: implicit ones, and those of an earlier activation.</summary>
    public interface IStreamSubscriptionObserver
    {
        /// <summary>An event came for a subscription without an observer.</summary>
        /// <param name="handleFactory">Makes the handle to resume.</param>
        /// <returns>A task; the event is delivered afterwards.</returns>
        Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory);
    }

    /// <summary>Makes the handle of one subscription.</summary>
    public interface IStreamSubscriptionHandleFactory
    {
        /// <summary>The stream.</summary>
        StreamId StreamId { get; }

        /// <summary>The name of the stream's provider.</summary>
        string ProviderName { get; }

        /// <summary>Makes the handle.</summary>
        /// <typeparam name="T">The event.</typeparam>
        /// <returns>The handle.</returns>
        StreamSubscriptionHandle<T> Create<T>();
    }
}

namespace Orleans
{
    /// <summary>Subscribes the grains of a class to streams: the grain with the stream's key takes the events of each stream in the namespace.</summary>
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
    public class ImplicitStreamSubscriptionAttribute : Attribute
    {
        /// <summary>Every namespace.</summary>
        public ImplicitStreamSubscriptionAttribute() => Predicate = new AllNamespaces();

        /// <summary>One namespace.</summary>
        /// <param name="streamNamespace">The namespace.</param>
        /// <param name="streamIdMapper">Only the default mapping (null) is there.</param>
        public ImplicitStreamSubscriptionAttribute(string streamNamespace, string? streamIdMapper = null)
            : this(new OneNamespace(streamNamespace), streamIdMapper)
        {
        }

        /// <summary>Namespaces that a predicate chooses.</summary>
        /// <param name="predicateType">An <see cref="IStreamNamespacePredicate"/> with a constructor without parameters.</param>
        /// <param name="streamIdMapper">Only the default mapping (null) is there.</param>
        public ImplicitStreamSubscriptionAttribute(Type predicateType, string? streamIdMapper = null)
            : this((IStreamNamespacePredicate)Activator.CreateInstance(predicateType)!, streamIdMapper)
        {
        }

        /// <summary>Namespaces that a predicate chooses.</summary>
        /// <param name="predicate">The predicate.</param>
        /// <param name="streamIdMapper">Only the default mapping (null) is there.</param>
        public ImplicitStreamSubscriptionAttribute(IStreamNamespacePredicate predicate, string? streamIdMapper = null)
        {
            Predicate = predicate;
            StreamIdMapper = streamIdMapper;
        }

        /// <summary>Chooses the namespaces.</summary>
        public IStreamNamespacePredicate Predicate { get; }

        /// <summary>The name of the mapping from streams to grains; null for the default one, by key.</summary>
        public string? StreamIdMapper { get; }

        private sealed class AllNamespaces : IStreamNamespacePredicate
        {
            public string PredicatePattern => "all";

            public bool IsMatch(string streamNamespace) => true;
        }

        private sealed class OneNamespace(string name) : IStreamNamespacePredicate
        {
            public string PredicatePattern => $"namespace:{name}";

            public bool IsMatch(string streamNamespace) => streamNamespace == name;
        }
    }

    /// <summary>Subscribes the grains of a class to streams whose namespace matches a regular expression.</summary>
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
    public sealed class RegexImplicitStreamSubscriptionAttribute : ImplicitStreamSubscriptionAttribute
    {
        /// <summary>Namespaces that match.</summary>
        /// <param name="pattern">The regular expression.</param>
        public RegexImplicitStreamSubscriptionAttribute(string pattern)
            : base(new Matching(pattern))
        {
        }

        private sealed class Matching(string pattern) : IStreamNamespacePredicate
        {
            private readonly Regex _regex = new(pattern, RegexOptions.None, TimeSpan.FromSeconds(1));

            public string PredicatePattern => $"regex:{pattern}";

            public bool IsMatch(string streamNamespace) => _regex.IsMatch(streamNamespace);
        }
    }

    /// <summary>Stream providers for grains.</summary>
    public static class GrainStreamingExtensions
    {
        /// <summary>Finds a provider.</summary>
        /// <param name="grain">The grain.</param>
        /// <param name="name">The provider's name.</param>
        /// <returns>The provider.</returns>
        /// <exception cref="KeyNotFoundException">None is registered under the name.</exception>
        public static IStreamProvider GetStreamProvider(this Grain grain, string name) => ((IGrainBase)grain).GetStreamProvider(name);

        /// <summary>Finds a provider.</summary>
        /// <param name="grain">The grain.</param>
        /// <param name="name">The provider's name.</param>
        /// <returns>The provider.</returns>
        /// <exception cref="KeyNotFoundException">None is registered under the name.</exception>
        public static IStreamProvider GetStreamProvider(this IGrainBase grain, string name)
        {
            ArgumentNullException.ThrowIfNull(grain);
            return StreamServices.ProviderOf(grain.GrainContext.ActivationServices, name);
        }
    }

    /// <summary>Stream providers for clients.</summary>
    public static class ClientStreamingExtensions
    {
        /// <summary>Finds a provider.</summary>
        /// <param name="client">The client.</param>
        /// <param name="name">The provider's name.</param>
        /// <returns>The provider.</returns>
        /// <exception cref="KeyNotFoundException">None is registered under the name.</exception>
        public static IStreamProvider GetStreamProvider(this IClusterClient client, string name)
        {
            ArgumentNullException.ThrowIfNull(client);
            return StreamServices.ProviderOf(client.ServiceProvider, name);
        }
    }
}
