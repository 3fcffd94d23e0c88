using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.CData;

namespace OrleansFlow.Engine.Scans;

/// <summary>
/// One exported record batch and a count of who looks at it: the source it was registered with, and every slice that DuckDB holds.
/// The batch is released with the last of them, so a vector that outlives its scan still points to living memory. Native, because
/// a slice is made per 2,048 rows and column and must cost nothing on the managed heap.
/// </summary>
internal unsafe struct SharedArray
{
    private static long _liveCount;

    private CArrowArray _root;
    private int _references;

    /// <summary>Batches exported and not released yet.</summary>
    public static long LiveCount => Interlocked.Read(ref _liveCount);

    /// <summary>Rows of the batch.</summary>
    public readonly long RowCount => _root.Length;

    /// <summary>Exports a batch, without copying it; the batch itself stays the caller's. The result has one reference.</summary>
    public static SharedArray* Export(RecordBatch batch)
    {
        var shared = (SharedArray*)NativeMemory.AllocZeroed((nuint)sizeof(SharedArray));
        try
        {
            CDataExporter.ExportBatch(batch, &shared->_root);
        }
        catch
        {
            NativeMemory.Free(shared);
            throw;
        }

        shared->_references = 1;
        Interlocked.Increment(ref _liveCount);
        return shared;
    }

    /// <summary>Adds a reference.</summary>
    public static SharedArray* AddReference(SharedArray* shared)
    {
        Interlocked.Increment(ref shared->_references);
        return shared;
    }

    /// <summary>Gives a reference back; the last one releases the batch.</summary>
    public static void Release(SharedArray* shared)
    {
        if (Interlocked.Decrement(ref shared->_references) > 0)
        {
            return;
        }

        CArrowArray.ReleaseIfHeld(&shared->_root);

        NativeMemory.Free(shared);
        Interlocked.Decrement(ref _liveCount);
    }

    /// <summary>
    /// Describes some rows and neighbouring columns as an array of its own, without copying. It holds a reference until it is released.
    /// </summary>
    public static void Slice(SharedArray* shared, int firstColumn, int columnCount, long start, long count, CArrowArray* target)
    {
        var bytes = sizeof(SliceOwner) + (columnCount * (sizeof(CArrowArray) + sizeof(CArrowArray*)));
        var owner = (SliceOwner*)NativeMemory.Alloc((nuint)bytes);
        owner->Shared = AddReference(shared);
        owner->NoValidity = null;
        var arrays = (CArrowArray*)(owner + 1);
        var pointers = (CArrowArray**)(arrays + columnCount);
        for (var index = 0; index < columnCount; index++)
        {
            var array = arrays + index;
            *array = *shared->_root.Children[firstColumn + index];
            array->Offset += shared->_root.Offset + start;
            array->Length = count;
            array->NullCount = array->NullCount == 0 ? 0 : array->Dictionary is null ? -1 : CountNulls(array);
            array->Release = &ReleaseColumn;
            pointers[index] = array;
        }

        *target = default;
        target->Length = count;
        target->BufferCount = 1;
        target->Buffers = (void**)&owner->NoValidity;
        target->ChildCount = columnCount;
        target->Children = pointers;
        target->PrivateData = owner;
        target->Release = &ReleaseSlice;
    }

    /// <summary>DuckDB takes a dictionary whose number of nulls is not known (-1) for one without nulls.</summary>
    private static long CountNulls(CArrowArray* array)
    {
        var bits = (byte*)array->Buffers[0];
        var (start, count) = ((int)array->Offset, (int)array->Length);
        return bits is null ? 0 : count - ArrowBitmap.CountOnes(new ReadOnlySpan<byte>(bits, (int)ArrowBitmap.ByteCount((long)start + count)), start, count);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReleaseSlice(CArrowArray* array)
    {
        var owner = (SliceOwner*)array->PrivateData;
        array->Release = null;
        Release(owner->Shared);
        NativeMemory.Free(owner);
    }

    // The columns belong to the shared batch; the slice as a whole holds the reference.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReleaseColumn(CArrowArray* array) => array->Release = null;

    private struct SliceOwner
    {
        public SharedArray* Shared;
        public void* NoValidity;
    }
}
