namespace OrleansFlow.Arrow;

/// <summary>An array whose values lie side by side as .NET values.</summary>
/// <typeparam name="T">The .NET type of one value.</typeparam>
public abstract unsafe class PrimitiveArray<T> : ArrowArray
    where T : unmanaged
{
    private readonly T* _values;

    private protected PrimitiveArray(ArrowArrayData data)
        : base(data) => _values = (T*)data.Buffers[1].Pointer + (data.Length == 0 ? 0 : data.Offset);

    /// <summary>Shape [<see cref="ArrowArray.Length"/>]. What stands at the place of a null is undefined.</summary>
    public ReadOnlySpan<T> Values
    {
        get
        {
            ThrowIfReleased();
            return new ReadOnlySpan<T>(_values, Length);
        }
    }

    /// <summary>The value, or null.</summary>
    public T? GetNullable(int index) => IsValid(index) ? _values[index] : null;

    /// <summary>The value without any check; the caller knows that the index is right and that a reference is held.</summary>
    internal T At(int index) => _values[index];

    private protected override object? GetValueCore(int index) => _values[index];
}
