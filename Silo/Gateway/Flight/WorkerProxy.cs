using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Silo.Gateway.Flight;

/// <summary>
/// Reads from workers what this gateway does not see itself, for clients that cannot reach a worker. Batches pass one by one, as fast as the
/// client reads, so memory does not grow with the result.
/// </summary>
internal sealed partial class WorkerProxy(WorkerLocations workers, IOptions<FlightGatewayOptions> options, TimeProvider clock, ILogger<WorkerProxy> logger) : IAsyncDisposable
{
    // Whoever asks sits on this machine: the gateway itself.
    private const string Here = "unix:";

    private readonly FlightOptions _limits = new() { MessageBytesMax = options.Value.MessageBytesMax };
    private readonly ConcurrentDictionary<Uri, Lazy<RpcChannel>> _channels = [];

    /// <summary>Opens what a ticket names at the first worker that has it.</summary>
    /// <param name="ticket">Signed by this cluster.</param>
    /// <param name="lost">Why the gateway does not have it; thrown when no worker has it either.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<FlightStream> OpenAsync(FlightTicket ticket, FlowException lost, CancellationToken cancellationToken)
    {
        foreach (var location in await workers.FindAsync(Here, cancellationToken))
        {
            var reader = new FlightClient(ChannelOf(location), _limits).DoGet(ticket, new RpcCallOptions(CancellationToken: cancellationToken));
            try
            {
                var schema = await reader.GetSchemaAsync(cancellationToken);
                return new FlightStream(schema, reader.ReadAllAsync(cancellationToken)) { Owner = new ReaderOwner(reader) };
            }
            catch (RpcException exception)
            {
                LogWorkerPassedOver(location, exception.Status.Message);
                await reader.DisposeAsync();
            }
        }

        throw lost;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels.Values)
        {
            await channel.Value.DisposeAsync();
        }
    }

    private RpcChannel ChannelOf(Uri location) => _channels.GetOrAdd(
        location,
        (key, time) => new Lazy<RpcChannel>(() => RpcChannel.ForAddress(
            DataLocations.HttpOf(key),
            new RpcChannelOptions { TimeProvider = time, ConnectTimeout = TimeSpan.FromSeconds(2) })),
        clock).Value;

    [LoggerMessage(EventId = 5003, Level = LogLevel.Warning, Message = "Worker at {Location} could not serve what the gateway does not have: {Reason}")]
    private partial void LogWorkerPassedOver(Uri location, string reason);

    private sealed class ReaderOwner(FlightReader reader) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => reader.DisposeAsync();
    }
}
