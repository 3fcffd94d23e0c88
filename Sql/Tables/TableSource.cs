using System.Text;
using System.Text.Json.Serialization;
using OrleansFlow.Errors;

namespace OrleansFlow.Sql.Tables;

/// <summary>Files that together are one table. It only names them: nothing is opened until the table is described.</summary>
public sealed record TableSource
{
    internal static readonly string[] ArrowEndings = [".arrow", ".arrows", ".feather", ".ipc"];

    /// <summary>How the files are written.</summary>
    public required TableFormat Format { get; init; }

    /// <summary>Files, folders (all files of the format below them) and globs (<c>*</c>, <c>**</c>, <c>?</c>, <c>[...]</c>); at least one.</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>Arguments for the engine's reader; see <see cref="TableReaders"/> for those that there are. None by default.</summary>
    public IReadOnlyList<TableOption> Options { get; init; } = [];

    /// <summary>The same text for the same files and options.</summary>
    [JsonIgnore]
    internal string Key
    {
        get
        {
            var text = new StringBuilder().Append((int)Format);
            foreach (var path in Paths)
            {
                text.Append('\0').Append(path);
            }

            foreach (var option in Options)
            {
                text.Append('\0').Append('\0').Append(option.Name).Append('\0').Append(option.Sql);
            }

            return text.ToString();
        }
    }

    /// <summary>A table over files whose endings say how they are written.</summary>
    /// <param name="paths">Files, folders or globs. A folder without an ending is taken for Parquet.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.Unsupported"/>: the ending is none of Parquet, CSV, JSON and Arrow IPC.</exception>
    public static TableSource Files(params IReadOnlyList<string> paths)
    {
        ThrowIfNone(paths);
        return FormatOf(paths[0]) is { } format
            ? new TableSource { Format = format, Paths = paths }
            : throw new FlowException(
                FlowErrorCode.Unsupported,
                $"The ending of '{paths[0]}' does not say how it is written; name it .parquet, .csv, .json or .arrow, or use TableSource.Parquet, Csv, Json or Arrow.");
    }

    /// <summary>A table over Parquet files.</summary>
    public static TableSource Parquet(params IReadOnlyList<string> paths) => Of(TableFormat.Parquet, paths);

    /// <summary>A table over CSV files.</summary>
    public static TableSource Csv(params IReadOnlyList<string> paths) => Of(TableFormat.Csv, paths);

    /// <summary>A table over JSON files.</summary>
    public static TableSource Json(params IReadOnlyList<string> paths) => Of(TableFormat.Json, paths);

    /// <summary>A table over Arrow IPC files, with a directory of their batches or as streams.</summary>
    public static TableSource Arrow(params IReadOnlyList<string> paths) => Of(TableFormat.Arrow, paths);

    /// <summary>How a path is written, by its ending; null when that does not say.</summary>
    public static TableFormat? FormatOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        foreach (var packed in (ReadOnlySpan<string>)[".gz", ".zst"])
        {
            if (path.EndsWith(packed, StringComparison.OrdinalIgnoreCase))
            {
                path = path[..^packed.Length];
                break;
            }
        }

        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".parquet" => TableFormat.Parquet,
            ".csv" or ".tsv" => TableFormat.Csv,
            ".json" or ".jsonl" or ".ndjson" => TableFormat.Json,
            ".arrow" or ".arrows" or ".feather" or ".ipc" => TableFormat.Arrow,
            "" when Directory.Exists(path) => TableFormat.Parquet,
            _ => null,
        };
    }

    /// <summary>The same files read with one more argument; it replaces one of that name.</summary>
    /// <param name="name">Name of the argument.</param>
    /// <param name="sql">Its value as a constant of SQL.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.Unsupported"/>: tables do not take that argument.</exception>
    public TableSource With(string name, string sql)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        TableReaders.ThrowIfUnknown(Format, name);
        var others = Options.Where(option => !option.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        return this with { Options = [.. others, new TableOption(name.ToLowerInvariant(), sql)] };
    }

    /// <summary>The files' columns are put together by name: one that a file lacks is NULL there, and types are widened to fit all.</summary>
    public TableSource UnionByName() => With(TableReaders.UnionByName, "true");

    internal string? Option(string name) => Options.FirstOrDefault(option => option.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Sql;

    internal bool Says(string name) => Option(name) is { } sql && TableReaders.IsTrue(sql);

    private static TableSource Of(TableFormat format, IReadOnlyList<string> paths)
    {
        ThrowIfNone(paths);
        return new TableSource { Format = format, Paths = paths };
    }

    private static void ThrowIfNone(IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        if (paths.Count == 0 || paths.Any(string.IsNullOrWhiteSpace))
        {
            throw new ArgumentException("A table needs at least one path, and none may be blank.", nameof(paths));
        }
    }
}
