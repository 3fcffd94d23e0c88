using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace OrleansFlow.Arrow;

/// <summary>
/// Collects values and builds arrays of them. After <see cref="Build"/> it is empty and can be used again. Not thread-safe.
/// Dispose it: values that were not built are let go of.
/// </summary>
public abstract unsafe class ArrowArrayBuilder : IDisposable
{
    private GrowingBuffer _validity;
    private bool _hasValidity;

    private protected ArrowArrayBuilder(ArrowType type, ArrowAllocator? allocator)
    {
        ArgumentNullException.ThrowIfNull(type);
        Type = type;
        Allocator = allocator ?? ArrowAllocator.Default;
        _validity = new GrowingBuffer(Allocator);
    }

    /// <summary>The type of the array to build.</summary>
    public ArrowType Type { get; }

    /// <summary>Values appended so far, nulls included.</summary>
    public int Length { get; private set; }

    /// <summary>Nulls appended so far.</summary>
    public int NullCount { get; private set; }

    private protected ArrowAllocator Allocator { get; }

    /// <summary>Whether nulls are those of children, so that a null has a place of its own to be copied from.</summary>
    private protected virtual bool KeepsNullsInside => false;

    /// <summary>Creates the builder class of a type.</summary>
    /// <param name="type">Any type.</param>
    /// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
    /// <exception cref="NotSupportedException">There is no builder for the type.</exception>
    public static ArrowArrayBuilder Create(ArrowType type, ArrowAllocator? allocator = null) => ArrowBuilderFactory.Create(type, allocator);

    /// <summary>Appends a null.</summary>
    public void AppendNull()
    {
        AppendEmptySlot();
        MarkNull();
    }

    /// <summary>Appends a value of an array of the same type.</summary>
    public void AppendFrom(ArrowArray source, int index)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (KeepsNullsInside || source.IsValid(index))
        {
            AppendValueFrom(source, index);
        }
        else
        {
            AppendNull();
        }
    }

    /// <summary>Appends a range of an array of the same type.</summary>
    public virtual void AppendRange(ArrowArray source, int start, int length)
    {
        ArgumentNullException.ThrowIfNull(source);
        for (var i = start; i < start + length; i++)
        {
            AppendFrom(source, i);
        }
    }

    /// <summary>Appends a .NET value, converting between numbers; null appends a null.</summary>
    /// <exception cref="ArgumentException">The value cannot be one of <see cref="Type"/>.</exception>
    /// <remarks>For loosely typed sources; the typed methods of the subclasses are faster.</remarks>
    public void AppendObject(object? value)
    {
        if (value is null)
        {
            AppendNull();
            return;
        }

        try
        {
            AppendObjectCore(value);
        }
        catch (Exception exception) when (exception is InvalidCastException or FormatException or OverflowException)
        {
            throw new ArgumentException($"The value '{value}' ({value.GetType().Name}) cannot be a {Type.Name}.", nameof(value), exception);
        }
    }

    /// <summary>The values so far as an array, whose one reference the caller owns; the builder is empty afterwards.</summary>
    public ArrowArray Build()
    {
        ArrowBuffer validity = default;
        if (_hasValidity)
        {
            _validity.ZeroUntil(ArrowBitmap.ByteCount(Length));
            validity = _validity.Take();
        }

        var array = BuildCore(Length, NullCount, validity);
        _hasValidity = false;
        Length = 0;
        NullCount = 0;
        return array;
    }

    /// <summary>Forgets the values so far.</summary>
    public void Clear()
    {
        _validity.Release();
        _hasValidity = false;
        Length = 0;
        NullCount = 0;
        ClearCore();
    }

    /// <summary>Forgets the values so far and gives their memory back.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "No finalizer: see ArrowMemoryOwner.")]
    public void Dispose() => Clear();

    private protected abstract ArrowArray BuildCore(int length, int nullCount, ArrowBuffer validity);

    private protected abstract void ClearCore();

    /// <summary>Appends the physical slot of a null, without marking it.</summary>
    private protected abstract void AppendEmptySlot();

    private protected abstract void AppendValueFrom(ArrowArray source, int index);

    private protected abstract void AppendObjectCore(object value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected void MarkValid()
    {
        if (_hasValidity)
        {
            MarkBit(true);
        }

        Length = checked(Length + 1);
    }

    private protected void MarkValid(int count)
    {
        if (_hasValidity)
        {
            _validity.ZeroUntil(ArrowBitmap.ByteCount((long)Length + count));
            ArrowBitmap.SetRange(ValiditySpan, Length, count, true);
        }

        Length = checked(Length + count);
    }

    /// <summary>Copies the validity of a range of an array.</summary>
    private protected void MarkFrom(ArrowArray source, int start, int count)
    {
        if (!source.MayHaveNulls)
        {
            MarkValid(count);
            return;
        }

        var nulls = count - ArrowBitmap.CountOnes(source.Validity, source.Offset + start, count);
        if (nulls == 0)
        {
            MarkValid(count);
            return;
        }

        StartValidity();
        _validity.ZeroUntil(ArrowBitmap.ByteCount((long)Length + count));
        ArrowBitmap.Copy(source.Validity, source.Offset + start, ValiditySpan, Length, count);
        NullCount += nulls;
        Length = checked(Length + count);
    }

    private Span<byte> ValiditySpan => new(_validity.Pointer, (int)_validity.Length);

    private void MarkNull()
    {
        StartValidity();
        MarkBit(false);
        NullCount++;
        Length = checked(Length + 1);
    }

    private void StartValidity()
    {
        if (!_hasValidity)
        {
            // Most columns have no nulls, so the bitmap is made when the first one comes.
            _hasValidity = true;
            _validity.ZeroUntil(ArrowBitmap.ByteCount(Length));
            ArrowBitmap.SetRange(ValiditySpan, 0, Length, true);
        }
    }

    private void MarkBit(bool valid)
    {
        _validity.ZeroUntil(ArrowBitmap.ByteCount((long)Length + 1));
        if (valid)
        {
            _validity.Pointer[Length >> 3] |= (byte)(1 << (Length & 7));
        }
    }
}
