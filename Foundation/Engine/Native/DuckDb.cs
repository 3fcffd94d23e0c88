using System.Runtime.InteropServices;
using OrleansFlow.Arrow.CData;

namespace OrleansFlow.Engine.Native;

/// <summary>DuckDB's C API, as far as it is used here. Names and types follow its public header.</summary>
internal static unsafe partial class DuckDb
{
    /// <summary>Name the resolver answers to.</summary>
    public const string Library = "duckdb";

    /// <summary><c>DuckDBSuccess</c>.</summary>
    public const int Success = 0;

    /// <summary>Rows in a full vector (<c>STANDARD_VECTOR_SIZE</c> of the shipped builds).</summary>
    public const int VectorRowCount = 2048;

    [LibraryImport(Library, EntryPoint = "duckdb_library_version")]
    public static partial nint LibraryVersion();

    [LibraryImport(Library, EntryPoint = "duckdb_vector_size")]
    public static partial ulong VectorSize();

    [LibraryImport(Library, EntryPoint = "duckdb_free")]
    public static partial void Free(nint pointer);

    // Configuration, database, connection.
    [LibraryImport(Library, EntryPoint = "duckdb_create_config")]
    public static partial int CreateConfig(out nint config);

    [LibraryImport(Library, EntryPoint = "duckdb_set_config", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetConfig(nint config, string name, string value);

    [LibraryImport(Library, EntryPoint = "duckdb_destroy_config")]
    public static partial void DestroyConfig(ref nint config);

    [LibraryImport(Library, EntryPoint = "duckdb_open_ext", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string? path, out nint database, nint config, out nint error);

    [LibraryImport(Library, EntryPoint = "duckdb_close")]
    public static partial void Close(ref nint database);

    [LibraryImport(Library, EntryPoint = "duckdb_connect")]
    public static partial int Connect(DatabaseHandle database, out nint connection);

    [LibraryImport(Library, EntryPoint = "duckdb_interrupt")]
    public static partial void Interrupt(ConnectionHandle connection);

    [LibraryImport(Library, EntryPoint = "duckdb_disconnect")]
    public static partial void Disconnect(ref nint connection);

    // Statements.
    [LibraryImport(Library, EntryPoint = "duckdb_extract_statements", StringMarshalling = StringMarshalling.Utf8)]
    public static partial ulong ExtractStatements(ConnectionHandle connection, string sql, out nint statements);

    [LibraryImport(Library, EntryPoint = "duckdb_extract_statements_error")]
    public static partial nint ExtractStatementsError(nint statements);

    [LibraryImport(Library, EntryPoint = "duckdb_prepare_extracted_statement")]
    public static partial int PrepareExtractedStatement(ConnectionHandle connection, nint statements, ulong index, out nint statement);

    [LibraryImport(Library, EntryPoint = "duckdb_destroy_extracted")]
    public static partial void DestroyExtracted(ref nint statements);

    [LibraryImport(Library, EntryPoint = "duckdb_prepare_error")]
    public static partial nint PrepareError(StatementHandle statement);

    [LibraryImport(Library, EntryPoint = "duckdb_destroy_prepare")]
    public static partial void DestroyPrepare(ref nint statement);

    [LibraryImport(Library, EntryPoint = "duckdb_nparams")]
    public static partial ulong ParameterCount(StatementHandle statement);

    [LibraryImport(Library, EntryPoint = "duckdb_bind_value")]
    public static partial int BindValue(StatementHandle statement, ulong index, nint value);

    [LibraryImport(Library, EntryPoint = "duckdb_clear_bindings")]
    public static partial int ClearBindings(StatementHandle statement);

    [LibraryImport(Library, EntryPoint = "duckdb_pending_prepared_streaming")]
    public static partial int PendingPreparedStreaming(StatementHandle statement, out nint pending);

    [LibraryImport(Library, EntryPoint = "duckdb_pending_error")]
    public static partial nint PendingError(nint pending);

    [LibraryImport(Library, EntryPoint = "duckdb_execute_pending")]
    public static partial int ExecutePending(nint pending, DuckDbResult* result);

    [LibraryImport(Library, EntryPoint = "duckdb_destroy_pending")]
    public static partial void DestroyPending(ref nint pending);

    // Results.
    [LibraryImport(Library, EntryPoint = "duckdb_destroy_result")]
    public static partial void DestroyResult(DuckDbResult* result);

    [LibraryImport(Library, EntryPoint = "duckdb_result_error")]
    public static partial nint ResultError(DuckDbResult* result);

    [LibraryImport(Library, EntryPoint = "duckdb_result_error_type")]
    public static partial int ResultErrorType(DuckDbResult* result);

    [LibraryImport(Library, EntryPoint = "duckdb_result_return_type")]
    public static partial int ResultReturnType(DuckDbResult result);

    [LibraryImport(Library, EntryPoint = "duckdb_rows_changed")]
    public static partial ulong RowsChanged(DuckDbResult* result);

    [LibraryImport(Library, EntryPoint = "duckdb_fetch_chunk")]
    public static partial nint FetchChunk(DuckDbResult result);

    [LibraryImport(Library, EntryPoint = "duckdb_column_count")]
    public static partial ulong ColumnCount(DuckDbResult* result);

    [LibraryImport(Library, EntryPoint = "duckdb_column_name")]
    public static partial nint ColumnName(DuckDbResult* result, ulong index);

    [LibraryImport(Library, EntryPoint = "duckdb_column_logical_type")]
    public static partial nint ColumnLogicalType(DuckDbResult* result, ulong index);

    // Chunks and vectors.
    [LibraryImport(Library, EntryPoint = "duckdb_destroy_data_chunk")]
    public static partial void DestroyDataChunk(ref nint chunk);

    [LibraryImport(Library, EntryPoint = "duckdb_data_chunk_get_size")]
    public static partial ulong DataChunkSize(nint chunk);

    [LibraryImport(Library, EntryPoint = "duckdb_data_chunk_set_size")]
    public static partial void SetDataChunkSize(nint chunk, ulong rowCount);

    [LibraryImport(Library, EntryPoint = "duckdb_data_chunk_get_vector")]
    public static partial nint DataChunkVector(nint chunk, ulong column);

    [LibraryImport(Library, EntryPoint = "duckdb_vector_get_data")]
    public static partial void* VectorData(nint vector);

    [LibraryImport(Library, EntryPoint = "duckdb_vector_get_validity")]
    public static partial ulong* VectorValidity(nint vector);

    [LibraryImport(Library, EntryPoint = "duckdb_vector_get_column_type")]
    public static partial nint VectorType(nint vector);

    [LibraryImport(Library, EntryPoint = "duckdb_vector_reference_vector")]
    public static partial void ReferenceVector(nint target, nint source);

    [LibraryImport(Library, EntryPoint = "duckdb_list_vector_get_child")]
    public static partial nint ListVectorChild(nint vector);

    [LibraryImport(Library, EntryPoint = "duckdb_struct_vector_get_child")]
    public static partial nint StructVectorChild(nint vector, ulong index);

    [LibraryImport(Library, EntryPoint = "duckdb_array_vector_get_child")]
    public static partial nint ArrayVectorChild(nint vector);

    // Logical types.
    [LibraryImport(Library, EntryPoint = "duckdb_destroy_logical_type")]
    public static partial void DestroyLogicalType(ref nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_create_logical_type")]
    public static partial nint CreateLogicalType(int id);

    [LibraryImport(Library, EntryPoint = "duckdb_get_type_id")]
    public static partial int TypeId(nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_decimal_internal_type")]
    public static partial int DecimalInternalType(nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_list_type_child_type")]
    public static partial nint ListTypeChild(nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_array_type_child_type")]
    public static partial nint ArrayTypeChild(nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_array_type_array_size")]
    public static partial ulong ArrayTypeSize(nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_map_type_key_type")]
    public static partial nint MapTypeKey(nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_map_type_value_type")]
    public static partial nint MapTypeValue(nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_struct_type_child_count")]
    public static partial ulong StructTypeChildCount(nint type);

    [LibraryImport(Library, EntryPoint = "duckdb_struct_type_child_type")]
    public static partial nint StructTypeChild(nint type, ulong index);

    // Arrow. The error_data they return is a pointer that is null when all is well.
    [LibraryImport(Library, EntryPoint = "duckdb_connection_get_arrow_options")]
    public static partial void ConnectionArrowOptions(ConnectionHandle connection, out nint options);

    [LibraryImport(Library, EntryPoint = "duckdb_destroy_arrow_options")]
    public static partial void DestroyArrowOptions(ref nint options);

    [LibraryImport(Library, EntryPoint = "duckdb_to_arrow_schema")]
    public static partial nint ToArrowSchema(nint options, nint* types, nint* names, ulong columnCount, CArrowSchema* schema);

    [LibraryImport(Library, EntryPoint = "duckdb_data_chunk_to_arrow")]
    public static partial nint DataChunkToArrow(nint options, nint chunk, CArrowArray* array);

    [LibraryImport(Library, EntryPoint = "duckdb_schema_from_arrow")]
    public static partial nint SchemaFromArrow(ConnectionHandle connection, CArrowSchema* schema, out nint converted);

    [LibraryImport(Library, EntryPoint = "duckdb_data_chunk_from_arrow")]
    public static partial nint DataChunkFromArrow(
        ConnectionHandle connection, CArrowArray* array, ConvertedSchemaHandle schema, out nint chunk);

    [LibraryImport(Library, EntryPoint = "duckdb_destroy_arrow_converted_schema")]
    public static partial void DestroyConvertedSchema(ref nint converted);

    [LibraryImport(Library, EntryPoint = "duckdb_error_data_has_error")]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool ErrorDataHasError(nint error);

    [LibraryImport(Library, EntryPoint = "duckdb_error_data_error_type")]
    public static partial int ErrorDataType(nint error);

    [LibraryImport(Library, EntryPoint = "duckdb_error_data_message")]
    public static partial nint ErrorDataMessage(nint error);

    [LibraryImport(Library, EntryPoint = "duckdb_destroy_error_data")]
    public static partial void DestroyErrorData(ref nint error);

    // Appender.
    [LibraryImport(Library, EntryPoint = "duckdb_appender_create_ext", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CreateAppender(ConnectionHandle connection, string? catalog, string? schema, string table, out nint appender);

    [LibraryImport(Library, EntryPoint = "duckdb_append_data_chunk")]
    public static partial int AppendDataChunk(AppenderHandle appender, nint chunk);

    [LibraryImport(Library, EntryPoint = "duckdb_appender_flush")]
    public static partial int FlushAppender(AppenderHandle appender);

    [LibraryImport(Library, EntryPoint = "duckdb_appender_clear")]
    public static partial int ClearAppender(AppenderHandle appender);

    [LibraryImport(Library, EntryPoint = "duckdb_appender_error_data")]
    public static partial nint AppenderErrorData(AppenderHandle appender);

    [LibraryImport(Library, EntryPoint = "duckdb_appender_destroy")]
    public static partial int DestroyAppender(ref nint appender);
}
