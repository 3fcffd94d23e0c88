using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Functions;

/// <summary>The results of a batch of rows, in the engine's own memory: valid only during the call. Every row must be written.</summary>
/// <typeparam name="T">Type of the result.</typeparam>
public readonly unsafe ref struct EngineColumnWriter<T>
{
    private readonly nint _vector;
    private readonly byte* _data;
    private readonly int _first;
    private readonly int _scale;

    internal EngineColumnWriter(nint vector, int first, int count, FunctionOptions options)
    {
        _vector = vector;
        _data = (byte*)DuckDb.VectorData(vector);
        _first = first;
        _scale = options.DecimalScale;
        Count = count;
    }

    /// <summary>Rows of the batch, 1 to 2,048.</summary>
    public int Count { get; }

    /// <summary>The values as they lie in memory, for the types that <see cref="EngineColumn{T}.Values"/> names.</summary>
    /// <exception cref="InvalidOperationException">The type lies in memory in another way; use the indexer.</exception>
    public Span<T> Values => ColumnValue<T>.IsRaw ? MemoryMarshal.CreateSpan(ref Unsafe.Add(ref Unsafe.AsRef<T>(_data), _first), Count) : throw EngineColumn<T>.NoSpan();

    /// <summary>Writes a row; null is NULL.</summary>
    /// <param name="row">0-based.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    /// <exception cref="OverflowException">A decimal does not fit.</exception>
    public T this[int row]
    {
        set
        {
            EngineColumn<T>.ThrowIfOutside(row, Count);
            Set(row, value);
        }
    }

    /// <summary>Makes a row NULL.</summary>
    /// <param name="row">0-based.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public void SetNull(int row)
    {
        EngineColumn<T>.ThrowIfOutside(row, Count);
        Clear(row);
    }

    /// <summary>Writes a row of a text or blob from bytes.</summary>
    /// <param name="row">0-based.</param>
    /// <param name="bytes">Copied. Must be UTF-8 for a text.</param>
    /// <exception cref="ArgumentException">A text is no UTF-8.</exception>
    /// <exception cref="InvalidOperationException">The type is neither <see cref="string"/> nor <c>byte[]</c>.</exception>
    public void SetBytes(int row, ReadOnlySpan<byte> bytes)
    {
        EngineColumn<T>.ThrowIfOutside(row, Count);
        if (typeof(T) != typeof(string) && typeof(T) != typeof(byte[]))
        {
            throw new InvalidOperationException($"A column of {typeof(T)} has no bytes.");
        }

        if (typeof(T) == typeof(string) && !System.Text.Unicode.Utf8.IsValid(bytes))
        {
            throw new ArgumentException("The bytes of a text are no UTF-8.", nameof(bytes));
        }

        EngineBytes.Write(_vector, _first + row, bytes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Set(int row, T value)
    {
        if (!ColumnValue<T>.Write(_vector, _data, _first + row, value, _scale))
        {
            Clear(row);
        }
    }

    internal void Clear(int row)
    {
        DuckDb.EnsureValidityWritable(_vector);
        var place = _first + row;
        DuckDb.VectorValidity(_vector)[place >> 6] &= ~(1UL << (place & 63));
    }
}
