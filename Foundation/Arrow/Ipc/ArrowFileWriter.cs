using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>Writes batches in the IPC file format, which can be read from any batch on. Not thread-safe.</summary>
/// <remarks>
/// The stream need not be seekable. Only <see cref="End"/> makes the file complete; disposing does not, so that a failure does not
/// leave a file that looks complete. A file holds one dictionary a field, which later batches may extend (a delta is written); a batch
/// with another one is refused.
/// </remarks>
public sealed class ArrowFileWriter : IDisposable, IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly bool _leaveOpen;
    private readonly IpcEncoder _encoder;
    private readonly MessageFraming _framing;
    private readonly List<IpcBlock> _dictionaries = [];
    private readonly List<IpcBlock> _batches = [];
    private bool _started;
    private bool _ended;

    /// <summary>Creates a writer.</summary>
    /// <param name="stream">Where to write; its position now is the start of the file.</param>
    /// <param name="schema">The schema of every batch.</param>
    /// <param name="options">How to write; null for the defaults.</param>
    /// <param name="leaveOpen">Whether disposing leaves the stream open. Default false.</param>
    public ArrowFileWriter(Stream stream, ArrowSchema schema, IpcWriteOptions? options = null, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        options ??= new IpcWriteOptions();
        _stream = stream;
        _leaveOpen = leaveOpen;
        _encoder = new IpcEncoder(schema, options, false);
        _framing = new MessageFraming(stream, options.Alignment);
    }

    /// <summary>Creates or overwrites a file.</summary>
    public ArrowFileWriter(string path, ArrowSchema schema, IpcWriteOptions? options = null)
        : this(new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16), schema, options)
    {
    }

    /// <summary>The schema of every batch.</summary>
    public ArrowSchema Schema => _encoder.Schema;

    /// <summary>Batches written so far.</summary>
    public int BatchCount => _batches.Count;

    /// <summary>Bytes written so far.</summary>
    public long BytesWritten => _framing.Position;

    /// <summary>Writes a batch; the caller keeps its reference.</summary>
    /// <exception cref="InvalidOperationException">A dictionary differs from that of an earlier batch and does not extend it.</exception>
    public void Write(RecordBatch batch)
    {
        Start();
        var messages = _encoder.Encode(batch);
        try
        {
            foreach (var message in messages)
            {
                Add(message.Kind, _framing.Write(message));
            }
        }
        finally
        {
            ArrowStreamWriter.DisposeAll(messages);
        }
    }

    /// <summary>Writes a batch; the caller keeps its reference.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="cancellationToken">Stops writing in the middle; the file is then of no use.</param>
    /// <exception cref="InvalidOperationException">A dictionary differs from that of an earlier batch and does not extend it.</exception>
    public async Task WriteAsync(RecordBatch batch, CancellationToken cancellationToken = default)
    {
        await StartAsync(cancellationToken).ConfigureAwait(false);
        var messages = _encoder.Encode(batch);
        try
        {
            foreach (var message in messages)
            {
                Add(message.Kind, await _framing.WriteAsync(message, cancellationToken).ConfigureAwait(false));
            }
        }
        finally
        {
            ArrowStreamWriter.DisposeAll(messages);
        }
    }

    /// <summary>Writes the footer and flushes. Repeating it does nothing.</summary>
    public void End()
    {
        if (_ended)
        {
            return;
        }

        Start();
        _ended = true;
        _framing.WriteBytes(EncodeEnd());
        _stream.Flush();
    }

    /// <summary>Writes the footer and flushes. Repeating it does nothing.</summary>
    public async Task EndAsync(CancellationToken cancellationToken = default)
    {
        if (_ended)
        {
            return;
        }

        await StartAsync(cancellationToken).ConfigureAwait(false);
        _ended = true;
        await _framing.WriteBytesAsync(EncodeEnd(), cancellationToken).ConfigureAwait(false);
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

    private static byte[] Magic() => [.. IpcFormat.Magic, 0, 0];

    private static long[] Words(List<IpcBlock> blocks)
    {
        var words = new long[blocks.Count * 3];
        for (var i = 0; i < blocks.Count; i++)
        {
            words[i * 3] = blocks[i].Offset;
            words[i * 3 + 1] = blocks[i].MetadataLength;
            words[i * 3 + 2] = blocks[i].BodyLength;
        }

        return words;
    }

    private void Add(IpcMessageKind kind, IpcBlock block) =>
        (kind == IpcMessageKind.DictionaryBatch ? _dictionaries : _batches).Add(block);

    private bool NeedsSchema()
    {
        if (_ended)
        {
            throw new InvalidOperationException("The file was ended; no batch can follow.");
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
            _framing.WriteBytes(Magic());
            _framing.Write(message);
        }
    }

    private async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        if (NeedsSchema())
        {
            using var message = _encoder.EncodeSchema();
            await _framing.WriteBytesAsync(Magic(), cancellationToken).ConfigureAwait(false);
            await _framing.WriteAsync(message, cancellationToken).ConfigureAwait(false);
        }
    }

    private byte[] EncodeEnd()
    {
        var builder = new FlatBuilder();
        var schema = new SchemaEncoder(builder).Encode(Schema);
        var dictionaries = builder.Structs(Words(_dictionaries), 3);
        var batches = builder.Structs(Words(_batches), 3);
        builder.StartTable(5);
        builder.Offset(1, schema);
        builder.Offset(2, dictionaries);
        builder.Offset(3, batches);
        builder.Short(0, IpcFormat.VersionV5);
        var footer = builder.Finish(builder.EndTable());
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, footer.Length);
        return [.. MessageFraming.EndOfStream(), .. footer, .. length, .. IpcFormat.Magic];
    }
}
