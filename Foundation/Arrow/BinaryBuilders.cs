using System.Text;

namespace OrleansFlow.Arrow;

/// <summary>Builds arrays of values of any number of bytes.</summary>
public abstract unsafe class VariableBinaryBuilder : ArrowArrayBuilder
{
    private readonly bool _isLarge;
    private GrowingBuffer _offsets;
    private GrowingBuffer _bytes;

    private protected VariableBinaryBuilder(ArrowType type, ArrowAllocator? allocator)
        : base(type, allocator)
    {
        _isLarge = ArrowLayout.OffsetWidth(type) == 8;
        _offsets = new GrowingBuffer(Allocator);
        _bytes = new GrowingBuffer(Allocator);
    }

    /// <summary>Bytes of the values so far.</summary>
    public long ByteCount => _bytes.Length;

    /// <summary>Appends a value.</summary>
    public void Append(ReadOnlySpan<byte> value)
    {
        StartOffsets();
        _bytes.Append(value);
        AppendOffset();
        MarkValid();
    }

    /// <inheritdoc/>
    public override void AppendRange(ArrowArray source, int start, int length)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (length == 0)
        {
            return;
        }

        StartOffsets();
        var from = (VariableBinaryArray)source;
        var first = from.Range(start).Start;
        var shift = _bytes.Length - first;
        _bytes.Append(from.Data.Buffers[2].Slice(first, from.Range(start + length - 1).End - first).Span);
        for (var i = start; i < start + length; i++)
        {
            var end = from.Range(i).End + shift;
            if (_isLarge)
            {
                _offsets.Append(end);
            }
            else
            {
                _offsets.Append((int)end);
            }
        }

        MarkFrom(source, start, length);
    }

    private protected override ArrowArray BuildCore(int length, int nullCount, ArrowBuffer validity)
    {
        StartOffsets();
        return ArrowArrayFactory.Wrap(new ArrowArrayData
        {
            Type = Type,
            Length = length,
            NullCount = nullCount,
            Buffers = [validity, _offsets.Take(), _bytes.Take()],
        });
    }

    private protected override void ClearCore()
    {
        _offsets.Release();
        _bytes.Release();
    }

    private protected override void AppendEmptySlot()
    {
        StartOffsets();
        AppendOffset();
    }

    private protected override void AppendValueFrom(ArrowArray source, int index) => Append(((VariableBinaryArray)source).GetBytes(index));

    private protected override void AppendObjectCore(object value)
    {
        if (value is string text)
        {
            AppendUtf8(text);
        }
        else
        {
            Append((byte[])value);
        }
    }

    private protected void AppendUtf8(ReadOnlySpan<char> text)
    {
        StartOffsets();
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        var written = Encoding.UTF8.GetBytes(text, new Span<byte>(_bytes.Reserve(most), most));
        _bytes.Advance(written);
        AppendOffset();
        MarkValid();
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
            _offsets.Append(_bytes.Length);
        }
        else
        {
            _offsets.Append((int)_bytes.Length);
        }
    }
}

/// <summary>Builds <see cref="StringArray"/> or <see cref="LargeStringArray"/>.</summary>
public sealed class Utf8Builder : VariableBinaryBuilder
{
    /// <summary>Creates the builder.</summary>
    /// <param name="type">Normal or large text.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    public Utf8Builder(StringType type, ArrowAllocator? allocator = null)
        : base(type, allocator)
    {
    }

    /// <summary>Builds normal text (32-bit offsets).</summary>
    public Utf8Builder(ArrowAllocator? allocator = null)
        : this(ArrowType.Utf8, allocator)
    {
    }

    /// <summary>Appends a text; null appends a null.</summary>
    public void Append(string? value)
    {
        if (value is null)
        {
            AppendNull();
        }
        else
        {
            AppendUtf8(value);
        }
    }

    /// <summary>Appends a text.</summary>
    public void Append(ReadOnlySpan<char> value) => AppendUtf8(value);
}

/// <summary>Builds <see cref="BinaryArray"/> or <see cref="LargeBinaryArray"/>.</summary>
public sealed class BinaryBuilder : VariableBinaryBuilder
{
    /// <summary>Creates the builder.</summary>
    /// <param name="type">Normal or large binary.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    public BinaryBuilder(BinaryType type, ArrowAllocator? allocator = null)
        : base(type, allocator)
    {
    }

    /// <summary>Builds normal binary (32-bit offsets).</summary>
    public BinaryBuilder(ArrowAllocator? allocator = null)
        : this(ArrowType.Binary, allocator)
    {
    }
}

/// <summary>Builds <see cref="FixedSizeBinaryArray"/>.</summary>
public sealed class FixedSizeBinaryBuilder : ArrowArrayBuilder
{
    private GrowingBuffer _bytes;

    /// <summary>Creates the builder.</summary>
    /// <param name="type">Bytes of one value.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    public FixedSizeBinaryBuilder(FixedSizeBinaryType type, ArrowAllocator? allocator = null)
        : base(type, allocator) => _bytes = new GrowingBuffer(Allocator);

    /// <summary>Appends a value.</summary>
    /// <exception cref="ArgumentException">It has not the length of the type.</exception>
    public void Append(ReadOnlySpan<byte> value)
    {
        var width = ((FixedSizeBinaryType)Type).ByteWidth;
        if (value.Length != width)
        {
            throw new ArgumentException($"A value of {value.Length} bytes cannot be a {Type.Name}.", nameof(value));
        }

        _bytes.Append(value);
        MarkValid();
    }

    private protected override ArrowArray BuildCore(int length, int nullCount, ArrowBuffer validity) => ArrowArrayFactory.Wrap(
        new ArrowArrayData { Type = Type, Length = length, NullCount = nullCount, Buffers = [validity, _bytes.Take()] });

    private protected override void ClearCore() => _bytes.Release();

    private protected override void AppendEmptySlot() => _bytes.ZeroUntil(_bytes.Length + ((FixedSizeBinaryType)Type).ByteWidth);

    private protected override void AppendValueFrom(ArrowArray source, int index) => Append(((FixedSizeBinaryArray)source).GetBytes(index));

    private protected override void AppendObjectCore(object value) => Append((byte[])value);
}
