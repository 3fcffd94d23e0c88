using System.Buffers;
using System.Runtime.CompilerServices;

namespace OrleansFlow.Arrow;

/// <summary>
/// A contiguous range of bytes that does not move, and the owner that keeps it alive. A value type: copying it does not
/// add a reference; whoever keeps a buffer calls <see cref="Retain"/> and later <see cref="Release"/>.
/// </summary>
public readonly unsafe struct ArrowBuffer
{
    private readonly byte* _pointer;

    /// <summary>Describes memory at <paramref name="pointer"/> that lives as long as <paramref name="owner"/> is referenced.</summary>
    /// <param name="owner">The owner; null only for static or empty memory.</param>
    /// <param name="pointer">Address of the first byte; may be null when <paramref name="length"/> is 0.</param>
    /// <param name="length">Length in bytes.</param>
    public ArrowBuffer(ArrowMemoryOwner? owner, byte* pointer, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (pointer is null && length > 0)
        {
            throw new ArgumentNullException(nameof(pointer), $"A buffer of {length} bytes needs an address.");
        }

        Owner = owner;
        _pointer = pointer;
        Length = length;
    }

    /// <summary>A buffer of no bytes.</summary>
    public static ArrowBuffer Empty => default;

    /// <summary>What keeps the bytes alive.</summary>
    public ArrowMemoryOwner? Owner { get; }

    /// <summary>Length in bytes.</summary>
    public long Length { get; }

    /// <summary>Address of the first byte; null when empty.</summary>
    public byte* Pointer => _pointer;

    /// <summary>True when there are no bytes.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>The bytes. Valid only while a reference to the owner is held.</summary>
    /// <exception cref="OverflowException">The buffer is longer than a span can be (2 GB).</exception>
    public ReadOnlySpan<byte> Span => new(_pointer, checked((int)Length));

    /// <summary>The bytes as memory (for streams and sockets), without a copy. Does not hold a reference.</summary>
    public ReadOnlyMemory<byte> Memory => Length == 0 ? default : new NativeMemoryView(this).Memory;

    /// <summary>The bytes for whoever fills a freshly allocated buffer. Nobody writes to a buffer that is already in an array.</summary>
    public Span<byte> WritableSpan => new(_pointer, checked((int)Length));

    /// <summary>Copies bytes into memory of <paramref name="allocator"/>; the caller owns the one reference.</summary>
    public static ArrowBuffer CopyOf(ReadOnlySpan<byte> bytes, ArrowAllocator allocator)
    {
        ArgumentNullException.ThrowIfNull(allocator);
        var buffer = allocator.Allocate(bytes.Length);
        bytes.CopyTo(buffer.WritableSpan);
        return buffer;
    }

    /// <summary>Wraps managed memory without a copy by pinning it; the caller owns the one reference.</summary>
    /// <param name="memory">The bytes; nobody may change them while the buffer lives.</param>
    /// <param name="onRelease">Runs when the last reference is gone, for example to return an array to its pool.</param>
    public static ArrowBuffer FromManaged(ReadOnlyMemory<byte> memory, Action? onRelease = null)
    {
        var owner = new PinnedMemoryOwner(memory, onRelease);
        return new ArrowBuffer(owner, owner.Pointer, memory.Length);
    }

    /// <summary>Wraps memory of somebody else without a copy; the caller owns the one reference.</summary>
    /// <param name="pointer">Address of the first byte.</param>
    /// <param name="length">Length in bytes.</param>
    /// <param name="release">Runs once, when the last reference is gone.</param>
    public static ArrowBuffer FromForeign(byte* pointer, long length, Action? release) =>
        new(ArrowMemoryOwner.FromForeign(release), pointer, length);

    /// <summary>A part of this buffer, without a copy and without a reference of its own.</summary>
    public ArrowBuffer Slice(long offset, long length)
    {
        if (offset < 0 || length < 0 || offset > Length - length)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), $"Bytes {offset}..{offset + length} lie outside a buffer of {Length} bytes.");
        }

        return length == 0 ? new ArrowBuffer(Owner, null, 0) : new ArrowBuffer(Owner, _pointer + offset, length);
    }

    /// <summary>The bytes as values. Bytes beyond the last whole value are left out.</summary>
    public ReadOnlySpan<T> Cast<T>()
        where T : unmanaged => new(_pointer, checked((int)(Length / Unsafe.SizeOf<T>())));

    /// <summary>Adds a reference to the owner and returns this buffer.</summary>
    public ArrowBuffer Retain()
    {
        Owner?.Retain();
        return this;
    }

    /// <summary>Gives back a reference to the owner.</summary>
    public void Release() => Owner?.Release();

    private sealed class PinnedMemoryOwner(ReadOnlyMemory<byte> memory, Action? onRelease) : ArrowMemoryOwner
    {
        private MemoryHandle _handle = memory.Pin();

        public byte* Pointer => (byte*)_handle.Pointer;

        protected override void Free()
        {
            _handle.Dispose();
            onRelease?.Invoke();
        }
    }
}
