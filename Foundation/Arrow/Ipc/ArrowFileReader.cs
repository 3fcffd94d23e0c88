using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>Reads batches of the IPC file format in any order.</summary>
/// <remarks>
/// Files and memory are not copied: batches refer to the mapping or memory, which lives as long as they do. A mapped file must not
/// be shortened while it is open. Reading batches is thread-safe, except from a <see cref="Stream"/>.
/// </remarks>
public sealed class ArrowFileReader : IDisposable
{
    private readonly FileBlockSource _source;
    private readonly IpcDecoder _decoder;
    private readonly IpcReadOptions _options;
    private readonly IpcBlock[] _batches;
    private bool _disposed;

    private ArrowFileReader(FileBlockSource source, IpcDecoder decoder, IpcReadOptions options, IpcBlock[] batches)
    {
        _source = source;
        _decoder = decoder;
        _options = options;
        _batches = batches;
    }

    /// <summary>The schema of every batch.</summary>
    public ArrowSchema Schema => _decoder.Schema!;

    /// <summary>Number of batches.</summary>
    public int BatchCount => _batches.Length;

    /// <summary>Opens a file by mapping it into memory.</summary>
    /// <exception cref="ArrowFormatException">It is not a complete Arrow file, or it breaks the format.</exception>
    public static ArrowFileReader Open(string path, IpcReadOptions? options = null) => Open(FileBlockSource.Map(path), options);

    /// <summary>Opens memory; the batches refer to it.</summary>
    /// <param name="memory">The bytes; the reader adds a reference, the caller keeps its own.</param>
    /// <param name="options">Limits and checks; null for the defaults.</param>
    /// <exception cref="ArrowFormatException">It is not a complete Arrow file, or it breaks the format.</exception>
    public static ArrowFileReader Open(ArrowBuffer memory, IpcReadOptions? options = null) =>
        Open(new MemoryBlockSource(memory.Retain()), options);

    /// <summary>Opens managed memory, which stays pinned while batches refer to it.</summary>
    /// <exception cref="ArrowFormatException">It is not a complete Arrow file, or it breaks the format.</exception>
    public static ArrowFileReader Open(ReadOnlyMemory<byte> memory, IpcReadOptions? options = null) =>
        Open(new MemoryBlockSource(ArrowBuffer.FromManaged(memory)), options);

    /// <summary>Opens a stream; each batch is read into memory of the allocator.</summary>
    /// <param name="stream">A seekable stream whose start is the start of the file.</param>
    /// <param name="options">Limits and checks; null for the defaults.</param>
    /// <param name="leaveOpen">Whether disposing leaves the stream open. Default false.</param>
    /// <exception cref="ArrowFormatException">It is not a complete Arrow file, or it breaks the format.</exception>
    public static ArrowFileReader Open(Stream stream, IpcReadOptions? options = null, bool leaveOpen = false) =>
        Open(new StreamBlockSource(stream, leaveOpen, options ?? new IpcReadOptions()), options);

    /// <summary>Reads a batch, whose one reference the caller owns.</summary>
    /// <param name="index">0 to <see cref="BatchCount"/> - 1.</param>
    /// <exception cref="ArrowFormatException">The batch breaks the format.</exception>
    public RecordBatch ReadBatch(int index)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _batches.Length);
        var block = _source.Read(_batches[index]);
        return Finish(block, _batches[index]);
    }

    /// <summary>Reads some columns of a batch, whose one reference the caller owns; the others are neither unpacked nor checked.</summary>
    /// <param name="index">0 to <see cref="BatchCount"/> - 1.</param>
    /// <param name="columns">Places of the columns in the schema, each once; the batch has them in this order.</param>
    /// <exception cref="ArrowFormatException">The batch breaks the format.</exception>
    public RecordBatch ReadBatch(int index, IReadOnlyList<int> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        return Finish(_source.Read(BlockOf(index)), BlockOf(index), columns);
    }

    /// <summary>Rows of a batch; its columns are not read.</summary>
    /// <param name="index">0 to <see cref="BatchCount"/> - 1.</param>
    /// <exception cref="ArrowFormatException">The batch breaks the format.</exception>
    public long ReadRowCount(int index)
    {
        var block = BlockOf(index);
        var head = _source.ReadBytes(block.Offset, block.MetadataLength);
        try
        {
            var header = MessageHeader.Read(Metadata(head.Span, block, _options), _options);
            return (IpcMessageKind)header.Kind == IpcMessageKind.RecordBatch ? header.Content.Long(0) : throw NoBatch(block);
        }
        finally
        {
            head.Release();
        }
    }

    /// <summary>Stored bytes of a batch.</summary>
    /// <param name="index">0 to <see cref="BatchCount"/> - 1.</param>
    public long BatchBytes(int index) => BlockOf(index).MetadataLength + BlockOf(index).BodyLength;

    /// <summary>Reads a batch, whose one reference the caller owns. Asynchronous only over a <see cref="Stream"/>.</summary>
    /// <param name="index">0 to <see cref="BatchCount"/> - 1.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="ArrowFormatException">The batch breaks the format.</exception>
    public async ValueTask<RecordBatch> ReadBatchAsync(int index, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _batches.Length);
        var block = await _source.ReadAsync(_batches[index], cancellationToken).ConfigureAwait(false);
        return Finish(block, _batches[index]);
    }

    /// <summary>Lets go of the file. Batches that were read stay valid.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "No finalizer: see ArrowMemoryOwner.")]
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _decoder.Dispose();
            _source.Dispose();
        }
    }

    private static ArrowFileReader Open(FileBlockSource source, IpcReadOptions? options)
    {
        options ??= new IpcReadOptions();
        var decoder = new IpcDecoder(options);
        try
        {
            var footer = FileFooter.Read(source, decoder, options);
            foreach (var dictionary in footer.Dictionaries)
            {
                Decode(decoder, source.Read(dictionary), dictionary, options)?.Dispose();
            }

            return new ArrowFileReader(source, decoder, options, footer.Batches);
        }
        catch
        {
            decoder.Dispose();
            source.Dispose();
            throw;
        }
    }

    private IpcBlock BlockOf(int index)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _batches.Length);
        return _batches[index];
    }

    private RecordBatch Finish(ArrowBuffer bytes, IpcBlock block, IReadOnlyList<int>? columns = null) => Decode(_decoder, bytes, block, _options, columns)
        ?? throw NoBatch(block);

    private static ArrowFormatException NoBatch(IpcBlock block) => new($"The block at {block.Offset} is not a record batch.");

    private static RecordBatch? Decode(IpcDecoder decoder, ArrowBuffer bytes, IpcBlock block, IpcReadOptions options, IReadOnlyList<int>? columns = null)
    {
        try
        {
            var metadata = Metadata(bytes.Slice(0, block.MetadataLength).Span, block, options);
            return decoder.Decode(metadata, bytes.Slice(block.MetadataLength, block.BodyLength), columns);
        }
        finally
        {
            bytes.Release();
        }
    }

    private static ReadOnlySpan<byte> Metadata(ReadOnlySpan<byte> head, IpcBlock block, IpcReadOptions options)
    {
        var start = BinaryPrimitives.ReadUInt32LittleEndian(head) == IpcFormat.Continuation ? 8 : 4;
        var length = BinaryPrimitives.ReadInt32LittleEndian(head[(start - 4)..]);
        return length > 0 && length <= head.Length - start && length <= options.MaxMetadataBytes
            ? head.Slice(start, length)
            : throw new ArrowFormatException($"The block at {block.Offset} claims {length} bytes of metadata, its entry {block.MetadataLength}.");
    }
}
