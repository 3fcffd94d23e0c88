namespace OrleansFlow.Arrow;

/// <summary>Which buffers and children the columnar format gives each type, and how long they must be.</summary>
internal static class ArrowLayout
{
    /// <summary>Number of buffers; a dictionary has those of its index type, a view type these and its data buffers.</summary>
    public static int BufferCount(ArrowType type) => type switch
    {
        NullType or RunEndEncodedType => 0,
        ListViewType => 3,
        StructType or FixedSizeListType => 1,
        StringType or BinaryType => 3,
        UnionType union => union.Mode == UnionMode.Dense ? 2 : 1,
        _ => 2,
    };

    /// <summary>Whether the first buffer is a validity bitmap.</summary>
    public static bool HasValidity(ArrowType type) => type is not (NullType or UnionType or RunEndEncodedType);

    /// <summary>Whether any number of data buffers follow those that every array of the type has.</summary>
    public static bool HasDataBuffers(ArrowType type) => type is StringViewType or BinaryViewType;

    /// <summary>Bytes of one offset; 0 where the second buffer is not offsets.</summary>
    public static int OffsetWidth(ArrowType type) => type switch
    {
        StringType { IsLarge: true } or BinaryType { IsLarge: true } or ListType { IsLarge: true } => 8,
        StringType or BinaryType or ListType or MapType => 4,
        _ => 0,
    };

    /// <summary>Fewest bytes that a buffer must have for <paramref name="slots"/> values (offset included).</summary>
    public static long MinimumBytes(ArrowType type, int bufferIndex, long slots)
    {
        if (type is UnionType)
        {
            return bufferIndex == 0 ? slots : slots * 4;
        }

        if (bufferIndex == 0)
        {
            return ArrowBitmap.ByteCount(slots);
        }

        if (type is ListViewType list)
        {
            return slots * (list.IsLarge ? 8 : 4);
        }

        if (bufferIndex >= 2)
        {
            return 0;
        }

        if (HasDataBuffers(type))
        {
            return slots * BytesViewArray.ViewBytes;
        }

        var offsetWidth = OffsetWidth(type);
        return offsetWidth > 0 ? (slots + 1) * offsetWidth : (slots * type.FixedBitWidth + 7) / 8;
    }

    /// <summary>Says what is wrong with the sizes of the parts; null when nothing is.</summary>
    public static string? FindDefect(ArrowArrayData data)
    {
        var type = data.Type;
        if (data.Length < 0 || data.Offset < 0 || (long)data.Length + data.Offset > int.MaxValue - 8)
        {
            return $"{type.Name}: length {data.Length} with offset {data.Offset} is out of range.";
        }

        if (data.NullCount > data.Length || data.NullCount < -1)
        {
            return $"{type.Name}: {data.NullCount} nulls in {data.Length} values.";
        }

        var expected = BufferCount(type);
        if (data.Buffers.Length != expected && !(HasDataBuffers(type) && data.Buffers.Length > expected))
        {
            return $"{type.Name}: {data.Buffers.Length} buffers instead of {expected}.";
        }

        var slots = (long)data.Length + data.Offset;
        for (var i = 0; i < expected; i++)
        {
            // No validity means no nulls; an array of no values may leave its offsets out altogether.
            var optional = (i == 0 && HasValidity(type)) || slots == 0;
            var minimum = MinimumBytes(type, i, slots);
            var actual = data.Buffers[i].Length;
            if (actual < minimum && !(optional && actual == 0))
            {
                return $"{type.Name}: buffer {i} has {actual} bytes, {slots} values need {minimum}.";
            }
        }

        if (HasValidity(type) && data.NullCount > 0 && data.Buffers[0].IsEmpty)
        {
            return $"{type.Name}: {data.NullCount} nulls but no validity bitmap.";
        }

        if ((type is DictionaryType) != (data.Dictionary is not null))
        {
            return $"{type.Name}: the dictionary is {(data.Dictionary is null ? "missing" : "not expected")}.";
        }

        return FindChildDefect(data, slots);
    }

    private static string? FindChildDefect(ArrowArrayData data, long slots)
    {
        var type = data.Type;
        if (data.Children.Length != type.Children.Count)
        {
            return $"{type.Name}: {data.Children.Length} children instead of {type.Children.Count}.";
        }

        var childSlots = type switch
        {
            StructType or UnionType { Mode: UnionMode.Sparse } => slots,
            FixedSizeListType list => slots * list.Size,
            _ => 0,
        };
        foreach (var child in data.Children)
        {
            if (child.Length < childSlots)
            {
                return $"{type.Name}: a child has {child.Length} values, {childSlots} are needed.";
            }
        }

        return type is RunEndEncodedType ? FindRunDefect(data, slots) : null;
    }

    private static string? FindRunDefect(ArrowArrayData data, long slots)
    {
        var (ends, values) = (data.Children[0], data.Children[1]);
        if (ends.Length > values.Length || ends.NullCount > 0)
        {
            return $"{data.Type.Name}: {ends.Length} run ends ({ends.NullCount} of them null) for {values.Length} values.";
        }

        var last = ends.Length == 0 ? 0 : ends switch
        {
            Int16Array narrow => narrow.Values[^1],
            Int32Array middle => middle.Values[^1],
            Int64Array wide => wide.Values[^1],
            _ => -1,
        };
        return last < slots ? $"{data.Type.Name}: the last run ends at {last}, there are {slots} values." : null;
    }
}
