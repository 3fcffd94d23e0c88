using System.Globalization;
using System.Runtime.CompilerServices;

namespace OrleansFlow.Arrow;

/// <summary>Builds arrays whose values lie side by side as .NET values.</summary>
/// <typeparam name="T">The .NET type of one value.</typeparam>
public abstract unsafe class PrimitiveBuilder<T> : ArrowArrayBuilder
    where T : unmanaged
{
    private GrowingBuffer _values;

    private protected PrimitiveBuilder(ArrowType type, ArrowAllocator? allocator)
        : base(type, allocator) => _values = new GrowingBuffer(Allocator);

    /// <summary>Appends a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(T value)
    {
        _values.Append(value);
        MarkValid();
    }

    /// <summary>Appends a value or a null.</summary>
    public void Append(T? value)
    {
        if (value is { } present)
        {
            Append(present);
        }
        else
        {
            AppendNull();
        }
    }

    /// <summary>Appends values, none of them null.</summary>
    public void AppendRange(ReadOnlySpan<T> values)
    {
        var bytes = (long)values.Length * sizeof(T);
        values.CopyTo(new Span<T>(_values.Reserve(bytes), values.Length));
        _values.Advance(bytes);
        MarkValid(values.Length);
    }

    /// <inheritdoc/>
    public override void AppendRange(ArrowArray source, int start, int length)
    {
        ArgumentNullException.ThrowIfNull(source);
        var values = ((PrimitiveArray<T>)source).Values.Slice(start, length);
        var bytes = (long)length * sizeof(T);
        values.CopyTo(new Span<T>(_values.Reserve(bytes), length));
        _values.Advance(bytes);
        MarkFrom(source, start, length);
    }

    private protected override ArrowArray BuildCore(int length, int nullCount, ArrowBuffer validity) => ArrowArrayFactory.Wrap(
        new ArrowArrayData { Type = Type, Length = length, NullCount = nullCount, Buffers = [validity, _values.Take()] });

    private protected override void ClearCore() => _values.Release();

    private protected override void AppendEmptySlot() => _values.Append(default(T));

    private protected override void AppendValueFrom(ArrowArray source, int index) => Append(((PrimitiveArray<T>)source).Values[index]);

    private protected override void AppendObjectCore(object value) =>
        Append(value is T same ? same : (T)Convert.ChangeType(value, typeof(T), CultureInfo.InvariantCulture));
}
