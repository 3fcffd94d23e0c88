using System.Collections.Concurrent;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Exchange;
using OrleansFlow.Rpc;

namespace OrleansFlow.Worker.Data;

/// <summary>
/// Reads from a worker by the fastest way that its data address names and that works: the exchange over a socket of this host, the exchange
/// over TCP, Arrow Flight. Thread-safe.
/// </summary>
/// <param name="client">Opens exchanges.</param>
/// <param name="flight">Memory and limits of the Flight side.</param>
internal sealed class PeerBatches(ExchangeClient client, FlightOptions flight) : IAsyncDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<Uri, Lazy<RpcChannel>> _channels = [];

    /// <summary>Opens what a ticket names.</summary>
    /// <param name="dataAddress">As the worker registered it.</param>
    /// <param name="ticket">Signed by the silo.</param>
    /// <param name="cancellationToken">Ends the opening and, over Flight, the reading.</param>
    /// <returns>The batches in order, as fast as they are read; dispose it.</returns>
    /// <exception cref="RpcException">No way works (UNAVAILABLE), or the worker's own status: one that answers is not asked another way.</exception>
    public async Task<FlightStream> OpenAsync(string dataAddress, FlightTicket ticket, CancellationToken cancellationToken)
    {
        foreach (var address in DataLocations.ExchangesOf(dataAddress))
        {
            if (await TryOpenAsync(address, ticket, cancellationToken) is { } opened)
            {
                return opened;
            }
        }

        var location = DataLocations.FlightOf(dataAddress)
            ?? throw new RpcException(RpcStatusCode.Unavailable, $"The worker's data address '{dataAddress}' names no way that works from here.");
        var channel = _channels.GetOrAdd(
            location, key => new Lazy<RpcChannel>(() => RpcChannel.ForAddress(DataLocations.HttpOf(key), new RpcChannelOptions { ConnectTimeout = ConnectTimeout }))).Value;
        var reader = new FlightClient(channel, flight).DoGet(ticket, new RpcCallOptions(CancellationToken: cancellationToken));
        try
        {
            return new FlightStream(await reader.GetSchemaAsync(cancellationToken), reader.ReadAllAsync(cancellationToken)) { Owner = new ReaderOwner(reader) };
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels.Values)
        {
            await channel.Value.DisposeAsync();
        }
    }

    private async Task<FlightStream?> TryOpenAsync(ExchangeAddress address, FlightTicket ticket, CancellationToken cancellationToken)
    {
        // A socket's path names nothing on another host.
        if (address.Path is { } path && !File.Exists(path))
        {
            return null;
        }

        ExchangeStream? stream = null;
        try
        {
            stream = await client.OpenAsync(address, ticket, cancellationToken: cancellationToken);
            return new FlightStream(await stream.GetSchemaAsync(cancellationToken), stream.ReadAllAsync(cancellationToken)) { Owner = stream };
        }
        catch (Exception exception)
        {
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }

            if (exception is RpcException failure && IsOfTheWay(failure.Status))
            {
                return null;
            }

            throw;
        }
    }

    /// <summary>Whether another way may work: nobody answered, or somebody else did.</summary>
    private static bool IsOfTheWay(RpcStatus status) => RpcStatusDetails.TryGetErrorInfo(status, out var info)
        && info is
        {
            Domain: ExchangeFaults.Domain,
            Reason: ExchangeFaults.Unreachable or ExchangeFaults.HandshakeTimeout or ExchangeFaults.BadMagic or ExchangeFaults.BadVersion or ExchangeFaults.Truncated or ExchangeFaults.TooManyStreams,
        };

    private sealed class ReaderOwner(FlightReader reader) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => reader.DisposeAsync();
    }
}
