namespace OrleansFlow.Arrow;

/// <summary>Builds <see cref="UnionArray"/>.</summary>
/// <remarks>
/// For each row: append one value to the builder of its type (<see cref="Child"/>), then call <see cref="CloseValue"/>. A null goes
/// to the first type.
/// </remarks>
public sealed class UnionBuilder : ArrowArrayBuilder
{
    private readonly UnionType _type;
    private readonly ArrowArrayBuilder[] _children;
    private GrowingBuffer _codes;
    private GrowingBuffer _slots;

    /// <summary>Creates the builder.</summary>
    /// <param name="type">Mode, fields and codes; at least one field.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    public UnionBuilder(UnionType type, ArrowAllocator? allocator = null)
        : base(type, allocator)
    {
        _type = type;
        _children = new ArrowArrayBuilder[type.Fields.Count];
        for (var i = 0; i < _children.Length; i++)
        {
            _children[i] = Create(type.Fields[i].Type, Allocator);
        }

        _codes = new GrowingBuffer(Allocator);
        _slots = new GrowingBuffer(Allocator);
    }

    private protected override bool KeepsNullsInside => true;

    /// <summary>The builder of a type, by its place among the fields.</summary>
    public ArrowArrayBuilder Child(int index) => _children[index];

    /// <summary>The builder of a type as its class.</summary>
    public TBuilder Child<TBuilder>(int index)
        where TBuilder : ArrowArrayBuilder => (TBuilder)_children[index];

    /// <summary>Ends a row whose value was appended to a child.</summary>
    /// <param name="child">The place of its type among the fields.</param>
    public void CloseValue(int child)
    {
        Place(child);
        MarkValid();
    }

    private protected override ArrowArray BuildCore(int length, int nullCount, ArrowBuffer validity)
    {
        validity.Release();
        var children = new ArrowArray[_children.Length];
        for (var i = 0; i < children.Length; i++)
        {
            children[i] = _children[i].Build();
        }

        var codes = _codes.Take();
        return ArrowArrayFactory.Wrap(new ArrowArrayData
        {
            Type = Type,
            Length = length,
            NullCount = 0,
            Buffers = _type.Mode == UnionMode.Dense ? [codes, _slots.Take()] : [codes],
            Children = children,
        });
    }

    private protected override void ClearCore()
    {
        _codes.Release();
        _slots.Release();
        foreach (var child in _children)
        {
            child.Clear();
        }
    }

    private protected override void AppendEmptySlot()
    {
        if (_children.Length == 0)
        {
            throw new InvalidOperationException($"{Type.Name} has no type that a value could have.");
        }

        _children[0].AppendNull();
        Place(0);
    }

    private protected override void AppendValueFrom(ArrowArray source, int index)
    {
        var union = (UnionArray)source;
        var (child, slot) = union.Locate(index);
        _children[child].AppendFrom(union.Data.Children[child], slot);
        CloseValue(child);
    }

    private protected override void AppendObjectCore(object value)
    {
        if (value is KeyValuePair<string, object?> named)
        {
            for (var i = 0; i < _children.Length; i++)
            {
                if (_type.Fields[i].Name == named.Key)
                {
                    _children[i].AppendObject(named.Value);
                    CloseValue(i);
                    return;
                }
            }

            throw new InvalidCastException($"No field of {Type.Name} is named '{named.Key}'.");
        }

        for (var i = 0; i < _children.Length; i++)
        {
            // A nested value that fails in the middle would leave its first parts behind, so only flat types are tried.
            if (_children[i].Type.Children.Count == 0 && TryAppend(_children[i], value))
            {
                CloseValue(i);
                return;
            }
        }

        throw new InvalidCastException($"No flat field of {Type.Name} takes it; name the field with a KeyValuePair<string, object?>.");
    }

    private static bool TryAppend(ArrowArrayBuilder child, object value)
    {
        try
        {
            child.AppendObject(value);
            return true;
        }
        catch (ArgumentException)
        {
            // It is not a value of this type; the next one may take it.
            return false;
        }
    }

    private void Place(int child)
    {
        _codes.Append((sbyte)_type.TypeIds[child]);
        if (_type.Mode == UnionMode.Dense)
        {
            _slots.Append(_children[child].Length - 1);
            return;
        }

        for (var i = 0; i < _children.Length; i++)
        {
            if (i != child)
            {
                _children[i].AppendNull();
            }
        }
    }
}
