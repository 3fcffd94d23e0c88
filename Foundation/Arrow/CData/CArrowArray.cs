using System.Runtime.InteropServices;

namespace OrleansFlow.Arrow.CData;

/// <summary>
/// <c>struct ArrowArray</c> of the Arrow C Data Interface, bit by bit. Whoever holds one with a <see cref="Release"/> must call it
/// once; a structure whose <see cref="Release"/> is null was released or moved elsewhere.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct CArrowArray
{
    /// <summary>Number of values.</summary>
    public long Length;

    /// <summary>Number of nulls; -1 when not known.</summary>
    public long NullCount;

    /// <summary>Values to leave out at the start of the buffers.</summary>
    public long Offset;

    /// <summary>Number of buffers.</summary>
    public long BufferCount;

    /// <summary>Number of children.</summary>
    public long ChildCount;

    /// <summary>The buffers; the validity bitmap may be null.</summary>
    public void** Buffers;

    /// <summary>The children.</summary>
    public CArrowArray** Children;

    /// <summary>The dictionary's values; null for other types.</summary>
    public CArrowArray* Dictionary;

    /// <summary>Gives the structure back to its producer.</summary>
    public delegate* unmanaged[Cdecl]<CArrowArray*, void> Release;

    /// <summary>The producer's own.</summary>
    public void* PrivateData;

    /// <summary>Calls <see cref="Release"/> if there is something to release.</summary>
    /// <param name="array">The structure; null does nothing.</param>
    public static void ReleaseIfHeld(CArrowArray* array)
    {
        if (array is not null && array->Release is not null)
        {
            array->Release(array);
        }
    }
}
