namespace OrleansFlow.Arrow;

/// <summary>Named fields side by side.</summary>
public sealed class StructArray : ArrowArray
{
    private readonly ArrowArray?[] _slices;

    internal StructArray(ArrowArrayData data)
        : base(data) => _slices = new ArrowArray?[data.Children.Length];

    /// <summary>Number of fields.</summary>
    public int FieldCount => Data.Children.Length;

    /// <summary>
    /// The values of a field, as many as this array has. Owned by this array. A field's value at a null of the struct is undefined.
    /// </summary>
    public ArrowArray Field(int index)
    {
        ThrowIfReleased();
        var child = Data.Children[index];
        if (Offset == 0 && child.Length == Length)
        {
            return child;
        }

        if (_slices[index] is { } known)
        {
            return known;
        }

        var slice = child.Slice(Offset, Length);
        if (Interlocked.CompareExchange(ref _slices[index], slice, null) is { } other)
        {
            slice.Dispose();
            return other;
        }

        return slice;
    }

    private protected override void ReleaseParts()
    {
        foreach (var slice in _slices)
        {
            slice?.Dispose();
        }

        base.ReleaseParts();
    }

    private protected override object? GetValueCore(int index)
    {
        var fields = Type.Children;
        var values = new KeyValuePair<string, object?>[fields.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = new(fields[i].Name, Field(i).GetValue(index));
        }

        return values;
    }
}
