using OrleansFlow.Arrow;
using OrleansFlow.Client.Protocol;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;

namespace OrleansFlow.Client;

/// <summary>One result as it comes over Arrow Flight: a schema, then batches. Read it once; dispose it, also in the middle.</summary>
public sealed class FlowResult : IAsyncDisposable
{
    private readonly FlightLocations _locations;
    private readonly FlightInfo _info;
    private readonly Uri _gateway;

    internal FlowResult(FlightLocations locations, FlightInfo info, ArrowSchema schema, Uri gateway)
    {
        Schema = schema;
        _locations = locations;
        _info = info;
        _gateway = gateway;
    }

    /// <summary>Columns of every batch.</summary>
    public ArrowSchema Schema { get; }

    /// <summary>Rows in all; -1 when the gateway does not know.</summary>
    public long TotalRows => _info.TotalRecords;

    /// <summary>Bytes in all; -1 when the gateway does not know.</summary>
    public long TotalBytes => _info.TotalBytes;

    /// <summary>The batches, in order. Each is yours: dispose it.</summary>
    /// <exception cref="Errors.FlowException">The stream broke; read the result again.</exception>
    public async IAsyncEnumerable<RecordBatch> ReadBatchesAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var reader = new EndpointReader(endpoint => _locations.Of(endpoint, headers: null), _info, new QueryOptions());
        var batches = reader.ReadAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var _ = batches.ConfigureAwait(false);
        while (true)
        {
            try
            {
                if (!await batches.MoveNextAsync().ConfigureAwait(false))
                {
                    yield break;
                }
            }
            catch (RpcException exception)
            {
                throw RpcFailures.Translate(exception, _gateway);
            }

            yield return batches.Current;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
