using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Streams;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Connectors.Streams;

namespace OrleansFlow.Silo.EventStreams;

/// <summary>The streams of the providers of a host, which is a silo or a client of one. It uses nothing but the public API of Orleans' streams.</summary>
internal sealed class OrleansStreams(IServiceProvider services, Serializer serializer, IEnumerable<OrleansStreamEvents> events) : IEventStreams
{
    private readonly Dictionary<string, OrleansStreamEvents> _events = events.ToDictionary(one => one.Name, StringComparer.OrdinalIgnoreCase);

    public Task<IEventSubscription> SubscribeAsync(EventStreamName stream, ReadOnlyMemory<byte> behind, IEventReceiver receiver, CancellationToken cancellationToken) =>
        EventsOf(stream).SubscribeAsync(ProviderOf(stream), IdOf(stream), behind, receiver, serializer).WaitAsync(cancellationToken);

    public Task PublishAsync(EventStreamName stream, IReadOnlyList<ReadOnlyMemory<byte>> records, CancellationToken cancellationToken) =>
        EventsOf(stream).PublishAsync(ProviderOf(stream), IdOf(stream), records).WaitAsync(cancellationToken);

    private static StreamId IdOf(EventStreamName stream) => stream.Namespace.Length > 0 ? StreamId.Create(stream.Namespace, stream.Key) : StreamId.Create(null!, stream.Key);

    private IStreamProvider ProviderOf(EventStreamName stream) => services.GetKeyedService<IStreamProvider>(stream.Provider) ?? throw new FlowException(
        FlowErrorCode.BadOption, $"Stream {stream}: this worker's host has no stream provider '{stream.Provider}' (option provider). Register it in the silo or client, for example by AddMemoryStreams(\"{stream.Provider}\").");

    private OrleansStreamEvents EventsOf(EventStreamName stream) => _events.TryGetValue(stream.Event, out var found) ? found : throw new FlowException(
        FlowErrorCode.BadOption, $"Stream {stream}: this worker's host has no events '{stream.Event}' (option event); it has: {string.Join(", ", _events.Keys.Order(StringComparer.Ordinal))}. Add them by AddOrleansStreamEvents.");
}
