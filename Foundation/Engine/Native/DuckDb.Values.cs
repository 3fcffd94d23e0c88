using System.Runtime.InteropServices;

namespace OrleansFlow.Engine.Native;

/// <summary>Values: what parameters are bound with.</summary>
internal static unsafe partial class DuckDb
{
    [LibraryImport(Library, EntryPoint = "duckdb_destroy_value")]
    public static partial void DestroyValue(ref nint value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_null_value")]
    public static partial nint CreateNull();

    [LibraryImport(Library, EntryPoint = "duckdb_create_bool")]
    public static partial nint CreateBoolean([MarshalAs(UnmanagedType.U1)] bool value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_int8")]
    public static partial nint CreateInt8(sbyte value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_uint8")]
    public static partial nint CreateUInt8(byte value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_int16")]
    public static partial nint CreateInt16(short value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_uint16")]
    public static partial nint CreateUInt16(ushort value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_int32")]
    public static partial nint CreateInt32(int value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_uint32")]
    public static partial nint CreateUInt32(uint value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_int64")]
    public static partial nint CreateInt64(long value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_uint64")]
    public static partial nint CreateUInt64(ulong value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_float")]
    public static partial nint CreateSingle(float value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_double")]
    public static partial nint CreateDouble(double value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_varchar_length")]
    public static partial nint CreateText(byte* utf8, ulong byteCount);

    [LibraryImport(Library, EntryPoint = "duckdb_create_blob")]
    public static partial nint CreateBlob(byte* bytes, ulong byteCount);

    [LibraryImport(Library, EntryPoint = "duckdb_create_date")]
    public static partial nint CreateDate(int daysSinceEpoch);

    [LibraryImport(Library, EntryPoint = "duckdb_create_time")]
    public static partial nint CreateTime(long microseconds);

    [LibraryImport(Library, EntryPoint = "duckdb_create_timestamp")]
    public static partial nint CreateTimestamp(long microsecondsSinceEpoch);

    [LibraryImport(Library, EntryPoint = "duckdb_create_timestamp_tz")]
    public static partial nint CreateTimestampTz(long microsecondsSinceEpoch);

    [LibraryImport(Library, EntryPoint = "duckdb_create_interval")]
    public static partial nint CreateInterval(DuckDbInterval value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_decimal")]
    public static partial nint CreateDecimal(DuckDbDecimal value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_uuid")]
    public static partial nint CreateUuid(DuckDbHugeInt value);

    [LibraryImport(Library, EntryPoint = "duckdb_get_int64")]
    public static partial long GetInt64(nint value);

    [LibraryImport(Library, EntryPoint = "duckdb_is_null_value")]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool IsNull(nint value);

    [LibraryImport(Library, EntryPoint = "duckdb_get_bool")]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool GetBoolean(nint value);

    [LibraryImport(Library, EntryPoint = "duckdb_get_int16")]
    public static partial short GetInt16(nint value);

    [LibraryImport(Library, EntryPoint = "duckdb_get_int32")]
    public static partial int GetInt32(nint value);

    [LibraryImport(Library, EntryPoint = "duckdb_get_float")]
    public static partial float GetSingle(nint value);

    [LibraryImport(Library, EntryPoint = "duckdb_get_double")]
    public static partial double GetDouble(nint value);

    [LibraryImport(Library, EntryPoint = "duckdb_get_date")]
    public static partial int GetDate(nint value);

    [LibraryImport(Library, EntryPoint = "duckdb_get_time")]
    public static partial long GetTime(nint value);

    [LibraryImport(Library, EntryPoint = "duckdb_get_timestamp")]
    public static partial long GetTimestamp(nint value);

    [LibraryImport(Library, EntryPoint = "duckdb_get_timestamp_tz")]
    public static partial long GetTimestampTz(nint value);

    [LibraryImport(Library, EntryPoint = "duckdb_get_decimal")]
    public static partial DuckDbDecimal GetDecimal(nint value);

    [LibraryImport(Library, EntryPoint = "duckdb_get_blob")]
    public static partial DuckDbBlob GetBlob(nint value);

    [LibraryImport(Library, EntryPoint = "duckdb_get_varchar")]
    public static partial nint GetText(nint value);
}
