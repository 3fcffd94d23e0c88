using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;

namespace OrleansFlow.Flight;

/// <summary>
/// Data that is being fetched. Enumerate it once, with or without application metadata; leaving the enumeration early
/// cancels the call. Disposing is needed only after <see cref="GetSchemaAsync"/> without an enumeration.
/// </summary>
public sealed class FlightReader : IAsyncEnumerable<RecordBatch>
{
    private readonly FlightInput _input;

    internal FlightReader(FlightInput input)
    {
        _input = input;
    }

    /// <summary>Starts the call when it is not yet started and waits for the schema of the batches.</summary>
    /// <exception cref="OrleansFlow.Rpc.RpcException">The server refuses the ticket, or cannot be reached.</exception>
    public async Task<ArrowSchema> GetSchemaAsync(CancellationToken cancellationToken = default)
    {
        await _input.ReadFirstAsync(schemaRequired: true, cancellationToken).ConfigureAwait(false);
        return _input.Schema!;
    }

    /// <summary>The batches with their application metadata. Whoever enumerates owns and disposes each batch.</summary>
    public async IAsyncEnumerable<FlightBatch> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var _ = _input.ConfigureAwait(false);
        await _input.ReadFirstAsync(schemaRequired: true, cancellationToken).ConfigureAwait(false);
        await foreach (var element in _input.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return element;
        }
    }

    /// <summary>The batches. Whoever enumerates owns and disposes each.</summary>
    public async IAsyncEnumerator<RecordBatch> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        await foreach (var element in ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (element.Batch is { } batch)
            {
                yield return batch;
            }
        }
    }

    /// <summary>Ends the call.</summary>
    public ValueTask DisposeAsync() => _input.DisposeAsync();
}
