using System.Diagnostics.CodeAnalysis;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>Writes batches in the IPC stream format. Not thread-safe.</summary>
/// <remarks>
/// The schema is written with the first batch or at the end. <see cref="End"/> writes the end marker; disposing does not, so that a
/// failure does not leave a stream that looks complete.
/// </remarks>
public sealed class ArrowStreamWriter : IDisposable, IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly bool _leaveOpen;
    private readonly IpcEncoder _encoder;
    private readonly MessageFraming _framing;
    private bool _started;
    private bool _ended;

    /// <summary>Creates a writer.</summary>
    /// <param name="stream">Where to write.</param>
    /// <param name="schema">The schema of every batch.</param>
    /// <param name="options">How to write; null for the defaults.</param>
    /// <param name="leaveOpen">Whether disposing leaves the stream open. Default false.</param>
    public ArrowStreamWriter(Stream stream, ArrowSchema schema, IpcWriteOptions? options = null, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        options ??= new IpcWriteOptions();
        _stream = stream;
        _leaveOpen = leaveOpen;
        _encoder = new IpcEncoder(schema, options);
        _framing = new MessageFraming(stream, options.Alignment);
    }

    /// <summary>The schema of every batch.</summary>
    public ArrowSchema Schema => _encoder.Schema;

    /// <summary>Bytes written so far.</summary>
    public long BytesWritten => _framing.Position;

    /// <summary>Writes a batch; the caller keeps its reference.</summary>
    public void Write(RecordBatch batch)
    {
        Start();
        var messages = _encoder.Encode(batch);
        try
        {
            foreach (var message in messages)
            {
                _framing.Write(message);
            }
        }
        finally
        {
            DisposeAll(messages);
        }
    }

    /// <summary>Writes a batch; the caller keeps its reference.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="cancellationToken">Stops writing in the middle; the stream is then of no use.</param>
    public async Task WriteAsync(RecordBatch batch, CancellationToken cancellationToken = default)
    {
        await StartAsync(cancellationToken).ConfigureAwait(false);
        var messages = _encoder.Encode(batch);
        try
        {
            foreach (var message in messages)
            {
                await _framing.WriteAsync(message, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            DisposeAll(messages);
        }
    }

    /// <summary>Writes the end marker and flushes. Repeating it does nothing.</summary>
    public void End()
    {
        if (_ended)
        {
            return;
        }

        Start();
        _ended = true;
        _framing.WriteBytes(MessageFraming.EndOfStream());
        _stream.Flush();
    }

    /// <summary>Writes the end marker and flushes. Repeating it does nothing.</summary>
    public async Task EndAsync(CancellationToken cancellationToken = default)
    {
        if (_ended)
        {
            return;
        }

        await StartAsync(cancellationToken).ConfigureAwait(false);
        _ended = true;
        await _framing.WriteBytesAsync(MessageFraming.EndOfStream(), cancellationToken).ConfigureAwait(false);
        await _stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lets go of dictionaries and closes the stream, unless it is to stay open.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "No finalizer: see ArrowMemoryOwner.")]
    public void Dispose()
    {
        _encoder.Dispose();
        if (!_leaveOpen)
        {
            _stream.Dispose();
        }
    }

    /// <summary>Lets go of dictionaries and closes the stream, unless it is to stay open.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "No finalizer: see ArrowMemoryOwner.")]
    public ValueTask DisposeAsync()
    {
        _encoder.Dispose();
        return _leaveOpen ? ValueTask.CompletedTask : _stream.DisposeAsync();
    }

    internal static void DisposeAll(IReadOnlyList<IpcMessage> messages)
    {
        foreach (var message in messages)
        {
            message.Dispose();
        }
    }

    private bool NeedsSchema()
    {
        if (_ended)
        {
            throw new InvalidOperationException("The stream was ended; no batch can follow.");
        }

        var needs = !_started;
        _started = true;
        return needs;
    }

    private void Start()
    {
        if (NeedsSchema())
        {
            using var message = _encoder.EncodeSchema();
            _framing.Write(message);
        }
    }

    private async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        if (NeedsSchema())
        {
            using var message = _encoder.EncodeSchema();
            await _framing.WriteAsync(message, cancellationToken).ConfigureAwait(false);
        }
    }
}
