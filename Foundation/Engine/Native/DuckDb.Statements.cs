using System.Runtime.InteropServices;

namespace OrleansFlow.Engine.Native;

/// <content>What a statement is before it runs.</content>
internal static unsafe partial class DuckDb
{
    [LibraryImport(Library, EntryPoint = "duckdb_prepared_statement_type")]
    public static partial int StatementType(StatementHandle statement);

    [LibraryImport(Library, EntryPoint = "duckdb_prepared_statement_column_count")]
    public static partial ulong StatementColumnCount(StatementHandle statement);

    /// <summary>Name of a result column; free it with <see cref="Free"/>.</summary>
    [LibraryImport(Library, EntryPoint = "duckdb_prepared_statement_column_name")]
    public static partial nint StatementColumnName(StatementHandle statement, ulong index);

    [LibraryImport(Library, EntryPoint = "duckdb_prepared_statement_column_logical_type")]
    public static partial nint StatementColumnType(StatementHandle statement, ulong index);

    /// <summary>Name of a parameter, counted from 1; free it with <see cref="Free"/>.</summary>
    [LibraryImport(Library, EntryPoint = "duckdb_parameter_name")]
    public static partial nint ParameterName(StatementHandle statement, ulong index);

    [LibraryImport(Library, EntryPoint = "duckdb_param_logical_type")]
    public static partial nint ParameterType(StatementHandle statement, ulong index);
}
