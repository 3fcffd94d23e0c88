using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>Reads batches of the IPC stream format. Not thread-safe.</summary>
/// <remarks>From a stream each body is read once into memory of the allocator; from memory nothing is copied.</remarks>
public sealed class ArrowStreamReader : IDisposable
{
    private readonly IpcMessageSource _source;
    private readonly IpcDecoder _decoder;
    private bool _disposed;

    /// <summary>Reads from a stream.</summary>
    /// <param name="stream">The bytes; read up to the end marker or the end.</param>
    /// <param name="options">Limits and checks; null for the defaults.</param>
    /// <param name="leaveOpen">Whether disposing leaves the stream open. Default false.</param>
    public ArrowStreamReader(Stream stream, IpcReadOptions? options = null, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        options ??= new IpcReadOptions();
        _source = new StreamMessageSource(stream, options, leaveOpen);
        _decoder = new IpcDecoder(options);
    }

    /// <summary>Reads from memory; the batches refer to it.</summary>
    /// <param name="memory">The bytes; the reader adds a reference, the caller keeps its own.</param>
    /// <param name="options">Limits and checks; null for the defaults.</param>
    public ArrowStreamReader(ArrowBuffer memory, IpcReadOptions? options = null)
    {
        options ??= new IpcReadOptions();
        _source = new MemoryMessageSource(memory.Retain(), options);
        _decoder = new IpcDecoder(options);
    }

    /// <summary>Reads from managed memory, which stays pinned while batches refer to it.</summary>
    /// <param name="memory">The bytes.</param>
    /// <param name="options">Limits and checks; null for the defaults.</param>
    public ArrowStreamReader(ReadOnlyMemory<byte> memory, IpcReadOptions? options = null)
    {
        options ??= new IpcReadOptions();
        _source = new MemoryMessageSource(ArrowBuffer.FromManaged(memory), options);
        _decoder = new IpcDecoder(options);
    }

    /// <summary>The schema; null until <see cref="ReadSchema"/> or the first read.</summary>
    public ArrowSchema? Schema => _decoder.Schema;

    /// <summary>Reads the schema, unless it is known already.</summary>
    /// <exception cref="ArrowFormatException">The stream does not start with a valid schema.</exception>
    public ArrowSchema ReadSchema()
    {
        while (_decoder.Schema is null)
        {
            if (!_source.TryRead(_decoder, out var batch))
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
            var (any, batch) = await _source.ReadAsync(_decoder, cancellationToken).ConfigureAwait(false);
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
        while (_source.TryRead(_decoder, out var batch))
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
            var (any, batch) = await _source.ReadAsync(_decoder, cancellationToken).ConfigureAwait(false);
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
        _decoder.Dispose();
        _source.Dispose();
    }
}
