using System.Runtime.CompilerServices;

namespace OrleansFlow.Arrow;

/// <summary>A buffer that a builder writes to its end; it doubles when full.</summary>
internal unsafe struct GrowingBuffer(ArrowAllocator allocator)
{
    private ArrowBuffer _buffer;
    private long _length;

    public readonly long Length => _length;

    public readonly byte* Pointer => _buffer.Pointer;

    /// <summary>Makes room for more bytes behind the end and returns the address of the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Reserve(long byteCount)
    {
        if (_buffer.Length - _length < byteCount)
        {
            Grow(byteCount);
        }

        return _buffer.Pointer + _length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append<T>(T value)
        where T : unmanaged
    {
        *(T*)Reserve(sizeof(T)) = value;
        _length += sizeof(T);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > 0)
        {
            bytes.CopyTo(new Span<byte>(Reserve(bytes.Length), bytes.Length));
            _length += bytes.Length;
        }
    }

    /// <summary>Moves the end over bytes that were written into reserved room.</summary>
    public void Advance(long byteCount) => _length += byteCount;

    /// <summary>Appends zero bytes until the length is <paramref name="length"/>.</summary>
    public void ZeroUntil(long length)
    {
        if (length > _length)
        {
            new Span<byte>(Reserve(length - _length), checked((int)(length - _length))).Clear();
            _length = length;
        }
    }

    /// <summary>The bytes written so far; the caller owns the reference and this buffer starts again.</summary>
    public ArrowBuffer Take()
    {
        if (_length == 0)
        {
            Release();
            return ArrowBuffer.Empty;
        }

        var taken = new ArrowBuffer(_buffer.Owner, _buffer.Pointer, _length);
        _buffer = ArrowBuffer.Empty;
        _length = 0;
        return taken;
    }

    public void Release()
    {
        _buffer.Release();
        _buffer = ArrowBuffer.Empty;
        _length = 0;
    }

    private void Grow(long byteCount)
    {
        var needed = checked(_length + byteCount);
        if (needed > ArrowAllocator.MaxAllocation)
        {
            throw new InvalidOperationException($"A buffer of {needed} bytes is longer than one array may have ({ArrowAllocator.MaxAllocation}); build smaller batches.");
        }

        var grown = allocator.Allocate(Math.Max(Math.Min(_buffer.Length * 2, ArrowAllocator.MaxAllocation), Math.Max(needed, 64)));
        Buffer.MemoryCopy(_buffer.Pointer, grown.Pointer, grown.Length, _length);
        _buffer.Release();
        _buffer = grown;
    }
}
