using System.Collections;
using System.Runtime.CompilerServices;
using System.Text;

namespace OrleansFlow.Arrow;

/// <summary>Builds <see cref="StringViewArray"/> and <see cref="BinaryViewArray"/>. Long values go into data buffers of a fixed size.</summary>
public sealed unsafe class BytesViewBuilder : ArrowArrayBuilder
{
    /// <summary>Bytes of a data buffer after which the next one is begun: 1 MiB. A longer value gets a buffer of its own.</summary>
    private const int BlockBytes = 1 << 20;

    private readonly List<ArrowBuffer> _full = [];
    private GrowingBuffer _views;
    private GrowingBuffer _block;

    /// <summary>Creates the builder.</summary>
    /// <param name="type">A <see cref="StringViewType"/> or a <see cref="BinaryViewType"/>.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    public BytesViewBuilder(ArrowType type, ArrowAllocator? allocator = null)
        : base(type, allocator)
    {
        if (type is not (StringViewType or BinaryViewType))
        {
            throw new ArgumentException($"{type.Name} has no views of bytes.", nameof(type));
        }

        _views = new GrowingBuffer(Allocator);
        _block = new GrowingBuffer(Allocator);
    }

    /// <summary>Appends a value.</summary>
    public void Append(ReadOnlySpan<byte> value)
    {
        var view = _views.Reserve(BytesViewArray.ViewBytes);
        Unsafe.InitBlockUnaligned(view, 0, BytesViewArray.ViewBytes);
        *(int*)view = value.Length;
        if (value.Length <= BytesViewArray.InlineBytes)
        {
            value.CopyTo(new Span<byte>(view + 4, value.Length));
        }
        else
        {
            if (_block.Length > 0 && _block.Length + value.Length > BlockBytes)
            {
                _full.Add(_block.Take());
            }

            value[..4].CopyTo(new Span<byte>(view + 4, 4));
            ((int*)view)[2] = _full.Count;
            ((int*)view)[3] = (int)_block.Length;
            _block.Append(value);
        }

        _views.Advance(BytesViewArray.ViewBytes);
        MarkValid();
    }

    /// <summary>Appends a text as UTF-8; null appends a null.</summary>
    public void Append(string? value)
    {
        if (value is null)
        {
            AppendNull();
        }
        else
        {
            Append(Encoding.UTF8.GetBytes(value));
        }
    }

    private protected override ArrowArray BuildCore(int length, int nullCount, ArrowBuffer validity)
    {
        if (_block.Length > 0)
        {
            _full.Add(_block.Take());
        }

        var data = new ArrowArrayData { Type = Type, Length = length, NullCount = nullCount, Buffers = [validity, _views.Take(), .. _full] };
        _full.Clear();
        return ArrowArrayFactory.Wrap(data);
    }

    private protected override void ClearCore()
    {
        _views.Release();
        _block.Release();
        foreach (var buffer in _full)
        {
            buffer.Release();
        }

        _full.Clear();
    }

    private protected override void AppendEmptySlot() => _views.ZeroUntil(_views.Length + BytesViewArray.ViewBytes);

    private protected override void AppendValueFrom(ArrowArray source, int index) => Append(((BytesViewArray)source).GetBytes(index));

    private protected override void AppendObjectCore(object value)
    {
        if (value is string text)
        {
            Append(text);
        }
        else
        {
            Append((byte[])value);
        }
    }
}

/// <summary>Builds <see cref="ListViewArray"/>.</summary>
/// <remarks>For each list: append its items to <see cref="Items"/>, then call <see cref="CloseList"/>.</remarks>
public sealed class ListViewBuilder : ArrowArrayBuilder
{
    private readonly bool _isLarge;
    private GrowingBuffer _offsets;
    private GrowingBuffer _sizes;
    private int _start;

    /// <summary>Creates the builder.</summary>
    /// <param name="type">The item and the width of offsets.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    public ListViewBuilder(ListViewType type, ArrowAllocator? allocator = null)
        : base(type, allocator)
    {
        _isLarge = type.IsLarge;
        _offsets = new GrowingBuffer(Allocator);
        _sizes = new GrowingBuffer(Allocator);
        Items = Create(type.Item.Type, Allocator);
    }

    /// <summary>Takes the items.</summary>
    public ArrowArrayBuilder Items { get; }

    /// <summary>Ends a list: its items are those appended since the previous one ended.</summary>
    public void CloseList()
    {
        AppendPlace(_start, Items.Length - _start);
        _start = Items.Length;
        MarkValid();
    }

    private protected override ArrowArray BuildCore(int length, int nullCount, ArrowBuffer validity)
    {
        _start = 0;
        return ArrowArrayFactory.Wrap(new ArrowArrayData
        {
            Type = Type,
            Length = length,
            NullCount = nullCount,
            Buffers = [validity, _offsets.Take(), _sizes.Take()],
            Children = [Items.Build()],
        });
    }

    private protected override void ClearCore()
    {
        _start = 0;
        _offsets.Release();
        _sizes.Release();
        Items.Clear();
    }

    private protected override void AppendEmptySlot() => AppendPlace(0, 0);

    private protected override void AppendValueFrom(ArrowArray source, int index)
    {
        var list = (ListViewArray)source;
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

    private void AppendPlace(int start, int length)
    {
        if (_isLarge)
        {
            _offsets.Append((long)start);
            _sizes.Append((long)length);
        }
        else
        {
            _offsets.Append(start);
            _sizes.Append(length);
        }
    }
}
