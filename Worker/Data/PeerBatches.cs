using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Exchange;
using OrleansFlow.Rpc;

namespace OrleansFlow.Worker.Data;

/// <summary>
/// Reads from another worker by the fastest way that its data address names and that works: the exchange over a socket of this host, the
/// exchange over TCP, Arrow Flight.
/// </summary>
/// <param name="client">Opens exchanges.</param>
/// <param name="flight">Options of the Flight side.</param>
internal sealed class PeerBatches(ExchangeClient client, FlightOptions flight)
{
    /// <summary>What a ticket names, in order. Whoever enumerates owns each batch.</summary>
    /// <param name="dataAddress">As the peer registered it.</param>
    /// <param name="ticket">Signed by the silo.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RpcException">No way works (UNAVAILABLE), or the peer's own status: a peer that answers is not asked another way.</exception>
    public async IAsyncEnumerable<RecordBatch> ReadAsync(string dataAddress, FlightTicket ticket, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var address in DataLocations.ExchangesOf(dataAddress))
        {
            if (await TryOpenAsync(address, ticket, cancellationToken) is { } stream)
            {
                await using (stream)
                {
                    await foreach (var batch in stream.ReadBatchesAsync(cancellationToken))
                    {
                        yield return batch;
                    }
                }

                yield break;
            }
        }

        var location = DataLocations.FlightOf(dataAddress)
            ?? throw new RpcException(RpcStatusCode.Unavailable, $"The worker's data address '{dataAddress}' names no way that works from here.");
        await using var channel = RpcChannel.ForAddress(DataLocations.HttpOf(location), new RpcChannelOptions { ConnectTimeout = TimeSpan.FromSeconds(2) });
        await foreach (var batch in new FlightClient(channel, flight).DoGet(ticket, new RpcCallOptions(CancellationToken: cancellationToken)))
        {
            yield return batch;
        }
    }

    private async Task<ExchangeStream?> TryOpenAsync(ExchangeAddress address, FlightTicket ticket, CancellationToken cancellationToken)
    {
        // A socket's path names nothing on another host.
        if (address.Path is { } path && !File.Exists(path))
        {
            return null;
        }

        try
        {
            return await client.OpenAsync(address, ticket, cancellationToken: cancellationToken);
        }
        catch (RpcException exception) when (IsOfTheWay(exception.Status))
        {
            return null;
        }
    }

    /// <summary>Whether another way may work: nobody answered, or somebody else did.</summary>
    private static bool IsOfTheWay(RpcStatus status) => RpcStatusDetails.TryGetErrorInfo(status, out var info)
        && info is { Domain: ExchangeFaults.Domain, Reason: ExchangeFaults.Unreachable or ExchangeFaults.HandshakeTimeout or ExchangeFaults.BadMagic or ExchangeFaults.BadVersion or ExchangeFaults.Truncated or ExchangeFaults.TooManyStreams };
}
