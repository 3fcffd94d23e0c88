using System.Runtime.InteropServices;

namespace OrleansFlow.Engine.Native;

/// <summary>Table functions whose rows come from this process.</summary>
internal static unsafe partial class DuckDb
{
    [LibraryImport(Library, EntryPoint = "duckdb_get_value_type")]
    public static partial nint TypeOfValue(nint value);

    [LibraryImport(Library, EntryPoint = "duckdb_get_list_size")]
    public static partial ulong ListSize(nint value);

    [LibraryImport(Library, EntryPoint = "duckdb_get_list_child")]
    public static partial nint ListItem(nint value, ulong index);

    [LibraryImport(Library, EntryPoint = "duckdb_add_replacement_scan")]
    public static partial void AddReplacementScan(DatabaseHandle database, delegate* unmanaged[Cdecl]<nint, byte*, nint, void> callback, nint extra, delegate* unmanaged[Cdecl]<nint, void> release);

    [LibraryImport(Library, EntryPoint = "duckdb_replacement_scan_set_function_name", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void SetReplacementFunction(nint scan, string name);

    [LibraryImport(Library, EntryPoint = "duckdb_replacement_scan_add_parameter")]
    public static partial void AddReplacementParameter(nint scan, nint value);

    [LibraryImport(Library, EntryPoint = "duckdb_create_varchar", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint CreateText(string text);

    [LibraryImport(Library, EntryPoint = "duckdb_create_table_function")]
    public static partial nint CreateTableFunction();

    [LibraryImport(Library, EntryPoint = "duckdb_destroy_table_function")]
    public static partial void DestroyTableFunction(ref nint function);

    [LibraryImport(Library, EntryPoint = "duckdb_table_function_set_name", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void SetTableFunctionName(nint function, string name);

    [LibraryImport(Library, EntryPoint = "duckdb_table_function_add_parameter")]
    public static partial void AddTableFunctionParameter(nint function, nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_table_function_set_extra_info")]
    public static partial void SetTableFunctionExtra(nint function, nint extra, delegate* unmanaged[Cdecl]<nint, void> release);

    [LibraryImport(Library, EntryPoint = "duckdb_table_function_set_bind")]
    public static partial void SetTableFunctionBind(nint function, delegate* unmanaged[Cdecl]<nint, void> callback);

    [LibraryImport(Library, EntryPoint = "duckdb_table_function_set_init")]
    public static partial void SetTableFunctionInit(nint function, delegate* unmanaged[Cdecl]<nint, void> callback);

    [LibraryImport(Library, EntryPoint = "duckdb_table_function_set_local_init")]
    public static partial void SetTableFunctionLocalInit(nint function, delegate* unmanaged[Cdecl]<nint, void> callback);

    [LibraryImport(Library, EntryPoint = "duckdb_table_function_set_function")]
    public static partial void SetTableFunctionBody(nint function, delegate* unmanaged[Cdecl]<nint, nint, void> callback);

    [LibraryImport(Library, EntryPoint = "duckdb_table_function_supports_projection_pushdown")]
    public static partial void SetProjectionPushdown(nint function, [MarshalAs(UnmanagedType.U1)] bool pushdown);

    [LibraryImport(Library, EntryPoint = "duckdb_register_table_function")]
    public static partial int RegisterTableFunction(ConnectionHandle connection, nint function);

    [LibraryImport(Library, EntryPoint = "duckdb_bind_get_extra_info")]
    public static partial nint BindExtra(nint bind);

    [LibraryImport(Library, EntryPoint = "duckdb_bind_get_parameter")]
    public static partial nint BindParameter(nint bind, ulong index);

    [LibraryImport(Library, EntryPoint = "duckdb_bind_add_result_column", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void AddResultColumn(nint bind, string name, nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_bind_set_bind_data")]
    public static partial void SetBindData(nint bind, nint data, delegate* unmanaged[Cdecl]<nint, void> release);

    [LibraryImport(Library, EntryPoint = "duckdb_bind_set_cardinality")]
    public static partial void SetCardinality(nint bind, ulong rowCount, [MarshalAs(UnmanagedType.U1)] bool isExact);

    [LibraryImport(Library, EntryPoint = "duckdb_bind_set_error", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void SetBindError(nint bind, string message);

    [LibraryImport(Library, EntryPoint = "duckdb_init_get_bind_data")]
    public static partial nint InitBindData(nint init);

    [LibraryImport(Library, EntryPoint = "duckdb_init_set_init_data")]
    public static partial void SetInitData(nint init, nint data, delegate* unmanaged[Cdecl]<nint, void> release);

    [LibraryImport(Library, EntryPoint = "duckdb_init_get_column_count")]
    public static partial ulong InitColumnCount(nint init);

    [LibraryImport(Library, EntryPoint = "duckdb_init_get_column_index")]
    public static partial ulong InitColumnIndex(nint init, ulong index);

    [LibraryImport(Library, EntryPoint = "duckdb_init_set_max_threads")]
    public static partial void SetMaxThreads(nint init, ulong count);

    [LibraryImport(Library, EntryPoint = "duckdb_init_set_error", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void SetInitError(nint init, string message);

    [LibraryImport(Library, EntryPoint = "duckdb_function_get_init_data")]
    public static partial nint FunctionInitData(nint function);

    [LibraryImport(Library, EntryPoint = "duckdb_function_get_local_init_data")]
    public static partial nint FunctionLocalData(nint function);

    [LibraryImport(Library, EntryPoint = "duckdb_function_set_error", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void SetFunctionError(nint function, string message);
}
