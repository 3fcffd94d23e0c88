using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Exchange;
using OrleansFlow.Rpc;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Silo.Gateway.Flight;

/// <summary>
/// Reads from workers what this gateway does not see itself, for clients that cannot reach a worker. Batches pass one by one, as fast as the
/// client reads, so memory does not grow with the result.
/// </summary>
internal sealed partial class WorkerProxy(WorkerLocations workers, IOptions<FlightGatewayOptions> options, TimeProvider clock, ILogger<WorkerProxy> logger) : IAsyncDisposable
{
    private readonly PeerBatches _peers = new(
        new ExchangeClient(new ExchangeClientOptions { MessageBytesMax = options.Value.MessageBytesMax, TimeProvider = clock }),
        new FlightOptions { MessageBytesMax = options.Value.MessageBytesMax });

    /// <summary>Opens what a ticket names at the first worker that has it.</summary>
    /// <param name="ticket">Signed by this cluster.</param>
    /// <param name="lost">Why the gateway does not have it; thrown when no worker has it either.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<FlightStream> OpenAsync(FlightTicket ticket, FlowException lost, CancellationToken cancellationToken)
    {
        foreach (var dataAddress in await workers.FindAddressesAsync(cancellationToken))
        {
            try
            {
                return await _peers.OpenAsync(dataAddress, ticket, cancellationToken);
            }
            catch (RpcException exception)
            {
                LogWorkerPassedOver(dataAddress, exception.Status.Message);
            }
        }

        throw lost;
    }

    public ValueTask DisposeAsync() => _peers.DisposeAsync();

    [LoggerMessage(EventId = 5003, Level = LogLevel.Warning, Message = "Worker at {DataAddress} could not serve what the gateway does not have: {Reason}")]
    private partial void LogWorkerPassedOver(string dataAddress, string reason);
}
