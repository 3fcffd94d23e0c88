namespace OrleansFlow.Arrow;

/// <summary>Indices into a dictionary of values.</summary>
public sealed unsafe class DictionaryArray : ArrowArray
{
    private readonly byte* _indices;

    internal DictionaryArray(ArrowArrayData data)
        : base(data) => _indices = data.Buffers[1].Pointer;

    /// <summary>The values. Owned by this array.</summary>
    public ArrowArray Dictionary => Data.Dictionary!;

    /// <summary>The place of a value in <see cref="Dictionary"/>; undefined for a null.</summary>
    public long GetIndex(int index)
    {
        CheckIndex(index);
        var at = (long)Offset + index;
        return ((DictionaryType)Type).IndexType.Id switch
        {
            ArrowTypeId.Int8 => ((sbyte*)_indices)[at],
            ArrowTypeId.UInt8 => _indices[at],
            ArrowTypeId.Int16 => ((short*)_indices)[at],
            ArrowTypeId.UInt16 => ((ushort*)_indices)[at],
            ArrowTypeId.Int32 => ((int*)_indices)[at],
            ArrowTypeId.UInt32 => ((uint*)_indices)[at],
            ArrowTypeId.Int64 => ((long*)_indices)[at],
            _ => ((ulong*)_indices)[at] is var wide && wide > long.MaxValue ? long.MaxValue : (long)wide,
        };
    }

    /// <summary>The values themselves as an array of the value type; the caller disposes it. O(length).</summary>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    /// <exception cref="ArrowFormatException">An index lies outside the dictionary.</exception>
    public ArrowArray Decode(ArrowAllocator? allocator = null)
    {
        var rows = new int[Length];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = IsValid(i) ? Slot(i) : -1;
        }

        return ArrowTake.Take(Dictionary, rows, allocator);
    }

    internal bool IsIndexOutside(int index, int limit)
    {
        var at = (long)Offset + index;
        return ((DictionaryType)Type).IndexType.Id == ArrowTypeId.UInt64 ? ((ulong*)_indices)[at] >= (ulong)limit : (ulong)GetIndex(index) >= (ulong)limit;
    }

    private int Slot(int index)
    {
        var slot = GetIndex(index);
        return slot >= 0 && slot < Dictionary.Length
            ? (int)slot
            : throw new ArrowFormatException($"{Type.Name}: value {index} has the index {slot} in a dictionary of {Dictionary.Length}.");
    }

    private protected override object? GetValueCore(int index) => Dictionary.GetValue(Slot(index));
}
