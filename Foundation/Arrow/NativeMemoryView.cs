using System.Buffers;

namespace OrleansFlow.Arrow;

/// <summary>Shows the bytes of a buffer as <see cref="Memory{T}"/>; the buffer's owner decides how long they live.</summary>
internal sealed unsafe class NativeMemoryView(ArrowBuffer buffer) : MemoryManager<byte>
{
    public override Span<byte> GetSpan() => new(buffer.Pointer, checked((int)buffer.Length));

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elementIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elementIndex, buffer.Length);
        return new MemoryHandle(buffer.Pointer + elementIndex);
    }

    public override void Unpin()
    {
        // The memory never moves.
    }

    protected override void Dispose(bool disposing)
    {
        // A view holds no reference.
    }
}
