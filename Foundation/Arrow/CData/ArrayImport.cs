using System.Runtime.InteropServices;

namespace OrleansFlow.Arrow.CData;

/// <summary>Builds arrays over <see cref="CArrowArray"/> structures, without copying.</summary>
internal static unsafe class ArrayImport
{
    private const int MaxDepth = 64;

    /// <summary>Moves the structure out of <paramref name="source"/>; it is released with the last reference, also when this throws.</summary>
    public static ArrowArray Import(CArrowArray* source, ArrowType type, bool validate)
    {
        if (source->Release is null)
        {
            throw new ArrowFormatException("The array was already released or moved.");
        }

        var owner = new Owner(source);
        try
        {
            var array = Import(owner.Array, type, owner, 0);
            if (validate && ArrowValidator.FindDefect(array) is { } defect)
            {
                array.Dispose();
                throw new ArrowFormatException(defect);
            }

            return array;
        }
        finally
        {
            owner.Release();
        }
    }

    private static ArrowArray Import(CArrowArray* source, ArrowType type, Owner owner, int depth)
    {
        Check(source, type, depth);
        var slots = source->Offset + source->Length;
        var expected = ArrowLayout.BufferCount(type);
        var from = source->Buffers;
        var dataBuffers = 0;
        if (ArrowLayout.HasDataBuffers(type))
        {
            dataBuffers = source->BufferCount is >= 3 and < int.MaxValue
                ? (int)source->BufferCount - 3
                : throw new ArrowFormatException($"{type.Name}: {source->BufferCount} buffers; it has at least 3 (validity, views, lengths).");
        }
        else if (source->BufferCount != expected)
        {
            // Producers before Arrow 1.0 gave unions a validity bitmap, which is left out.
            var hasExtra = type is UnionType && source->BufferCount == expected + 1;
            from += hasExtra ? 1 : throw new ArrowFormatException($"{type.Name}: {source->BufferCount} buffers instead of {expected}.");
        }

        var buffers = new ArrowBuffer[expected + dataBuffers];
        for (var i = 0; i < expected; i++)
        {
            buffers[i] = ImportBuffer(type, i, (byte*)from[i], slots, buffers, owner, source->NullCount);
        }

        for (var i = 0; i < dataBuffers; i++)
        {
            buffers[expected + i] = ImportDataBuffer(type, (byte*)from[expected + i], (long*)from[expected + dataBuffers], i, owner);
        }

        var children = new ArrowArray[source->ChildCount];
        var done = 0;
        ArrowArray? dictionary = null;
        try
        {
            for (; done < children.Length; done++)
            {
                children[done] = Import(source->Children[done], type.Children[done].Type, owner, depth + 1);
            }

            if (type is DictionaryType encoded)
            {
                dictionary = Import(source->Dictionary, encoded.ValueType, owner, depth + 1);
            }

            var data = new ArrowArrayData
            {
                Type = type,
                Length = (int)source->Length,
                NullCount = type is NullType ? (int)source->Length : !ArrowLayout.HasValidity(type) || buffers[0].IsEmpty ? 0 : (int)source->NullCount,
                Offset = (int)source->Offset,
                Buffers = buffers,
                Children = children,
                Dictionary = dictionary,
            };
            if (ArrowLayout.FindDefect(data) is { } defect)
            {
                throw new ArrowFormatException(defect);
            }

            foreach (var buffer in buffers)
            {
                buffer.Retain();
            }

            return ArrowArrayFactory.Wrap(data);
        }
        catch
        {
            for (var i = 0; i < done; i++)
            {
                children[i].Dispose();
            }

            dictionary?.Dispose();
            throw;
        }
    }

    private static void Check(CArrowArray* source, ArrowType type, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new ArrowFormatException($"The array is nested more than {MaxDepth} levels deep.");
        }

        if (source is null)
        {
            throw new ArrowFormatException($"{type.Name}: the array is missing.");
        }

        if (source->Length < 0 || source->Offset < 0 || source->Length > int.MaxValue - 8 || source->Offset > int.MaxValue - 8 - source->Length
            || source->NullCount < -1 || source->NullCount > source->Length)
        {
            throw new ArrowFormatException($"{type.Name}: {source->NullCount} nulls in {source->Length} values from {source->Offset} on is not valid.");
        }

        if (source->ChildCount != type.Children.Count || (source->ChildCount > 0 && source->Children is null))
        {
            throw new ArrowFormatException($"{type.Name}: {source->ChildCount} children instead of {type.Children.Count}.");
        }

        if (source->BufferCount < 0 || (source->BufferCount > 0 && source->Buffers is null))
        {
            throw new ArrowFormatException($"{type.Name}: the buffers are missing.");
        }
    }

    private static ArrowBuffer ImportBuffer(
        ArrowType type, int index, byte* pointer, long slots, ArrowBuffer[] before, Owner owner, long nullCount)
    {
        if (index == 0 && ArrowLayout.HasValidity(type) && (nullCount == 0 || pointer is null))
        {
            return nullCount > 0
                ? throw new ArrowFormatException($"{type.Name}: {nullCount} nulls but no validity bitmap.")
                : new ArrowBuffer(owner, null, 0);
        }

        var length = index == 2 && type is not ListViewType ? LastOffset(before[1], type, slots) : ArrowLayout.MinimumBytes(type, index, slots);
        if (pointer is null)
        {
            // An array of no values needs no memory, not even for its first offset.
            return length == 0 || slots == 0
                ? new ArrowBuffer(owner, null, 0)
                : throw new ArrowFormatException($"{type.Name}: buffer {index} of {length} bytes is null.");
        }

        return new ArrowBuffer(owner, pointer, length);
    }

    private static ArrowBuffer ImportDataBuffer(ArrowType type, byte* pointer, long* lengths, int index, Owner owner)
    {
        var length = lengths is null ? -1 : lengths[index];
        return length >= 0 && (pointer is not null || length == 0)
            ? new ArrowBuffer(owner, pointer, length)
            : throw new ArrowFormatException($"{type.Name}: data buffer {index} of {length} bytes is missing.");
    }

    private static long LastOffset(ArrowBuffer offsets, ArrowType type, long slots)
    {
        if (offsets.IsEmpty)
        {
            return 0;
        }

        var last = ArrowLayout.OffsetWidth(type) == 8 ? ((long*)offsets.Pointer)[slots] : ((int*)offsets.Pointer)[slots];
        return last >= 0 ? last : throw new ArrowFormatException($"{type.Name}: the last offset is {last}.");
    }

    /// <summary>Holds the moved structure on native memory, because its address is what the release callback gets.</summary>
    private sealed class Owner : ArrowMemoryOwner
    {
        public Owner(CArrowArray* source)
        {
            Array = (CArrowArray*)NativeMemory.Alloc((nuint)sizeof(CArrowArray));
            *Array = *source;
            source->Release = null;
        }

        public CArrowArray* Array { get; }

        protected override void Free()
        {
            CArrowArray.ReleaseIfHeld(Array);
            NativeMemory.Free(Array);
        }
    }
}
