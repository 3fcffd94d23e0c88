using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;

namespace OrleansFlow.Flight;

/// <summary>
/// Data on its way out: a schema, and batches of it. The service enumerates it as fast as the peer reads, disposes each
/// batch when it is written, and disposes the enumeration in any case; the token it passes fires when the peer is gone.
/// </summary>
#pragma warning disable CA1711 // The protocol's own word for it; no System.IO.Stream is near.
public sealed class FlightStream : IAsyncDisposable
#pragma warning restore CA1711
{
    /// <summary>A stream of batches.</summary>
    /// <param name="schema">The schema of every batch.</param>
    /// <param name="batches">Enumerated once. A batch that was yielded belongs to the service.</param>
    public FlightStream(ArrowSchema schema, IAsyncEnumerable<RecordBatch> batches)
        : this(schema, WithoutMetadataAsync(batches))
    {
        ArgumentNullException.ThrowIfNull(batches);
    }

    /// <summary>A stream of batches with application metadata.</summary>
    /// <param name="schema">The schema of every batch.</param>
    /// <param name="batches">Enumerated once. A batch that was yielded belongs to the service.</param>
    public FlightStream(ArrowSchema schema, IAsyncEnumerable<FlightBatch> batches)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(batches);
        Schema = schema;
        Batches = batches;
    }

    /// <summary>The schema of every batch.</summary>
    public ArrowSchema Schema { get; }

    /// <summary>The batches.</summary>
    public IAsyncEnumerable<FlightBatch> Batches { get; }

    /// <summary>How the messages are written, as whether bodies are compressed; null for the defaults.</summary>
    public IpcWriteOptions? WriteOptions { get; init; }

    /// <summary>Disposed by the service when the stream has ended in whatever way, even if nothing of it was read; null for none.</summary>
    public IAsyncDisposable? Owner { get; init; }

    /// <summary>Ends the stream: disposes <see cref="Owner"/>.</summary>
    public ValueTask DisposeAsync() => Owner?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static async IAsyncEnumerable<FlightBatch> WithoutMetadataAsync(
        IAsyncEnumerable<RecordBatch> batches, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var batch in batches.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return new FlightBatch(batch);
        }
    }
}
