using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight.Exchange;

/// <content>What comes from the peer.</content>
public sealed partial class ExchangeStream
{
    // Signals that may come before the first batch, while somebody waits for the schema only.
    private const int EarlyMax = 1_000;

    private readonly Queue<FlightBatch> _early = [];

    /// <summary>Waits for the schema of the peer's batches.</summary>
    /// <exception cref="RpcException">The stream ended, well or not, without one.</exception>
    public async ValueTask<ArrowSchema> GetSchemaAsync(CancellationToken cancellationToken = default)
    {
        while (_decoder.Schema is null)
        {
            if (await ReceiveAsync(cancellationToken).ConfigureAwait(false) is not { } element)
            {
                throw Malformed("it ended without a schema");
            }

            if (element.Batch is not null || !element.AppMetadata.IsEmpty)
            {
                _early.Enqueue(element);
                if (_early.Count > EarlyMax)
                {
                    throw Malformed($"more than {EarlyMax} messages came before the schema");
                }
            }
        }

        return _decoder.Schema;
    }

    /// <summary>
    /// What the peer sends, in its order, until it is complete: batches with their application metadata, and application metadata alone.
    /// At a client the enumeration ends with the stream itself. Whoever enumerates owns and disposes each batch.
    /// </summary>
    /// <param name="cancellationToken">Stops waiting; the stream stays as it is.</param>
    /// <exception cref="RpcException">The peer's status, or why the stream broke.</exception>
    public async IAsyncEnumerable<FlightBatch> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (!_early.TryDequeue(out var element))
            {
                if (await ReceiveAsync(cancellationToken).ConfigureAwait(false) is not { } received)
                {
                    yield break;
                }

                element = received;
            }

            if (element.Batch is not null || !element.AppMetadata.IsEmpty)
            {
                yield return element;
            }
        }
    }

    /// <summary>The peer's batches without their metadata; messages of metadata alone are passed over. Otherwise as <see cref="ReadAllAsync"/>.</summary>
    /// <exception cref="RpcException">The peer's status, or why the stream broke.</exception>
    public async IAsyncEnumerable<RecordBatch> ReadBatchesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var element in ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (element.Batch is { } batch)
            {
                yield return batch;
            }
        }
    }

    /// <summary>The next frame as an element, an empty one for schemas and dictionaries; null at the end.</summary>
    private async ValueTask<FlightBatch?> ReceiveAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        if (!await _inbound.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false) || !_inbound.Reader.TryRead(out var frame))
        {
            return null;
        }

        if (frame.Kind == ExchangeFrameKind.Metadata)
        {
            return new FlightBatch(null, frame.AppMetadata);
        }

        try
        {
            return new FlightBatch(_decoder.Decode(frame.Header, frame.Body), frame.AppMetadata);
        }
        catch (ArrowFormatException exception)
        {
            var fault = Malformed(exception.Message, exception);
            await EndAsync(fault).ConfigureAwait(false);
            throw fault;
        }
        finally
        {
            frame.Body.Release();
        }
    }
}
