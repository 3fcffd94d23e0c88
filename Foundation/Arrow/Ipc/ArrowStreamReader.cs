using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>Reads batches of the IPC stream format. Not thread-safe.</summary>
/// <remarks>From a stream each body is read once into memory of the allocator; from memory nothing is copied.</remarks>
public sealed class ArrowStreamReader : IDisposable
{
    private readonly Stream? _stream;
    private readonly ArrowBuffer _memory;
    private readonly bool _leaveOpen;
    private readonly IpcReadOptions _options;
    private readonly IpcDecoder _decoder;
    private readonly byte[] _prefix = new byte[4];
    private long _position;
    private bool _ended;
    private bool _disposed;

    /// <summary>Reads from a stream.</summary>
    /// <param name="stream">The bytes; read up to the end marker or the end.</param>
    /// <param name="options">Limits and checks; null for the defaults.</param>
    /// <param name="leaveOpen">Whether disposing leaves the stream open. Default false.</param>
    public ArrowStreamReader(Stream stream, IpcReadOptions? options = null, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _stream = stream;
        _leaveOpen = leaveOpen;
        _options = options ?? new IpcReadOptions();
        _decoder = new IpcDecoder(_options);
    }

    /// <summary>Reads from memory; the batches refer to it.</summary>
    /// <param name="memory">The bytes; the reader adds a reference, the caller keeps its own.</param>
    /// <param name="options">Limits and checks; null for the defaults.</param>
    public ArrowStreamReader(ArrowBuffer memory, IpcReadOptions? options = null)
    {
        _memory = memory.Retain();
        _options = options ?? new IpcReadOptions();
        _decoder = new IpcDecoder(_options);
    }

    /// <summary>Reads from managed memory, which stays pinned while batches refer to it.</summary>
    /// <param name="memory">The bytes.</param>
    /// <param name="options">Limits and checks; null for the defaults.</param>
    public ArrowStreamReader(ReadOnlyMemory<byte> memory, IpcReadOptions? options = null)
    {
        _memory = ArrowBuffer.FromManaged(memory);
        _options = options ?? new IpcReadOptions();
        _decoder = new IpcDecoder(_options);
    }

    /// <summary>The schema; null until <see cref="ReadSchema"/> or the first read.</summary>
    public ArrowSchema? Schema => _decoder.Schema;

    /// <summary>Reads the schema, unless it is known already.</summary>
    /// <exception cref="ArrowFormatException">The stream does not start with a valid schema.</exception>
    public ArrowSchema ReadSchema()
    {
        while (_decoder.Schema is null)
        {
            if (!TryReadMessage(out var batch))
            {
                throw new ArrowFormatException("The stream ends before a schema.");
            }

            batch?.Dispose();
        }

        return _decoder.Schema;
    }

    /// <summary>Reads the schema, unless it is known already.</summary>
    /// <exception cref="ArrowFormatException">The stream does not start with a valid schema.</exception>
    public async ValueTask<ArrowSchema> ReadSchemaAsync(CancellationToken cancellationToken = default)
    {
        while (_decoder.Schema is null)
        {
            var (any, batch) = await ReadMessageAsync(cancellationToken).ConfigureAwait(false);
            if (!any)
            {
                throw new ArrowFormatException("The stream ends before a schema.");
            }

            batch?.Dispose();
        }

        return _decoder.Schema;
    }

    /// <summary>The next batch, whose one reference the caller owns; null at the end.</summary>
    /// <exception cref="ArrowFormatException">The bytes break the format, pass a limit or end in the middle.</exception>
    public RecordBatch? ReadNext()
    {
        ReadSchema();
        while (TryReadMessage(out var batch))
        {
            if (batch is not null)
            {
                return batch;
            }
        }

        return null;
    }

    /// <summary>The next batch, whose one reference the caller owns; null at the end.</summary>
    /// <exception cref="ArrowFormatException">The bytes break the format, pass a limit or end in the middle.</exception>
    public async ValueTask<RecordBatch?> ReadNextAsync(CancellationToken cancellationToken = default)
    {
        await ReadSchemaAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var (any, batch) = await ReadMessageAsync(cancellationToken).ConfigureAwait(false);
            if (!any || batch is not null)
            {
                return batch;
            }
        }
    }

    /// <summary>All further batches; the consumer owns and disposes each.</summary>
    public async IAsyncEnumerable<RecordBatch> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await ReadNextAsync(cancellationToken).ConfigureAwait(false) is { } batch)
        {
            yield return batch;
        }
    }

    /// <summary>Lets go of dictionaries and memory and closes the stream, unless it is to stay open. Batches stay valid.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "No finalizer: see ArrowMemoryOwner.")]
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _ended = true;
        _decoder.Dispose();
        _memory.Release();
        if (!_leaveOpen)
        {
            _stream?.Dispose();
        }
    }

    private bool TryReadMessage(out RecordBatch? batch)
    {
        batch = null;
        if (_ended)
        {
            return false;
        }

        if (_stream is null)
        {
            return TryReadFromMemory(out batch);
        }

        if (!ReadPrefix(true))
        {
            return End();
        }

        if (!Continue(out var length))
        {
            ReadPrefix(false);
            length = BinaryPrimitives.ReadInt32LittleEndian(_prefix);
        }

        if (length == 0)
        {
            return End();
        }

        var metadata = new byte[CheckMetadataLength(length)];
        ReadExactly(metadata, "metadata");
        var body = AllocateBody(IpcDecoder.ReadBodyLength(metadata, _options));
        try
        {
            ReadExactly(body.WritableSpan, "body");
            batch = _decoder.Decode(metadata, body);
            return true;
        }
        finally
        {
            body.Release();
        }
    }

    private async ValueTask<(bool Any, RecordBatch? Batch)> ReadMessageAsync(CancellationToken cancellationToken)
    {
        if (_stream is null || _ended)
        {
            return TryReadMessage(out var ready) ? (true, ready) : (false, null);
        }

        var got = await _stream.ReadAtLeastAsync(_prefix, 4, false, cancellationToken).ConfigureAwait(false);
        if (!CheckPrefix(got, true))
        {
            return (End(), null);
        }

        if (!Continue(out var length))
        {
            got = await _stream.ReadAtLeastAsync(_prefix, 4, false, cancellationToken).ConfigureAwait(false);
            CheckPrefix(got, false);
            length = BinaryPrimitives.ReadInt32LittleEndian(_prefix);
        }

        if (length == 0)
        {
            return (End(), null);
        }

        var metadata = new byte[CheckMetadataLength(length)];
        CheckRead(await _stream.ReadAtLeastAsync(metadata, metadata.Length, false, cancellationToken).ConfigureAwait(false), metadata.Length, "metadata");
        var body = AllocateBody(IpcDecoder.ReadBodyLength(metadata, _options));
        try
        {
            var memory = new NativeMemoryView(body).Memory;
            CheckRead(await _stream.ReadAtLeastAsync(memory, memory.Length, false, cancellationToken).ConfigureAwait(false), memory.Length, "body");
            return (true, _decoder.Decode(metadata, body));
        }
        finally
        {
            body.Release();
        }
    }

    private bool TryReadFromMemory(out RecordBatch? batch)
    {
        batch = null;
        var left = _memory.Length - _position;
        if (left == 0)
        {
            return End();
        }

        CheckPrefix((int)Math.Min(left, 4), false);
        var word = _memory.Slice(_position, 4).Cast<uint>()[0];
        _position += 4;
        if (word == IpcFormat.Continuation)
        {
            CheckPrefix((int)Math.Min(_memory.Length - _position, 4), false);
            word = _memory.Slice(_position, 4).Cast<uint>()[0];
            _position += 4;
        }

        if (word == 0)
        {
            return End();
        }

        var length = CheckMetadataLength((int)word);
        CheckRead(_memory.Length - _position, length, "metadata");
        var metadata = _memory.Slice(_position, length).Span;
        _position += length;
        var bodyLength = IpcDecoder.ReadBodyLength(metadata, _options);
        CheckRead(_memory.Length - _position, bodyLength, "body");
        var body = _memory.Slice(_position, bodyLength);
        _position += bodyLength;
        batch = _decoder.Decode(metadata, body);
        return true;
    }

    private bool End()
    {
        _ended = true;
        return false;
    }

    private bool ReadPrefix(bool mayEnd) => CheckPrefix(_stream!.ReadAtLeast(_prefix, 4, false), mayEnd);

    private static bool CheckPrefix(int got, bool mayEnd)
    {
        if (got == 0 && mayEnd)
        {
            return false;
        }

        CheckRead(got, 4, "length of a message");
        return true;
    }

    /// <summary>False when the word is the continuation marker, so the length follows; streams before 0.15 have no marker.</summary>
    private bool Continue(out int length)
    {
        var word = BinaryPrimitives.ReadUInt32LittleEndian(_prefix);
        length = word == IpcFormat.Continuation ? -1 : CheckLegacyLength((int)word);
        return length >= 0;
    }

    private static int CheckLegacyLength(int length) => length >= 0
        ? length
        : throw new ArrowFormatException($"A message claims {length} bytes of metadata.");

    private int CheckMetadataLength(int length) => length > 0 && length <= _options.MaxMetadataBytes
        ? length
        : throw new ArrowFormatException($"A message claims {length} bytes of metadata; the limit is {_options.MaxMetadataBytes}.");

    private ArrowBuffer AllocateBody(long length)
    {
        // A lie about the length is found before memory is taken for it, where the source says how much is left.
        if (_stream is { CanSeek: true } && _stream.Length - _stream.Position is var left && left < length)
        {
            CheckRead(left, length, "body");
        }

        return _options.Allocator.Allocate(length);
    }

    private void ReadExactly(Span<byte> target, string what) =>
        CheckRead(_stream!.ReadAtLeast(target, target.Length, false), target.Length, what);

    private static void CheckRead(long got, long expected, string what)
    {
        if (got < expected)
        {
            throw new ArrowFormatException($"The stream ends in the {what} of a message: {got} of {expected} bytes came.");
        }
    }
}
