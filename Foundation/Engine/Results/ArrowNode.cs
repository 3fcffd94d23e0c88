using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansFlow.Arrow.CData;

namespace OrleansFlow.Engine.Results;

/// <summary>
/// Makes the arrays of the Arrow C Data Interface whose memory is native and owned by the array itself. Each array frees its own
/// buffers, so a reader may move a child out of its parent, as the interface allows.
/// </summary>
internal static unsafe class ArrowNode
{
    private static long _liveCount;

    /// <summary>Arrays made here and not released yet.</summary>
    public static long LiveCount => Interlocked.Read(ref _liveCount);

    /// <summary>Fills <paramref name="target"/>. Owns the buffers from here on.</summary>
    /// <param name="target">Memory of the caller.</param>
    /// <param name="rowCount">Length of the array.</param>
    /// <param name="nullCount">Nulls in it.</param>
    /// <param name="buffers">Validity (null when there are no nulls) and the buffers of the layout.</param>
    /// <param name="childCount">Children to make room for; their structures are zeroed and filled by the caller.</param>
    public static void Create(CArrowArray* target, long rowCount, long nullCount, ReadOnlySpan<nint> buffers, int childCount)
    {
        *target = default;
        target->Length = rowCount;
        target->NullCount = nullCount;
        target->BufferCount = buffers.Length;
        target->ChildCount = childCount;
        if (buffers.Length > 0)
        {
            target->Buffers = (void**)NativeMemory.Alloc((nuint)(buffers.Length * sizeof(nint)));
            buffers.CopyTo(new Span<nint>(target->Buffers, buffers.Length));
        }

        if (childCount > 0)
        {
            target->Children = (CArrowArray**)NativeMemory.Alloc((nuint)(childCount * sizeof(nint)));
            for (var index = 0; index < childCount; index++)
            {
                target->Children[index] = (CArrowArray*)NativeMemory.AllocZeroed((nuint)sizeof(CArrowArray));
            }
        }

        target->Release = &Release;
        Interlocked.Increment(ref _liveCount);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Release(CArrowArray* array)
    {
        for (var index = 0; index < array->ChildCount; index++)
        {
            var child = array->Children[index];
            if (child->Release is not null)
            {
                child->Release(child);
            }

            NativeMemory.Free(child);
        }

        for (var index = 0; index < array->BufferCount; index++)
        {
            NativeMemory.AlignedFree(array->Buffers[index]);
        }

        NativeMemory.Free(array->Children);
        NativeMemory.Free(array->Buffers);
        *array = default;
        Interlocked.Decrement(ref _liveCount);
    }
}
