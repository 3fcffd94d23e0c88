namespace OrleansFlow.Arrow.Ipc;

/// <summary>How one buffer becomes parts of the body: as it is, or compressed.</summary>
internal sealed unsafe partial class BodyBuilder
{
    private void AddBuffer(ArrowBuffer buffer)
    {
        if (buffer.Length == 0)
        {
            AddPart(0);
        }
        else if (options.Compression == IpcCompression.None)
        {
            AddPart(buffer.Length);
            _body.Add(buffer.Memory);
            Pad(buffer.Length);
        }
        else
        {
            AddCompressed(buffer);
        }
    }

    /// <summary>The length of the raw bytes as 64 bits, then the compressed bytes; or -1 and the raw bytes where that is shorter.</summary>
    private void AddCompressed(ArrowBuffer buffer)
    {
        var target = options.Allocator.Allocate(8 + BodyCodec.Bound(options.Compression, buffer.Length));
        var length = 8L + BodyCodec.Compress(options.Compression, options.CompressionLevel, buffer.Span, target.WritableSpan[8..]);
        if (length - 8 < buffer.Length)
        {
            *(long*)target.Pointer = buffer.Length;
            _temporary.Add(target);
            AddPart(length);
            _body.Add(target.Slice(0, length).Memory);
        }
        else
        {
            target.Release();
            length = 8 + buffer.Length;
            AddPart(length);
            _body.Add(NotCompressed);
            _body.Add(buffer.Memory);
        }

        Pad(length);
    }

    private void AddZeros(int length)
    {
        if (options.Compression == IpcCompression.None)
        {
            AddPart(length);
            _body.Add(Zeros.AsMemory(0, length));
            Pad(length);
            return;
        }

        AddPart(8 + length);
        _body.Add(NotCompressed);
        _body.Add(Zeros.AsMemory(0, length));
        Pad(8 + length);
    }

    private void AddPart(long length)
    {
        _buffers.Add(_position);
        _buffers.Add(length);
    }

    private void Pad(long length)
    {
        var padding = (int)(-length & (options.Alignment - 1));
        if (padding > 0)
        {
            _body.Add(Zeros.AsMemory(0, padding));
        }

        _position += length + padding;
    }
}
