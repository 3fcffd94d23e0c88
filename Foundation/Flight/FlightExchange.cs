using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight;

/// <summary>Data both ways. One side writes while the other reads, each one at a time.</summary>
public sealed class FlightExchange : IAsyncDisposable
{
    private readonly RpcDuplexCall<FlightData, FlightData> _call;
    private readonly FlightOutput _output;
    private readonly FlightInput _input;

    internal FlightExchange(RpcDuplexCall<FlightData, FlightData> call, FlightOutput output, FlightInput input)
    {
        _call = call;
        _output = output;
        _input = input;
    }

    /// <summary>Sends one batch; ends when the connection has taken it. The batch stays the caller's.</summary>
    /// <exception cref="RpcException">The server has ended the call, or cannot be reached.</exception>
    /// <exception cref="ArgumentException">The batch has another schema.</exception>
    public async ValueTask WriteAsync(
        RecordBatch batch, ReadOnlyMemory<byte> appMetadata = default, CancellationToken cancellationToken = default)
    {
        foreach (var message in _output.Write(new FlightBatch(batch, appMetadata)))
        {
            await _call.WriteAsync(message, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Says that no more batches come. The server's batches go on until it ends them.</summary>
    public ValueTask CompleteAsync() => _call.CompleteAsync();

    /// <summary>Waits for the schema of the server's batches.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public async Task<ArrowSchema> GetSchemaAsync(CancellationToken cancellationToken = default)
    {
        await _input.ReadFirstAsync(schemaRequired: true, cancellationToken).ConfigureAwait(false);
        return _input.Schema!;
    }

    /// <summary>The server's batches. Whoever enumerates owns and disposes each.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public async IAsyncEnumerable<FlightBatch> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await _input.ReadFirstAsync(schemaRequired: true, cancellationToken).ConfigureAwait(false);
        await foreach (var element in _input.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return element;
        }
    }

    /// <summary>Ends the call.</summary>
    public async ValueTask DisposeAsync()
    {
        await _call.DisposeAsync().ConfigureAwait(false);
        await _input.DisposeAsync().ConfigureAwait(false);
        _output.Dispose();
    }
}
