using OrleansFlow.Errors;

namespace OrleansFlow.Sql.Tables;

/// <summary>The engine's readers of files and the arguments that a table may give them: those that mean the same for a part as for the whole.</summary>
public static class TableReaders
{
    internal const string UnionByName = "union_by_name";
    internal const string HivePartitioning = "hive_partitioning";
    internal const string HiveTypes = "hive_types";
    internal const string HiveTypesAutocast = "hive_types_autocast";
    internal const string FileName = "filename";
    internal const string FileRowNumber = "file_row_number";
    internal const string Columns = "columns";

    private static readonly string[] Shared = [UnionByName, HivePartitioning, HiveTypes, HiveTypesAutocast, FileName];
    private static readonly HashSet<string> OfParquet = new([.. Shared, FileRowNumber], StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> OfCsv = new(
        [
            .. Shared, "all_varchar", "allow_quoted_nulls", "auto_detect", "auto_type_candidates", Columns, "column_types", "comment", "compression",
            "dateformat", "decimal_separator", "delim", "delimiter", "dtypes", "encoding", "escape", "files_to_sniff", "force_not_null", "header",
            "ignore_errors", "max_line_size", "maximum_line_size", "names", "new_line", "normalize_names", "null_padding", "nullstr", "quote", "sample_size",
            "sep", "skip", "strict_mode", "thousands", "timestampformat", "types",
        ],
        StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> OfJson = new(
        [
            .. Shared, "auto_detect", Columns, "compression", "convert_strings_to_integers", "dateformat", "field_appearance_threshold", "format",
            "ignore_errors", "map_inference_threshold", "maximum_depth", "maximum_object_size", "maximum_sample_files", "records", "sample_size",
            "timestampformat",
        ],
        StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> OfArrow = new([HivePartitioning], StringComparer.OrdinalIgnoreCase);

    /// <summary>Names of the arguments that a table of a format takes.</summary>
    public static IReadOnlySet<string> OptionsOf(TableFormat format) => format switch
    {
        TableFormat.Parquet => OfParquet,
        TableFormat.Csv => OfCsv,
        TableFormat.Json => OfJson,
        TableFormat.Arrow => OfArrow,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "The format is none of Parquet, Csv, Json and Arrow."),
    };

    /// <summary>Name of the table function that reads a format.</summary>
    public static string FunctionOf(TableFormat format) => format switch
    {
        TableFormat.Parquet => "read_parquet",
        TableFormat.Csv => "read_csv",
        TableFormat.Json => "read_json",
        TableFormat.Arrow => ArrowFunction.Name,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "The format is none of Parquet, Csv, Json and Arrow."),
    };

    /// <summary>Whether a table function reads files as tables do.</summary>
    /// <param name="function">Its name; not case-sensitive.</param>
    public static bool Reads(string function) => Of(function) is not null;

    /// <summary>The format that a table function reads, and what its name alone asks for; null for functions that read no files, or not as a table.</summary>
    internal static (TableFormat Format, IReadOnlyList<TableOption> Options)? Of(string function) => function.ToLowerInvariant() switch
    {
        "read_parquet" or "parquet_scan" => (TableFormat.Parquet, []),
        "read_csv" or "read_csv_auto" => (TableFormat.Csv, []),
        ArrowFunction.Name => (TableFormat.Arrow, []),
        "read_json" or "read_json_auto" => (TableFormat.Json, []),
        "read_ndjson" or "read_ndjson_auto" => (TableFormat.Json, [new TableOption("format", "'newline_delimited'")]),
        _ => null,
    };

    internal static bool IsTrue(string sql) => sql.Trim().ToLowerInvariant() is "true" or "1" or "'true'" or "'t'" or "cast('t' as boolean)" or "cast('true' as boolean)";

    internal static void ThrowIfUnknown(TableFormat format, string option)
    {
        if (!OptionsOf(format).Contains(option))
        {
            throw new FlowException(
                FlowErrorCode.Unsupported,
                $"Tables over {format} files do not take the argument '{option}'; they take {string.Join(", ", OptionsOf(format).Order(StringComparer.Ordinal))}.");
        }
    }
}
