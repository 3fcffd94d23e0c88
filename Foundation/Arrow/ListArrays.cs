namespace OrleansFlow.Arrow;

/// <summary>Lists of any length over one child array.</summary>
public abstract unsafe class VariableListArray : ArrowArray
{
    private readonly bool _isLarge;
    private readonly byte* _offsets;

    private protected VariableListArray(ArrowArrayData data)
        : base(data)
    {
        _isLarge = ArrowLayout.OffsetWidth(data.Type) == 8;
        _offsets = data.Buffers[1].Pointer;
    }

    /// <summary>The items of all lists, also of those before a slice. Owned by this array.</summary>
    public ArrowArray Items => Data.Children[0];

    /// <summary>Where the items of a list lie in <see cref="Items"/>; for a null usually nothing.</summary>
    /// <exception cref="ArrowFormatException">The offsets of this list point outside the items.</exception>
    public (int Start, int Length) GetRange(int index)
    {
        CheckIndex(index);
        var (start, end) = Range(index);
        if (start < 0 || end < start || end > Items.Length)
        {
            throw new ArrowFormatException($"{Type.Name}: list {index} lies at {start}..{end} of {Items.Length} items.");
        }

        return ((int)start, (int)(end - start));
    }

    /// <summary>The items of one list as a slice without a copy; the caller disposes it.</summary>
    public ArrowArray GetItems(int index)
    {
        var (start, length) = GetRange(index);
        return Items.Slice(start, length);
    }

    internal (long Start, long End) Range(int index)
    {
        var at = (long)Offset + index;
        return _isLarge
            ? (((long*)_offsets)[at], ((long*)_offsets)[at + 1])
            : (((int*)_offsets)[at], ((int*)_offsets)[at + 1]);
    }

    private protected override object? GetValueCore(int index)
    {
        var (start, length) = GetRange(index);
        var values = new object?[length];
        for (var i = 0; i < length; i++)
        {
            values[i] = Items.GetValue(start + i);
        }

        return values;
    }
}

/// <summary>Lists with 32-bit offsets.</summary>
public sealed class ListArray : VariableListArray
{
    internal ListArray(ArrowArrayData data)
        : base(data)
    {
    }
}

/// <summary>Lists with 64-bit offsets.</summary>
public sealed class LargeListArray : VariableListArray
{
    internal LargeListArray(ArrowArrayData data)
        : base(data)
    {
    }
}

/// <summary>Lists of key and value; <see cref="VariableListArray.Items"/> is a <see cref="StructArray"/> of the two.</summary>
public sealed class MapArray : VariableListArray
{
    internal MapArray(ArrowArrayData data)
        : base(data)
    {
    }

    /// <summary>The keys of all maps.</summary>
    public ArrowArray Keys => ((StructArray)Items).Field(0);

    /// <summary>The values of all maps.</summary>
    public ArrowArray Values => ((StructArray)Items).Field(1);

    private protected override object? GetValueCore(int index)
    {
        var (start, length) = GetRange(index);
        var values = new KeyValuePair<object?, object?>[length];
        for (var i = 0; i < length; i++)
        {
            values[i] = new(Keys.GetValue(start + i), Values.GetValue(start + i));
        }

        return values;
    }
}

/// <summary>Lists that all have the same number of items.</summary>
public sealed class FixedSizeListArray : ArrowArray
{
    internal FixedSizeListArray(ArrowArrayData data)
        : base(data)
    {
    }

    /// <summary>Items in each list.</summary>
    public int Size => ((FixedSizeListType)Type).Size;

    /// <summary>The items of all lists, also of those before a slice. Owned by this array.</summary>
    public ArrowArray Items => Data.Children[0];

    /// <summary>Where the items of a list lie in <see cref="Items"/>; also for a null.</summary>
    public (int Start, int Length) GetRange(int index)
    {
        CheckIndex(index);
        return (checked((Offset + index) * Size), Size);
    }

    private protected override object? GetValueCore(int index)
    {
        var (start, length) = GetRange(index);
        var values = new object?[length];
        for (var i = 0; i < length; i++)
        {
            values[i] = Items.GetValue(start + i);
        }

        return values;
    }
}
