using System.Diagnostics.CodeAnalysis;

namespace OrleansFlow.Arrow;

/// <summary>
/// An immutable column of values. Reference-counted: it starts with one reference, which its creator holds;
/// <see cref="Retain"/> adds one, <see cref="Dispose"/> gives one back, and the last one lets go of the buffers.
/// </summary>
/// <remarks>Reading is thread-safe. Spans and child arrays are valid only while a reference is held.</remarks>
public abstract unsafe class ArrowArray : IDisposable
{
    private readonly ArrowArrayData _data;
    private readonly byte* _validity;
    private int _nullCount;
    private int _references = 1;

    private protected ArrowArray(ArrowArrayData data)
    {
        _data = data;
        _nullCount = data.NullCount;
        if (HasValidity && data.NullCount != 0 && data.Buffers[0].Length > 0)
        {
            _validity = data.Buffers[0].Pointer;
        }
        else if (data.NullCount < 0)
        {
            _nullCount = data.Type is NullType ? data.Length : 0;
        }
    }

    /// <summary>The logical type.</summary>
    public ArrowType Type => _data.Type;

    /// <summary>Number of values.</summary>
    public int Length => _data.Length;

    /// <summary>Values left out at the start of the buffers; accessors by index already count it in.</summary>
    public int Offset => _data.Offset;

    /// <summary>The physical parts. Buffers and children stay owned by this array.</summary>
    public ArrowArrayData Data => _data;

    /// <summary>Number of nulls. The first call on a slice counts them: O(length / 64).</summary>
    public int NullCount
    {
        get
        {
            if (_nullCount < 0)
            {
                ThrowIfReleased();
                _nullCount = Length - ArrowBitmap.CountOnes(_data.Buffers[0].Span, Offset, Length);
            }

            return _nullCount;
        }
    }

    /// <summary>Whether some value may be null; false means that validity need not be looked at.</summary>
    public bool MayHaveNulls => _nullCount != 0;

    /// <summary>
    /// The validity bitmap (a one is a value, a zero a null), starting with the bit of value -<see cref="Offset"/>;
    /// empty when nothing is null.
    /// </summary>
    public ReadOnlySpan<byte> Validity
    {
        get
        {
            ThrowIfReleased();
            return _validity is null ? default : _data.Buffers[0].Span;
        }
    }

    /// <summary>Bytes of the buffers that this array and its children refer to; a slice counts the whole buffers.</summary>
    public virtual long ByteCount
    {
        get
        {
            var sum = 0L;
            foreach (var buffer in _data.Buffers)
            {
                sum += buffer.Length;
            }

            foreach (var child in _data.Children)
            {
                sum += child.ByteCount;
            }

            return sum + (_data.Dictionary?.ByteCount ?? 0);
        }
    }

    /// <summary>Whether all references are gone.</summary>
    public bool IsReleased => Volatile.Read(ref _references) <= 0;

    private bool HasValidity => ArrowLayout.HasValidity(_data.Type);

    /// <summary>Wraps physical parts in the array class of their type, taking over one reference to each buffer and child.</summary>
    /// <exception cref="ArgumentException">The number of buffers or children is not that of the type, or a buffer is too short.</exception>
    /// <remarks>Checks sizes only: O(children). What offsets and indices point to is checked where data comes from outside.</remarks>
    public static ArrowArray Create(ArrowArrayData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (ArrowLayout.FindDefect(data) is { } defect)
        {
            throw new ArgumentException(defect, nameof(data));
        }

        return ArrowArrayFactory.Wrap(data);
    }

    /// <summary>Checks sizes, types of children and the ends of offsets: O(children), whatever the length.</summary>
    /// <exception cref="ArrowFormatException">Something is wrong; the message names it.</exception>
    public void Validate() => ArrowValidator.Throw(ArrowValidator.FindOuterDefect(this));

    /// <summary>Checks everything that values refer to and what the types promise of them: O(values and bytes).</summary>
    /// <exception cref="ArrowFormatException">Something is wrong; the message names it.</exception>
    public void ValidateFull() => ArrowValidator.Throw(
        ArrowValidator.FindOuterDefect(this) ?? ArrowValidator.FindDefect(this, true, true) ?? PromiseValidator.FindDefect(this));

    /// <summary>Whether the value is there (not null).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not below <see cref="Length"/>.</exception>
    public virtual bool IsValid(int index)
    {
        CheckIndex(index);
        if (_validity is null)
        {
            return Type is not NullType;
        }

        var bit = Offset + index;
        return (_validity[bit >> 3] >> (bit & 7) & 1) != 0;
    }

    /// <summary>Whether the value is null.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not below <see cref="Length"/>.</exception>
    public bool IsNull(int index) => !IsValid(index);

    /// <summary>
    /// The value as an object; null for null. For display and tests: it allocates. Lists are arrays of objects, structs and
    /// maps arrays of name/key and value, times and dates their .NET types where they fit.
    /// </summary>
    public object? GetValue(int index) => IsValid(index) ? GetValueCore(index) : null;

    /// <summary>A range of this array, without a copy; the caller owns the one reference of the result.</summary>
    public ArrowArray Slice(int offset, int length)
    {
        ThrowIfReleased();
        if (offset < 0 || length < 0 || offset > Length - length)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), $"Values {offset}..{(long)offset + length} lie outside an array of {Length}.");
        }

        foreach (var buffer in _data.Buffers)
        {
            buffer.Retain();
        }

        foreach (var child in _data.Children)
        {
            child.Retain();
        }

        _data.Dictionary?.Retain();
        var nullCount = _nullCount == 0 ? 0 : length == Length ? _nullCount : Type is NullType ? length : -1;
        return ArrowArrayFactory.Wrap(new ArrowArrayData
        {
            Type = Type,
            Length = length,
            NullCount = nullCount,
            Offset = Offset + offset,
            Buffers = _data.Buffers,
            Children = _data.Children,
            Dictionary = _data.Dictionary,
        });
    }

    /// <summary>Adds a reference and returns this array.</summary>
    /// <exception cref="ObjectDisposedException">All references are gone.</exception>
    public ArrowArray Retain()
    {
        var seen = Volatile.Read(ref _references);
        while (true)
        {
            ObjectDisposedException.ThrowIf(seen <= 0, this);
            var before = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (before == seen)
            {
                return this;
            }

            seen = before;
        }
    }

    /// <summary>Gives a reference back. Once all are gone, further calls do nothing.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "No finalizer: see ArrowMemoryOwner.")]
    public void Dispose()
    {
        var seen = Volatile.Read(ref _references);
        while (seen > 0)
        {
            var before = Interlocked.CompareExchange(ref _references, seen - 1, seen);
            if (before == seen)
            {
                if (seen == 1)
                {
                    ReleaseParts();
                }

                return;
            }

            seen = before;
        }
    }

    /// <summary>Type, length and number of nulls.</summary>
    public override string ToString() => $"{Type.Name}[{Length}]";

    private protected abstract object? GetValueCore(int index);

    private protected virtual void ReleaseParts()
    {
        foreach (var buffer in _data.Buffers)
        {
            buffer.Release();
        }

        foreach (var child in _data.Children)
        {
            child.Dispose();
        }

        _data.Dictionary?.Dispose();
    }

    private protected void CheckIndex(int index)
    {
        if ((uint)index >= (uint)Length)
        {
            ThrowIndex(index);
        }

        ThrowIfReleased();
    }

    private protected void ThrowIfReleased()
    {
        if (IsReleased)
        {
            throw new ObjectDisposedException(GetType().Name, "All references to the array were given back.");
        }
    }

    [DoesNotReturn]
    private void ThrowIndex(int index) =>
        throw new ArgumentOutOfRangeException(nameof(index), index, $"The array has {Length} values.");
}
