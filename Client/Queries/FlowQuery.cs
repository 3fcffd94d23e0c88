using System.Runtime.CompilerServices;
using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Client.Protocol;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Queries;
using OrleansFlow.Rpc;

namespace OrleansFlow.Client.Queries;

/// <summary>
/// A statement that gives rows. It is sent once, when its columns or its rows are asked for first; its rows are read once. Leaving the enumeration early
/// stops it at every worker.
/// </summary>
/// <remarks>One caller at a time; <see cref="CancelAsync"/> and <see cref="WatchAsync"/> may come at any time from anywhere.</remarks>
public sealed class FlowQuery : IAsyncEnumerable<RecordBatch>
{
    private readonly FlowClient _client;
    private readonly Lazy<RpcChannel> _channel;
    private readonly Lock _gate = new();
    private readonly Lazy<FlightLocations> _locations;
    private readonly RpcMetadata? _metadata;
    private readonly QueryOptions _options;
    private FlightInfo? _info;
    private Task? _starting;

    internal FlowQuery(FlowClient client, Lazy<RpcChannel> channel, Lazy<FlightLocations> locations, string sql, RpcMetadata? metadata, QueryOptions options)
    {
        _client = client;
        _channel = channel;
        _locations = locations;
        Sql = sql;
        _metadata = metadata;
        _options = options;
    }

    /// <summary>The statement.</summary>
    public string Sql { get; }

    /// <summary>The columns; null when they are known only once rows come.</summary>
    /// <exception cref="FlowException"><c>engine_error</c>, <c>not_found</c>, ...</exception>
    public async Task<ArrowSchema?> GetSchemaAsync(CancellationToken cancellationToken = default) => (await StartAsync(cancellationToken).ConfigureAwait(false)).Schema;

    /// <summary>Its id, by which it is listed and watched while it runs on workers; null where the gateway gives none.</summary>
    /// <exception cref="FlowException"><c>engine_error</c>, <c>not_found</c>, ...</exception>
    public async Task<string?> GetIdAsync(CancellationToken cancellationToken = default) =>
        (await StartAsync(cancellationToken).ConfigureAwait(false)).AppMetadata is { IsEmpty: false } id ? Encoding.UTF8.GetString(id.Span) : null;

    /// <summary>
    /// Where it stands: its place while it waits, then how far its stages are, until it has ended. Enumerate it beside the rows, which make it go on.
    /// A statement that runs in the gateway's own process stays <see cref="QueryStatus.Pending"/> until the token fires.
    /// </summary>
    /// <param name="cancellationToken">Ends the watching; the query goes on.</param>
    /// <exception cref="FlowException"><c>engine_error</c>, <c>not_found</c>, ...</exception>
    public async IAsyncEnumerable<QueryStatus> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (await GetIdAsync(cancellationToken).ConfigureAwait(false) is { } id)
        {
            await foreach (var status in _client.WatchQueryAsync(id, cancellationToken).ConfigureAwait(false))
            {
                yield return status;
            }
        }
    }

    /// <summary>Stops the statement wherever it runs, and refuses it from now on. Fine when it has ended, or was never sent.</summary>
    /// <exception cref="FlowException"><c>gateway_unreachable</c>, ...</exception>
    public async Task CancelAsync(CancellationToken cancellationToken = default)
    {
        if (Volatile.Read(ref _info) is { } info)
        {
            await GuardAsync(() => new FlightClient(_channel.Value).CancelFlightInfoAsync(info, new RpcCallOptions(CancellationToken: cancellationToken))).ConfigureAwait(false);
        }
    }

    /// <summary>The rows. Each batch is yours: dispose it.</summary>
    /// <exception cref="FlowException"><c>engine_error</c>, <c>not_found</c>, <c>limit_exceeded</c>, <c>deadline_exceeded</c>, <c>cancelled</c>, <c>worker_lost</c>, <c>query_lost</c>, ...</exception>
    public async IAsyncEnumerator<RecordBatch> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        var info = await StartAsync(cancellationToken).ConfigureAwait(false);
        var reader = new EndpointReader(endpoint => _locations.Value.Of(endpoint, _metadata), info, _options);
        var batches = reader.ReadAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var _ = batches.ConfigureAwait(false);
        while (await GuardAsync(async () => await batches.MoveNextAsync().ConfigureAwait(false)).ConfigureAwait(false))
        {
            yield return batches.Current;
        }
    }

    private async Task<FlightInfo> StartAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (Volatile.Read(ref _info) is { } info)
            {
                return info;
            }

            // A watcher may begin beside the reader, and the statement is sent once.
            Task starting;
            lock (_gate)
            {
                if (_starting is not { IsCompleted: false })
                {
                    _starting = SendAsync(cancellationToken);
                }

                starting = _starting;
            }

            try
            {
                await starting.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Whoever sent it has left.
            }
        }
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        var info = await GuardAsync(
            () => new FlightSqlClient(new FlightClient(_channel.Value)).QueryAsync(Sql, new RpcCallOptions(Metadata: _metadata, CancellationToken: cancellationToken))).ConfigureAwait(false);
        Volatile.Write(ref _info, info);
    }

    private async Task<TResult> GuardAsync<TResult>(Func<Task<TResult>> callAsync)
    {
        try
        {
            return await callAsync().ConfigureAwait(false);
        }
        catch (RpcException exception)
        {
            throw RpcFailures.Translate(exception, _channel.Value.Address);
        }
    }
}
