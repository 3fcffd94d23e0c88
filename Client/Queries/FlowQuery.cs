using OrleansFlow.Arrow;
using OrleansFlow.Client.Protocol;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Rpc;

namespace OrleansFlow.Client.Queries;

/// <summary>
/// A statement that gives rows. It is sent once, when its columns or its rows are asked for first; its rows are read once. Leaving the enumeration early
/// stops it at every worker.
/// </summary>
/// <remarks>One caller at a time; <see cref="CancelAsync"/> may come at any time from anywhere.</remarks>
public sealed class FlowQuery : IAsyncEnumerable<RecordBatch>
{
    private readonly Lazy<RpcChannel> _channel;
    private readonly Lazy<FlightLocations> _locations;
    private readonly RpcMetadata? _metadata;
    private readonly QueryOptions _options;
    private FlightInfo? _info;

    internal FlowQuery(Lazy<RpcChannel> channel, Lazy<FlightLocations> locations, string sql, RpcMetadata? metadata, QueryOptions options)
    {
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
        if (Volatile.Read(ref _info) is not { } info)
        {
            info = await GuardAsync(
                () => new FlightSqlClient(new FlightClient(_channel.Value)).QueryAsync(Sql, new RpcCallOptions(Metadata: _metadata, CancellationToken: cancellationToken))).ConfigureAwait(false);
            Volatile.Write(ref _info, info);
        }

        return info;
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
