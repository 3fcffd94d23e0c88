using System.Collections.Concurrent;
using System.Net.Security;
using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Worker.Queries.Inputs;

/// <summary>Reads the rows of tasks over Flight, with one channel per worker; those of this very worker are read in memory. Thread-safe.</summary>
internal sealed class PeerRows : IPeerRows, IAsyncDisposable
{
    private const string FlightScheme = "grpc";

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, Lazy<RpcChannel>> _channels = new(StringComparer.OrdinalIgnoreCase);
    private readonly Func<OutputRange, CancellationToken, Task<FlightStream>> _openHereAsync;
    private readonly Func<string> _ownLocations;
    private readonly FlightOptions _flight;
    private readonly SslClientAuthenticationOptions? _tls;

    /// <param name="openHereAsync">Opens the rows of a task of this worker.</param>
    /// <param name="ownLocations">By which names this worker is known: apart by blanks, empty while it has none.</param>
    /// <param name="flight">Memory and limits.</param>
    /// <param name="tls">Whom it trusts over TLS; null: whom the system trusts.</param>
    public PeerRows(
        Func<OutputRange, CancellationToken, Task<FlightStream>> openHereAsync, Func<string> ownLocations, FlightOptions flight, SslClientAuthenticationOptions? tls)
    {
        _tls = tls;
        _openHereAsync = openHereAsync;
        _ownLocations = ownLocations;
        _flight = flight;
    }

    public async Task<FlightStream> OpenAsync(InputSource source, string? token, CancellationToken cancellationToken)
    {
        if (IsHere(source.Location))
        {
            return await OpenHereAsync(source.Range, cancellationToken);
        }

        try
        {
            var call = new RpcCallOptions(Metadata: Headers(token), CancellationToken: cancellationToken);
            var reader = new FlightClient(ChannelTo(source.Location), _flight).DoGet(QueryTickets.Of(source.Range), call);
            return await StartAsync(reader, batches => TranslateAsync(batches, source, cancellationToken), cancellationToken);
        }
        catch (Exception exception) when (IsFailure(exception, cancellationToken))
        {
            throw QueryErrors.OfPeer(source.Range.Key, source.Location, exception);
        }
    }

    public async Task<FlightStream> OpenAsync(FlightPart part, CancellationToken cancellationToken)
    {
        try
        {
            var reader = new FlightClient(ChannelTo(part.Location), _flight).DoGet(new FlightTicket(part.Ticket.Memory), new RpcCallOptions(CancellationToken: cancellationToken));
            return await StartAsync(reader, batches => batches, cancellationToken);
        }
        catch (RpcException exception)
        {
            throw new FlowException(FlowErrorCode.DataFileMissing, $"The table's part at '{part.Location}' cannot be read: {exception.Message}", exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels.Values)
        {
            await channel.Value.DisposeAsync();
        }
    }

    private async Task<FlightStream> OpenHereAsync(OutputRange range, CancellationToken cancellationToken)
    {
        try
        {
            return await _openHereAsync(range, cancellationToken);
        }
        catch (FlowException exception)
        {
            // Not known here, or read already: for the reader it is as if the worker had lost it.
            throw TaskFailedException.Lost(range.Key, exception.Kind.Wire, exception.Message, exception);
        }
    }

    private static async Task<FlightStream> StartAsync(
        FlightReader reader, Func<IAsyncEnumerable<RecordBatch>, IAsyncEnumerable<RecordBatch>> wrap, CancellationToken cancellationToken)
    {
        try
        {
            return new FlightStream(await reader.GetSchemaAsync(cancellationToken), wrap(reader)) { Owner = new ReaderOwner(reader) };
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    private static async IAsyncEnumerable<RecordBatch> TranslateAsync(
        IAsyncEnumerable<RecordBatch> batches, InputSource source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var rows = batches.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await rows.MoveNextAsync())
                {
                    break;
                }
            }
            catch (Exception exception) when (IsFailure(exception, cancellationToken))
            {
                throw QueryErrors.OfPeer(source.Range.Key, source.Location, exception);
            }

            yield return rows.Current;
        }
    }

    private static bool IsFailure(Exception exception, CancellationToken cancellationToken) =>
        exception is RpcException or IOException or FlowException && !cancellationToken.IsCancellationRequested;

    private static RpcMetadata? Headers(string? token)
    {
        if (token is null)
        {
            return null;
        }

        RpcMetadata headers = [];
        headers.Add(QueryAuthorization.Header, QueryAuthorization.Scheme + token);
        return headers;
    }

    private bool IsHere(string location)
    {
        var own = _ownLocations().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return location.Split(' ', StringSplitOptions.RemoveEmptyEntries).Any(part => own.Contains(part, StringComparer.OrdinalIgnoreCase));
    }

    /// <exception cref="FlowException"><c>bad_input</c>: no location that can be used.</exception>
    private RpcChannel ChannelTo(string location)
    {
        foreach (var part in location.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.StartsWith(FlightScheme, StringComparison.OrdinalIgnoreCase) && Uri.TryCreate(part, UriKind.Absolute, out var uri) && uri.Authority.Length > 0)
            {
                return _channels.GetOrAdd(
                    DataLocations.HttpOf(uri), http => new Lazy<RpcChannel>(() => RpcChannel.ForAddress(http, new RpcChannelOptions { ConnectTimeout = ConnectTimeout, Tls = _tls }))).Value;
            }
        }

        throw new FlowException(FlowErrorCode.BadInput, $"The location '{location}' names no Flight server; write grpc+tcp://HOST:PORT.");
    }

    private sealed class ReaderOwner(FlightReader reader) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => reader.DisposeAsync();
    }
}
