using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight;

/// <summary>Data that is being sent. One side writes while the other reads acknowledgements, each one at a time.</summary>
public sealed class FlightWriter : IAsyncDisposable
{
    private readonly RpcDuplexCall<FlightData, Protos.PutResult> _call;
    private readonly FlightOutput _output;

    internal FlightWriter(RpcDuplexCall<FlightData, Protos.PutResult> call, FlightOutput output)
    {
        _call = call;
        _output = output;
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

    /// <summary>Says that no more batches come. Read the acknowledgements to their end to know that the server took them.</summary>
    public ValueTask CompleteAsync() => _call.CompleteAsync();

    /// <summary>The server's acknowledgements, bytes of the application; they end with the call.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadResultsAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var result in _call.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return result.AppMetadata.Memory;
        }
    }

    /// <summary>Ends the call.</summary>
    public async ValueTask DisposeAsync()
    {
        await _call.DisposeAsync().ConfigureAwait(false);
        _output.Dispose();
    }
}
