using System.Runtime.InteropServices;

namespace OrleansFlow.Engine.Native;

/// <summary>What the engine measured of a connection's last query. The nodes belong to the connection.</summary>
internal static unsafe partial class DuckDb
{
    [LibraryImport(Library, EntryPoint = "duckdb_get_profiling_info")]
    public static partial nint GetProfilingInfo(ConnectionHandle connection);

    [LibraryImport(Library, EntryPoint = "duckdb_profiling_info_get_value", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint ProfilingInfoGetValue(nint info, string key);

    [LibraryImport(Library, EntryPoint = "duckdb_profiling_info_get_child_count")]
    public static partial ulong ProfilingInfoGetChildCount(nint info);

    [LibraryImport(Library, EntryPoint = "duckdb_profiling_info_get_child")]
    public static partial nint ProfilingInfoGetChild(nint info, ulong index);

    [LibraryImport(Library, EntryPoint = "duckdb_get_varchar")]
    public static partial nint GetVarchar(nint value);
}
