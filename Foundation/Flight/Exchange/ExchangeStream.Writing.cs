using System.Net.Sockets;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;
using OrleansFlow.Rpc;

namespace OrleansFlow.Flight.Exchange;

/// <content>What goes to the peer.</content>
public sealed partial class ExchangeStream
{
    // How long a broken send waits for the reason, which the peer may have sent before it closed.
    private static readonly TimeSpan ReasonPatience = TimeSpan.FromMilliseconds(500);

    private readonly byte[] _head = GC.AllocateArray<byte>(ExchangeFrameHead.Bytes, pinned: true);
    private readonly List<ReadOnlyMemory<byte>> _parts = [];
    private IpcEncoder? _encoder;
    private int _isWriting;
    private bool _isComplete;
    private bool _isTorn;

    /// <summary>Sends the schema, so that the peer knows it before the first batch. Without this the first batch brings it.</summary>
    /// <param name="schema">The schema of every batch to come.</param>
    /// <param name="cancellationToken">Ends the stream when it fires in the middle.</param>
    /// <exception cref="RpcException">The peer has ended the stream, or cannot be reached.</exception>
    /// <exception cref="InvalidOperationException">There was a schema, or the writing is complete.</exception>
    public async ValueTask WriteSchemaAsync(ArrowSchema schema, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(schema);
        if (_encoder is not null)
        {
            throw new InvalidOperationException($"The stream has its schema already ({_encoder.Schema}).");
        }

        var encoder = new IpcEncoder(schema);
        _encoder = encoder;
        using var message = encoder.EncodeSchema();
        await WriteFrameAsync(ExchangeFrameKind.Message, message.Metadata, default, message.Body, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends one batch from where it lies; ends when the system has taken it, which waits for the peer. The batch stays the caller's.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="appMetadata">Bytes of the application; empty for none.</param>
    /// <param name="cancellationToken">Ends the stream when it fires in the middle.</param>
    /// <exception cref="RpcException">The peer has ended the stream, or cannot be reached.</exception>
    /// <exception cref="ArgumentException">The batch has another schema, or its buffers together are longer than 2 GiB.</exception>
    /// <exception cref="InvalidOperationException">The writing is complete, or another write is under way.</exception>
    public async ValueTask WriteAsync(RecordBatch batch, ReadOnlyMemory<byte> appMetadata = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (_encoder is null)
        {
            await WriteSchemaAsync(batch.Schema, cancellationToken).ConfigureAwait(false);
        }

        var messages = _encoder!.Encode(batch);
        try
        {
            for (var index = 0; index < messages.Count; index++)
            {
                var message = messages[index];
                if (message.BodyLength > ArrowAllocator.MaxAllocation)
                {
                    throw new ArgumentException($"A batch of {message.BodyLength} bytes does not fit one message of at most {ArrowAllocator.MaxAllocation}; send smaller batches.", nameof(batch));
                }

                var metadata = index == messages.Count - 1 ? appMetadata : default;
                await WriteFrameAsync(ExchangeFrameKind.Message, message.Metadata, metadata, message.Body, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            foreach (var message in messages)
            {
                message.Dispose();
            }
        }
    }

    /// <summary>Sends application metadata without a batch: a signal in its place between the batches.</summary>
    /// <param name="appMetadata">At least one byte.</param>
    /// <param name="cancellationToken">Ends the stream when it fires in the middle.</param>
    /// <exception cref="RpcException">The peer has ended the stream, or cannot be reached.</exception>
    public ValueTask WriteMetadataAsync(ReadOnlyMemory<byte> appMetadata, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(appMetadata.Length, nameof(appMetadata));
        return WriteFrameAsync(ExchangeFrameKind.Metadata, default, appMetadata, [], cancellationToken);
    }

    /// <summary>
    /// Says that nothing more comes from this side. A client then reads to the end, or waits for <see cref="WaitForEndAsync"/>, to know that
    /// the listener took it all; at the listener the end of the handler says it, too.
    /// </summary>
    /// <exception cref="RpcException">The peer has ended the stream, or cannot be reached.</exception>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken = default)
    {
        if (!_isComplete)
        {
            await WriteFrameAsync(ExchangeFrameKind.End, default, default, [], cancellationToken).ConfigureAwait(false);
            _isComplete = true;
        }
    }

    /// <summary>At a client: throws away what still comes and waits for the listener's status.</summary>
    /// <exception cref="RpcException">The stream did not end well.</exception>
    public async Task WaitForEndAsync(CancellationToken cancellationToken = default)
    {
        await foreach (var element in ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            element.Batch?.Dispose();
        }
    }

    private ValueTask WriteFrameAsync(
        ExchangeFrameKind kind, ReadOnlyMemory<byte> header, ReadOnlyMemory<byte> appMetadata, IReadOnlyList<ReadOnlyMemory<byte>> body, CancellationToken cancellationToken) =>
        _isComplete
            ? throw new InvalidOperationException("This side of the stream is complete; nothing more can be written.")
            : SendAsync(kind, header, appMetadata, body, cancellationToken);

    private async ValueTask SendAsync(
        ExchangeFrameKind kind, ReadOnlyMemory<byte> header, ReadOnlyMemory<byte> appMetadata, IReadOnlyList<ReadOnlyMemory<byte>> body, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (Interlocked.Exchange(ref _isWriting, 1) != 0)
        {
            throw new InvalidOperationException("Another write is under way; a stream takes one at a time.");
        }

        try
        {
            // The status of a failed stream goes out after the end; everything else does not.
            var ended = kind == ExchangeFrameKind.Status ? CancellationToken.None : _ended.Token;
            if (ended.IsCancellationRequested)
            {
                throw WhyEnded(null);
            }

            using var both = cancellationToken.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, ended) : null;
            Gather(kind, header, appMetadata, body);
            await _transport.SendAsync(_parts, both?.Token ?? ended).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception)
        {
            // Half a message may be out, so nothing that follows could be understood.
            _isTorn = true;
            await EndAsync(ExchangeFaults.Broken("A write was cancelled in the middle of a message.")).ConfigureAwait(false);
            _transport.Abort();
            cancellationToken.ThrowIfCancellationRequested();
            throw WhyEnded(exception);
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException)
        {
            await _pumping.WaitAsync(ReasonPatience, _options.TimeProvider, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await EndAsync(ExchangeFaults.Broken($"The connection to {Peer} broke: {exception.Message}", exception)).ConfigureAwait(false);
            throw WhyEnded(exception);
        }
        finally
        {
            _parts.Clear();
            Volatile.Write(ref _isWriting, 0);
        }
    }

    private void Gather(ExchangeFrameKind kind, ReadOnlyMemory<byte> header, ReadOnlyMemory<byte> appMetadata, IReadOnlyList<ReadOnlyMemory<byte>> body)
    {
        _parts.Add(_head);
        _parts.Add(appMetadata);
        _parts.Add(header);
        var bodyBytes = 0L;
        foreach (var part in body)
        {
            _parts.Add(part);
            bodyBytes += part.Length;
        }

        new ExchangeFrameHead(kind, header.Length, appMetadata.Length, bodyBytes).Write(_head);
    }

    private RpcException WhyEnded(Exception? inner) => Failure is { } failure
        ? new RpcException(failure.Status, failure.Trailers, inner ?? failure)
        : ExchangeFaults.Make(RpcStatusCode.Cancelled, ExchangeFaults.Truncated, $"{Peer} has ended the stream and takes nothing more.", inner);
}
