using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Functions;

/// <summary>The arguments of one parameter for a batch of rows, in the engine's own memory: valid only during the call.</summary>
/// <typeparam name="T">Type of the parameter.</typeparam>
public readonly unsafe ref struct EngineColumn<T>
{
    private readonly byte* _data;
    private readonly ulong* _validity;
    private readonly int _scale;
    private readonly bool _takesNull;

    internal EngineColumn(nint vector, int count, FunctionOptions options)
    {
        _data = (byte*)DuckDb.VectorData(vector);
        _validity = DuckDb.VectorValidity(vector);
        _scale = options.DecimalScale;
        _takesNull = ColumnValue<T>.IsNullable || (options.SeesNulls && ColumnValue<T>.HasNull);
        Count = count;
    }

    /// <summary>Rows of the batch, 1 to 2,048.</summary>
    public int Count { get; }

    /// <summary>Whether there may be a NULL among the rows.</summary>
    public bool MayHaveNulls => _validity is not null;

    /// <summary>The values as they lie in memory, for <see cref="bool"/>, <see cref="short"/>, <see cref="int"/>, <see cref="long"/>, <see cref="float"/> and <see cref="double"/>; those of NULL rows are anything.</summary>
    /// <exception cref="InvalidOperationException">The type lies in memory in another way; use the indexer.</exception>
    public ReadOnlySpan<T> Values => ColumnValue<T>.IsRaw ? MemoryMarshal.CreateReadOnlySpan(ref Unsafe.AsRef<T>(_data), Count) : throw NoSpan();

    /// <summary>The value of a row; for NULL, the type's default.</summary>
    /// <param name="row">0-based.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public T this[int row]
    {
        get
        {
            ThrowIfOutside(row, Count);
            return Get(row);
        }
    }

    /// <summary>Whether a row is NULL.</summary>
    /// <param name="row">0-based.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public bool IsNull(int row)
    {
        ThrowIfOutside(row, Count);
        return IsMissing(row);
    }

    /// <summary>The bytes of a row of a text (UTF-8) or blob without copying them; none for NULL.</summary>
    /// <param name="row">0-based.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    /// <exception cref="InvalidOperationException">The type is neither <see cref="string"/> nor <c>byte[]</c>.</exception>
    public ReadOnlySpan<byte> Bytes(int row)
    {
        ThrowIfOutside(row, Count);
        return typeof(T) != typeof(string) && typeof(T) != typeof(byte[]) ? throw new InvalidOperationException($"A column of {typeof(T)} has no bytes.")
            : IsMissing(row) ? default
            : EngineBytes.Read(_data, row);
    }

    internal static InvalidOperationException NoSpan() => new($"Values of {typeof(T)} do not lie in memory as such; read and write them one by one.");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void ThrowIfOutside(int row, int count)
    {
        if ((uint)row >= (uint)count)
        {
            throw new ArgumentOutOfRangeException(nameof(row), $"Row {row} does not exist; the batch has {count}.");
        }
    }

    /// <summary>Whether the function is not asked about a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Skips(int row) => !_takesNull && IsMissing(row);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal T Get(int row) => _validity is not null && IsMissing(row) ? default! : ColumnValue<T>.Read(_data, row, _scale);

    /// <summary>A row of a column without NULL.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal T GetPresent(int row) => ColumnValue<T>.Read(_data, row, _scale);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsMissing(int row) => _validity is not null && (_validity[row >> 6] & (1UL << (row & 63))) == 0;
}
