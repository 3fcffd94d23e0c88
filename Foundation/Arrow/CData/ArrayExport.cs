using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansFlow.Arrow.CData;

/// <summary>Fills <see cref="CArrowArray"/> structures and takes them back. Each structure holds a reference of its own, so children can be moved away.</summary>
internal static unsafe class ArrayExport
{
    /// <summary>What empty buffers point to, because some consumers do not expect a null there. Never freed.</summary>
    private static readonly nint EmptyBuffer = AllocateEmptyBuffer();

    public static void Export(ArrowArray array, CArrowArray* target)
    {
        var data = array.Data;
        var hasDataBuffers = ArrowLayout.HasDataBuffers(data.Type);
        var dataBuffers = hasDataBuffers ? data.Buffers.Length - 2 : 0;
        var block = Start(target, data.Buffers.Length + (hasDataBuffers ? 1 : 0), dataBuffers, data.Children.Length, data.Dictionary is not null, array.Retain());
        try
        {
            target->Length = array.Length;
            // "Not known" is allowed, but DuckDB takes a dictionary of which it is not known for one without nulls.
            target->NullCount = data.Type is NullType ? array.Length : !array.MayHaveNulls ? 0 : data.Type is DictionaryType ? array.NullCount : data.NullCount;
            target->Offset = data.Offset;
            for (var i = 0; i < data.Buffers.Length; i++)
            {
                var isValidity = i == 0 && ArrowLayout.HasValidity(data.Type);
                var buffer = data.Buffers[i];
                target->Buffers[i] = isValidity && !array.MayHaveNulls ? null
                    : buffer.IsEmpty ? (isValidity ? null : (void*)EmptyBuffer)
                    : buffer.Pointer;
            }

            if (hasDataBuffers)
            {
                // The last buffer of a view type holds the lengths of its data buffers.
                var lengths = (long*)(block + sizeof(CArrowArray));
                target->Buffers[data.Buffers.Length] = dataBuffers == 0 ? (void*)EmptyBuffer : lengths;
                for (var i = 0; i < dataBuffers; i++)
                {
                    lengths[i] = data.Buffers[2 + i].Length;
                }
            }

            for (var i = 0; i < data.Children.Length; i++)
            {
                Export(data.Children[i], target->Children[i]);
            }

            if (data.Dictionary is not null)
            {
                var values = (CArrowArray*)block;
                Export(data.Dictionary, values);
                target->Dictionary = values;
            }
        }
        catch
        {
            target->Release(target);
            throw;
        }
    }

    /// <summary>A batch as a struct array without nulls.</summary>
    public static void Export(RecordBatch batch, CArrowArray* target)
    {
        Start(target, 1, 0, batch.ColumnCount, false, batch.Retain());
        try
        {
            target->Length = batch.RowCount;
            target->Buffers[0] = null;
            for (var i = 0; i < batch.ColumnCount; i++)
            {
                Export(batch.Column(i), target->Children[i]);
            }
        }
        catch
        {
            target->Release(target);
            throw;
        }
    }

    /// <summary>
    /// One block: pointers to buffers, pointers to children, the children, room for a dictionary, room for the lengths of data
    /// buffers. Returns the room for the dictionary, which is there even when it stays empty.
    /// </summary>
    private static byte* Start(CArrowArray* target, int buffers, int lengths, int children, bool hasDictionary, IDisposable held)
    {
        *target = default;
        var pointers = (buffers + children) * sizeof(void*);
        var size = pointers + (children + (hasDictionary || lengths > 0 ? 1 : 0)) * sizeof(CArrowArray) + lengths * sizeof(long);
        var block = (byte*)NativeMemory.AllocZeroed((nuint)Math.Max(size, 8));
        target->Buffers = (void**)block;
        target->BufferCount = buffers;
        target->Children = children == 0 ? null : (CArrowArray**)(block + buffers * sizeof(void*));
        target->ChildCount = children;
        for (var i = 0; i < children; i++)
        {
            target->Children[i] = (CArrowArray*)(block + pointers) + i;
        }

        target->PrivateData = (void*)GCHandle.ToIntPtr(GCHandle.Alloc(new Node(held, (nint)block)));
        target->Release = &Release;
        return block + pointers + children * sizeof(CArrowArray);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Release(CArrowArray* array)
    {
        if (array is null || array->Release is null)
        {
            return;
        }

        for (var i = 0L; i < array->ChildCount; i++)
        {
            CArrowArray.ReleaseIfHeld(array->Children[i]);
        }

        CArrowArray.ReleaseIfHeld(array->Dictionary);
        var handle = GCHandle.FromIntPtr((nint)array->PrivateData);
        var node = (Node)handle.Target!;
        handle.Free();
        array->Release = null;
        NativeMemory.Free((void*)node.Block);
        try
        {
            node.Held.Dispose();
        }
        catch (Exception)
        {
            // A release callback of foreign memory failed. An exception must not leave a callback from native code: it
            // would end the process, and the caller could do nothing about it anyway.
        }
    }

    private static nint AllocateEmptyBuffer()
    {
        var memory = NativeMemory.AlignedAlloc(64, 64);
        new Span<byte>(memory, 64).Clear();
        return (nint)memory;
    }

    private sealed record Node(IDisposable Held, nint Block);
}
