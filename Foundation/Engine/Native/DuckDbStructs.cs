using System.Runtime.InteropServices;

namespace OrleansFlow.Engine.Native;

/// <summary><c>duckdb_result</c>: passed by value to some functions, so its size matters.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DuckDbResult
{
    private readonly ulong _columnCount;
    private readonly ulong _rowCount;
    private readonly ulong _rowsChanged;
    private readonly nint _columns;
    private readonly nint _errorMessage;
    private readonly nint _internalData;
}

/// <summary><c>duckdb_hugeint</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct DuckDbHugeInt(ulong lower, long upper)
{
    public readonly ulong Lower = lower;
    public readonly long Upper = upper;
}

/// <summary><c>duckdb_interval</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct DuckDbInterval(int months, int days, long microseconds)
{
    public readonly int Months = months;
    public readonly int Days = days;
    public readonly long Microseconds = microseconds;
}

/// <summary><c>duckdb_decimal</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct DuckDbDecimal(byte width, byte scale, DuckDbHugeInt value)
{
    public readonly byte Width = width;
    public readonly byte Scale = scale;
    public readonly DuckDbHugeInt Value = value;
}

/// <summary><c>duckdb_blob</c>; <see cref="Pointer"/> is freed by whoever asked.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct DuckDbBlob
{
    public readonly nint Pointer;
    public readonly ulong ByteCount;
}

/// <summary><c>duckdb_list_entry</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct DuckDbListEntry
{
    public readonly ulong Offset;
    public readonly ulong Length;
}

/// <summary><c>duckdb_type</c>, the members this project maps itself.</summary>
internal enum DuckDbType
{
    Boolean = 1,
    TinyInt = 2,
    SmallInt = 3,
    Integer = 4,
    BigInt = 5,
    UTinyInt = 6,
    USmallInt = 7,
    UInteger = 8,
    UBigInt = 9,
    Float = 10,
    Double = 11,
    Timestamp = 12,
    Date = 13,
    Time = 14,
    HugeInt = 16,
    Varchar = 17,
    Blob = 18,
    Decimal = 19,
    TimestampS = 20,
    TimestampMs = 21,
    TimestampNs = 22,
    List = 24,
    Struct = 25,
    Map = 26,
    TimestampTz = 31,
    Array = 33,
    Any = 34,
}
