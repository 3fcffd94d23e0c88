using System.Collections;

namespace OrleansFlow.Arrow;

/// <summary>Builds <see cref="ListArray"/>, <see cref="LargeListArray"/> and <see cref="MapArray"/>.</summary>
/// <remarks>For each list: append its items to <see cref="Items"/>, then call <see cref="CloseList"/>.</remarks>
public sealed class ListBuilder : ArrowArrayBuilder
{
    private readonly bool _isLarge;
    private GrowingBuffer _offsets;

    /// <summary>Creates the builder.</summary>
    /// <param name="type">A <see cref="ListType"/> or a <see cref="MapType"/>.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    public ListBuilder(ArrowType type, ArrowAllocator? allocator = null)
        : base(type, allocator)
    {
        if (type is not (ListType or MapType))
        {
            throw new ArgumentException($"{type.Name} is neither a list nor a map.", nameof(type));
        }

        _isLarge = ArrowLayout.OffsetWidth(type) == 8;
        _offsets = new GrowingBuffer(Allocator);
        Items = Create(type.Children[0].Type, Allocator);
    }

    /// <summary>Takes the items; for a map a <see cref="StructBuilder"/> of key and value.</summary>
    public ArrowArrayBuilder Items { get; }

    /// <summary>Ends a list: its items are those appended since the previous one ended.</summary>
    public void CloseList()
    {
        StartOffsets();
        AppendOffset();
        MarkValid();
    }

    private protected override ArrowArray BuildCore(int length, int nullCount, ArrowBuffer validity)
    {
        StartOffsets();
        return ArrowArrayFactory.Wrap(new ArrowArrayData
        {
            Type = Type,
            Length = length,
            NullCount = nullCount,
            Buffers = [validity, _offsets.Take()],
            Children = [Items.Build()],
        });
    }

    private protected override void ClearCore()
    {
        _offsets.Release();
        Items.Clear();
    }

    private protected override void AppendEmptySlot()
    {
        StartOffsets();
        AppendOffset();
    }

    private protected override void AppendValueFrom(ArrowArray source, int index)
    {
        var list = (VariableListArray)source;
        var (start, length) = list.GetRange(index);
        Items.AppendRange(list.Items, start, length);
        CloseList();
    }

    private protected override void AppendObjectCore(object value)
    {
        foreach (var item in (IEnumerable)value)
        {
            Items.AppendObject(item);
        }

        CloseList();
    }

    private void StartOffsets()
    {
        if (_offsets.Length == 0)
        {
            _offsets.ZeroUntil(_isLarge ? 8 : 4);
        }
    }

    private void AppendOffset()
    {
        if (_isLarge)
        {
            _offsets.Append((long)Items.Length);
        }
        else
        {
            _offsets.Append(Items.Length);
        }
    }
}

/// <summary>Builds <see cref="FixedSizeListArray"/>.</summary>
/// <remarks>For each list: append its items to <see cref="Items"/>, then call <see cref="CloseList"/>.</remarks>
public sealed class FixedSizeListBuilder : ArrowArrayBuilder
{
    private readonly int _size;

    /// <summary>Creates the builder.</summary>
    /// <param name="type">Item and size.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    public FixedSizeListBuilder(FixedSizeListType type, ArrowAllocator? allocator = null)
        : base(type, allocator)
    {
        _size = type.Size;
        Items = Create(type.Item.Type, Allocator);
    }

    /// <summary>Takes the items.</summary>
    public ArrowArrayBuilder Items { get; }

    /// <summary>Ends a list.</summary>
    /// <exception cref="InvalidOperationException">It has not the size of the type.</exception>
    public void CloseList()
    {
        if (Items.Length != (Length + 1L) * _size)
        {
            throw new InvalidOperationException($"{Items.Length - (long)Length * _size} items were appended, a list of {Type.Name} has {_size}.");
        }

        MarkValid();
    }

    private protected override ArrowArray BuildCore(int length, int nullCount, ArrowBuffer validity) => ArrowArrayFactory.Wrap(
        new ArrowArrayData { Type = Type, Length = length, NullCount = nullCount, Buffers = [validity], Children = [Items.Build()] });

    private protected override void ClearCore() => Items.Clear();

    private protected override void AppendEmptySlot()
    {
        for (var i = 0; i < _size; i++)
        {
            Items.AppendNull();
        }
    }

    private protected override void AppendValueFrom(ArrowArray source, int index)
    {
        var list = (FixedSizeListArray)source;
        var (start, length) = list.GetRange(index);
        Items.AppendRange(list.Items, start, length);
        CloseList();
    }

    private protected override void AppendObjectCore(object value)
    {
        foreach (var item in (IEnumerable)value)
        {
            Items.AppendObject(item);
        }

        CloseList();
    }
}

/// <summary>Builds <see cref="StructArray"/>.</summary>
/// <remarks>For each row: append one value to every field, then call <see cref="CloseRow"/>.</remarks>
public sealed class StructBuilder : ArrowArrayBuilder
{
    private readonly ArrowArrayBuilder[] _fields;

    /// <summary>Creates the builder.</summary>
    /// <param name="type">The fields.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    public StructBuilder(StructType type, ArrowAllocator? allocator = null)
        : base(type, allocator)
    {
        _fields = new ArrowArrayBuilder[type.Fields.Count];
        for (var i = 0; i < _fields.Length; i++)
        {
            _fields[i] = Create(type.Fields[i].Type, Allocator);
        }
    }

    /// <summary>The builder of a field.</summary>
    public ArrowArrayBuilder Field(int index) => _fields[index];

    /// <summary>The builder of a field as its class.</summary>
    public TBuilder Field<TBuilder>(int index)
        where TBuilder : ArrowArrayBuilder => (TBuilder)_fields[index];

    /// <summary>Ends a row.</summary>
    /// <exception cref="InvalidOperationException">A field did not get exactly one value.</exception>
    public void CloseRow()
    {
        for (var i = 0; i < _fields.Length; i++)
        {
            if (_fields[i].Length != Length + 1)
            {
                throw new InvalidOperationException($"Field {i} of {Type.Name} has {_fields[i].Length} values in row {Length}; each needs one value a row.");
            }
        }

        MarkValid();
    }

    private protected override ArrowArray BuildCore(int length, int nullCount, ArrowBuffer validity)
    {
        var children = new ArrowArray[_fields.Length];
        for (var i = 0; i < children.Length; i++)
        {
            children[i] = _fields[i].Build();
        }

        return ArrowArrayFactory.Wrap(
            new ArrowArrayData { Type = Type, Length = length, NullCount = nullCount, Buffers = [validity], Children = children });
    }

    private protected override void ClearCore()
    {
        foreach (var field in _fields)
        {
            field.Clear();
        }
    }

    private protected override void AppendEmptySlot()
    {
        foreach (var field in _fields)
        {
            field.AppendNull();
        }
    }

    private protected override void AppendValueFrom(ArrowArray source, int index)
    {
        var row = (StructArray)source;
        for (var i = 0; i < _fields.Length; i++)
        {
            _fields[i].AppendFrom(row.Field(i), index);
        }

        CloseRow();
    }

    private protected override void AppendObjectCore(object value)
    {
        var values = (IList)value;
        if (values.Count != _fields.Length)
        {
            throw new InvalidCastException($"{values.Count} values for {_fields.Length} fields.");
        }

        for (var i = 0; i < _fields.Length; i++)
        {
            _fields[i].AppendObject(values[i] is KeyValuePair<string, object?> pair ? pair.Value : values[i]);
        }

        CloseRow();
    }
}
