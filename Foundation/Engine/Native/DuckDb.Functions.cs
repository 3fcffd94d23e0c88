using System.Runtime.InteropServices;

namespace OrleansFlow.Engine.Native;

/// <summary>Scalar and aggregate functions whose bodies are in this process.</summary>
internal static unsafe partial class DuckDb
{
    [LibraryImport(Library, EntryPoint = "duckdb_create_scalar_function")]
    public static partial nint CreateScalarFunction();

    [LibraryImport(Library, EntryPoint = "duckdb_destroy_scalar_function")]
    public static partial void DestroyScalarFunction(ref nint function);

    [LibraryImport(Library, EntryPoint = "duckdb_scalar_function_set_name", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void SetScalarName(nint function, string name);

    [LibraryImport(Library, EntryPoint = "duckdb_scalar_function_set_varargs")]
    public static partial void SetScalarVariadic(nint function, nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_scalar_function_set_special_handling")]
    public static partial void SetScalarSeesNulls(nint function);

    [LibraryImport(Library, EntryPoint = "duckdb_scalar_function_set_volatile")]
    public static partial void SetScalarVolatile(nint function);

    [LibraryImport(Library, EntryPoint = "duckdb_scalar_function_add_parameter")]
    public static partial void AddScalarParameter(nint function, nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_scalar_function_set_return_type")]
    public static partial void SetScalarReturnType(nint function, nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_scalar_function_set_extra_info")]
    public static partial void SetScalarExtra(nint function, nint extra, delegate* unmanaged[Cdecl]<nint, void> release);

    [LibraryImport(Library, EntryPoint = "duckdb_scalar_function_set_function")]
    public static partial void SetScalarBody(nint function, delegate* unmanaged[Cdecl]<nint, nint, nint, void> body);

    [LibraryImport(Library, EntryPoint = "duckdb_scalar_function_get_extra_info")]
    public static partial nint ScalarExtra(nint call);

    [LibraryImport(Library, EntryPoint = "duckdb_scalar_function_set_error", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void SetScalarError(nint call, string message);

    [LibraryImport(Library, EntryPoint = "duckdb_create_scalar_function_set", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint CreateScalarFunctionSet(string name);

    [LibraryImport(Library, EntryPoint = "duckdb_add_scalar_function_to_set")]
    public static partial int AddToScalarFunctionSet(nint functions, nint function);

    [LibraryImport(Library, EntryPoint = "duckdb_register_scalar_function_set")]
    public static partial int RegisterScalarFunctionSet(ConnectionHandle connection, nint functions);

    [LibraryImport(Library, EntryPoint = "duckdb_destroy_scalar_function_set")]
    public static partial void DestroyScalarFunctionSet(ref nint functions);

    [LibraryImport(Library, EntryPoint = "duckdb_create_aggregate_function")]
    public static partial nint CreateAggregateFunction();

    [LibraryImport(Library, EntryPoint = "duckdb_destroy_aggregate_function")]
    public static partial void DestroyAggregateFunction(ref nint function);

    [LibraryImport(Library, EntryPoint = "duckdb_aggregate_function_set_name", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void SetAggregateName(nint function, string name);

    [LibraryImport(Library, EntryPoint = "duckdb_aggregate_function_add_parameter")]
    public static partial void AddAggregateParameter(nint function, nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_aggregate_function_set_return_type")]
    public static partial void SetAggregateReturnType(nint function, nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_aggregate_function_set_functions")]
    public static partial void SetAggregateBodies(
        nint function,
        delegate* unmanaged[Cdecl]<nint, ulong> stateSize,
        delegate* unmanaged[Cdecl]<nint, void*, void> start,
        delegate* unmanaged[Cdecl]<nint, nint, void**, void> add,
        delegate* unmanaged[Cdecl]<nint, void**, void**, ulong, void> combine,
        delegate* unmanaged[Cdecl]<nint, void**, nint, ulong, ulong, void> finish);

    [LibraryImport(Library, EntryPoint = "duckdb_aggregate_function_set_destructor")]
    public static partial void SetAggregateDestructor(nint function, delegate* unmanaged[Cdecl]<void**, ulong, void> destroy);

    [LibraryImport(Library, EntryPoint = "duckdb_aggregate_function_set_special_handling")]
    public static partial void SetAggregateSeesNulls(nint function);

    [LibraryImport(Library, EntryPoint = "duckdb_aggregate_function_set_extra_info")]
    public static partial void SetAggregateExtra(nint function, nint extra, delegate* unmanaged[Cdecl]<nint, void> release);

    [LibraryImport(Library, EntryPoint = "duckdb_aggregate_function_get_extra_info")]
    public static partial nint AggregateExtra(nint call);

    [LibraryImport(Library, EntryPoint = "duckdb_aggregate_function_set_error", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void SetAggregateError(nint call, string message);

    [LibraryImport(Library, EntryPoint = "duckdb_create_aggregate_function_set", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint CreateAggregateFunctionSet(string name);

    [LibraryImport(Library, EntryPoint = "duckdb_add_aggregate_function_to_set")]
    public static partial int AddToAggregateFunctionSet(nint functions, nint function);

    [LibraryImport(Library, EntryPoint = "duckdb_register_aggregate_function_set")]
    public static partial int RegisterAggregateFunctionSet(ConnectionHandle connection, nint functions);

    [LibraryImport(Library, EntryPoint = "duckdb_destroy_aggregate_function_set")]
    public static partial void DestroyAggregateFunctionSet(ref nint functions);

    [LibraryImport(Library, EntryPoint = "duckdb_table_function_add_named_parameter", StringMarshalling = StringMarshalling.Utf8)]
    public static partial void AddTableFunctionNamedParameter(nint function, string name, nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_bind_get_named_parameter", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint BindNamedParameter(nint bind, string name);

    [LibraryImport(Library, EntryPoint = "duckdb_table_function_get_client_context")]
    public static partial void TableFunctionContext(nint bind, out nint context);

    [LibraryImport(Library, EntryPoint = "duckdb_connection_get_client_context")]
    public static partial void ConnectionContext(ConnectionHandle connection, out nint context);

    [LibraryImport(Library, EntryPoint = "duckdb_client_context_get_connection_id")]
    public static partial ulong ContextConnectionId(nint context);

    [LibraryImport(Library, EntryPoint = "duckdb_destroy_client_context")]
    public static partial void DestroyContext(ref nint context);

    [LibraryImport(Library, EntryPoint = "duckdb_create_decimal_type")]
    public static partial nint CreateDecimalType(byte width, byte scale);

    [LibraryImport(Library, EntryPoint = "duckdb_data_chunk_get_column_count")]
    public static partial ulong DataChunkColumnCount(nint chunk);

    [LibraryImport(Library, EntryPoint = "duckdb_vector_ensure_validity_writable")]
    public static partial void EnsureValidityWritable(nint vector);

    [LibraryImport(Library, EntryPoint = "duckdb_unsafe_vector_assign_string_element_len")]
    public static partial void AssignText(nint vector, ulong row, byte* bytes, ulong byteCount);

    [LibraryImport(Library, EntryPoint = "duckdb_vector_assign_string_element_len")]
    public static partial void AssignBytes(nint vector, ulong row, byte* bytes, ulong byteCount);
}
