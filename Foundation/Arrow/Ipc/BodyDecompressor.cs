using System.Buffers.Binary;

namespace OrleansFlow.Arrow.Ipc;

/// <summary>Decompresses the buffers of one message and holds them until the arrays have references of their own.</summary>
internal sealed class BodyDecompressor : IDisposable
{
    private readonly IpcCompression _codec;
    private readonly IpcReadOptions _options;
    private readonly List<ArrowBuffer> _made = [];
    private long _byteCount;

    private BodyDecompressor(FlatTable compression, IpcReadOptions options)
    {
        _options = options;
        _codec = compression.Byte(0) switch
        {
            0 => IpcCompression.Lz4Frame,
            1 => IpcCompression.Zstd,
            var other => throw new ArrowFormatException($"The batch is compressed with the unknown codec {other}; LZ4_FRAME (0) and ZSTD (1) can be read."),
        };
        if (compression.Byte(1) is not 0 and var method)
        {
            throw new ArrowFormatException($"The batch is compressed by the unknown method {method}; only whole buffers (0) can be read.");
        }
    }

    /// <summary>What a record batch needs to be read; null when it is not compressed.</summary>
    public static BodyDecompressor? For(FlatTable batch, IpcReadOptions options) =>
        batch.TryTable(3, out var compression) ? new BodyDecompressor(compression, options) : null;

    /// <summary>The raw bytes; they live until <see cref="Dispose"/> unless another reference is added.</summary>
    public ArrowBuffer Decompress(ArrowBuffer buffer, string name)
    {
        if (buffer.IsEmpty)
        {
            return buffer;
        }

        if (buffer.Length < 8)
        {
            throw new ArrowFormatException($"Field '{name}': a compressed buffer has {buffer.Length} bytes, less than its own length takes.");
        }

        var rawLength = BinaryPrimitives.ReadInt64LittleEndian(buffer.Slice(0, 8).Span);
        var bytes = buffer.Slice(8, buffer.Length - 8);
        if (rawLength == -1)
        {
            return bytes;
        }

        var most = Math.Min(_options.MaxBodyBytes, ArrowAllocator.MaxAllocation);
        if (rawLength < 0 || rawLength > most - _byteCount || !BodyCodec.IsPossible(_codec, bytes.Length, rawLength))
        {
            throw new ArrowFormatException(
                $"Field '{name}': {bytes.Length} bytes claim to hold {rawLength}, after {_byteCount} of the same message; the limit is {most}.");
        }

        if (rawLength == 0)
        {
            return bytes.Slice(0, 0);
        }

        var raw = _options.Allocator.Allocate(rawLength);
        _made.Add(raw);
        _byteCount += rawLength;
        try
        {
            BodyCodec.Decompress(_codec, bytes.Span, raw.WritableSpan);
        }
        catch (ArrowFormatException exception)
        {
            throw new ArrowFormatException($"Field '{name}': {exception.Message}", exception);
        }

        return raw;
    }

    public void Dispose()
    {
        foreach (var buffer in _made)
        {
            buffer.Release();
        }

        _made.Clear();
    }
}
