using System.Runtime.InteropServices;

namespace OrleansFlow.Engine.Results;

/// <summary>Growing native memory, aligned as Arrow advises (64 bytes). Whoever takes the pointer frees it.</summary>
internal unsafe struct NativeBuffer
{
    private const int Alignment = 64;

    private byte* _pointer;
    private long _capacityBytes;

    /// <summary>Start of the memory; changes when it grows.</summary>
    public readonly byte* Pointer => _pointer;

    /// <summary>Makes room for at least <paramref name="bytes"/>, keeping what is there. New memory is not cleared.</summary>
    public void Reserve(long bytes)
    {
        if (bytes <= _capacityBytes)
        {
            return;
        }

        // Doubling keeps the copying linear; the factor is dropped for huge buffers, where it would waste gigabytes.
        var wanted = Math.Max(bytes, _capacityBytes < 1 << 30 ? _capacityBytes * 2 : _capacityBytes + (1 << 29));
        wanted = (Math.Max(wanted, Alignment) + Alignment - 1) / Alignment * Alignment;
        _pointer = (byte*)NativeMemory.AlignedRealloc(_pointer, (nuint)wanted, Alignment);
        _capacityBytes = wanted;
    }

    /// <summary>Hands the memory over; never null, because some readers take a null buffer for an error.</summary>
    public byte* Take()
    {
        Reserve(1);
        var pointer = _pointer;
        _pointer = null;
        _capacityBytes = 0;
        return pointer;
    }

    public void Free()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
        _capacityBytes = 0;
    }
}
