namespace OrleansFlow.Arrow;

/// <summary>One of several types, chosen for each value. Nulls are in the children.</summary>
public sealed unsafe class UnionArray : ArrowArray
{
    private readonly int[] _childOfCode = new int[128];

    internal UnionArray(ArrowArrayData data)
        : base(data)
    {
        Array.Fill(_childOfCode, -1);
        var codes = ((UnionType)data.Type).TypeIds;
        for (var i = 0; i < codes.Count; i++)
        {
            _childOfCode[codes[i]] = i;
        }
    }

    /// <summary>The code of each value's type; shape [<see cref="ArrowArray.Length"/>].</summary>
    public ReadOnlySpan<sbyte> TypeCodes
    {
        get
        {
            ThrowIfReleased();
            return Length == 0 ? default : new ReadOnlySpan<sbyte>(Data.Buffers[0].Pointer + Offset, Length);
        }
    }

    /// <summary>Which child holds a value, and at which place.</summary>
    /// <exception cref="ArrowFormatException">The code is not one of the type's, or the place lies outside the child.</exception>
    public (int Child, int Slot) Locate(int index)
    {
        CheckIndex(index);
        var code = TypeCodes[index];
        var child = code < 0 ? -1 : _childOfCode[code];
        if (child < 0)
        {
            throw new ArrowFormatException($"{Type.Name}: value {index} has the unknown type code {code}.");
        }

        var slot = ((UnionType)Type).Mode == UnionMode.Dense ? ((int*)Data.Buffers[1].Pointer)[(long)Offset + index] : Offset + index;
        if (slot < 0 || slot >= Data.Children[child].Length)
        {
            throw new ArrowFormatException($"{Type.Name}: value {index} lies at {slot} of a child of {Data.Children[child].Length} values.");
        }

        return (child, slot);
    }

    /// <inheritdoc/>
    public override bool IsValid(int index)
    {
        var (child, slot) = Locate(index);
        return Data.Children[child].IsValid(slot);
    }

    private protected override object? GetValueCore(int index)
    {
        var (child, slot) = Locate(index);
        return Data.Children[child].GetValue(slot);
    }
}
