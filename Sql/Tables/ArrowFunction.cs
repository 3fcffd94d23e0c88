using OrleansFlow.Engine.Functions;
using OrleansFlow.Errors;

namespace OrleansFlow.Sql.Tables;

/// <summary>
/// <c>read_arrow('folder/*.arrow')</c> for engines, which have no reader of Arrow IPC files of their own. Only the columns that a statement reads are decoded.
/// </summary>
public static class ArrowFunction
{
    /// <summary>Name of the function.</summary>
    public const string Name = "read_arrow";

    internal const string FirstBatch = "first_batch";
    internal const string BatchCount = "batch_count";
    private const string FilesParameter = "files";

    /// <summary>Endings of files that the function reads, for <see cref="Engine.EngineOptions.FileReaders"/>.</summary>
    public static IReadOnlyDictionary<string, string> FileReaders { get; } = TableSource.ArrowEndings.ToDictionary(ending => ending, _ => Name);

    /// <summary>Makes the function.</summary>
    /// <param name="mayRead">Whether a full path may be read; null: every one.</param>
    public static EngineFunction Create(Func<string, bool>? mayRead = null) => EngineFunction.Table(
        Name,
        [
            EngineParameter.At<string[]>(FilesParameter), EngineParameter.Named<bool>(TableReaders.HivePartitioning), EngineParameter.Named<string[]>(TableReaders.HiveTypes),
            EngineParameter.Named<long>(FirstBatch), EngineParameter.Named<long>(BatchCount),
        ],
        arguments => Bind(arguments, mayRead));

    /// <summary>Names and types of columns in paths, as an argument of the function.</summary>
    internal static TableOption Types(IEnumerable<TableColumn> columns) =>
        new(TableReaders.HiveTypes, $"[{string.Join(", ", columns.Select(column => Engine.EngineText.Literal($"{column.Name} {column.Type}")))}]");

    private static TableRows Bind(TableArguments arguments, Func<string, bool>? mayRead)
    {
        var files = Find(arguments.Get<string[]>(FilesParameter), mayRead);
        var columns = new ArrowColumns(files[0], ArrowFiles.ReadSchema(files[0]), Partitions(arguments, files));
        var (first, count) = (arguments.Get(FirstBatch, 0L), arguments.Get(BatchCount, long.MaxValue));
        if (first < 0 || count < 0)
        {
            throw new ArgumentException($"{FirstBatch} and {BatchCount} are at least 0, not {first} and {count}.");
        }

        IEnumerable<Arrow.RecordBatch> Read(IReadOnlyList<int> wanted) => files.SelectMany(file => columns.Read(file, wanted, first, count));
        return new TableRows(columns.Schema, _ => Read([.. Enumerable.Range(0, columns.Schema.Fields.Count)]).ToAsyncEnumerable())
        {
            OpenColumns = (wanted, _) => Read(wanted).ToAsyncEnumerable(),
        };
    }

    private static List<string> Find(string[] paths, Func<string, bool>? mayRead)
    {
        var files = new List<string>();
        foreach (var path in paths)
        {
            var full = Path.GetFullPath(path);
            if (mayRead?.Invoke(full) == false)
            {
                throw new FlowException(FlowErrorCode.BadInput, $"Permission Error: Cannot access file \"{path}\" - it is in none of the folders that may be read.");
            }

            var before = files.Count;
            files.AddRange(FileGlob.Expand(full, static file => TableSource.FormatOf(file) == TableFormat.Arrow));
            if (files.Count == before)
            {
                throw new FlowException(FlowErrorCode.DataFileMissing, $"No files found that match the pattern \"{path}\".");
            }
        }

        return files.Count > 0 ? files : throw new ArgumentException($"{Name} needs at least one file.");
    }

    /// <summary>Columns whose values stand in the paths: as they are said, or guessed from all files.</summary>
    private static IReadOnlyList<TableColumn> Partitions(TableArguments arguments, List<string> files)
    {
        if (arguments.Has(TableReaders.HiveTypes))
        {
            return
            [
                .. arguments.Get<string[]>(TableReaders.HiveTypes).Select(text => text.LastIndexOf(' ') is var at and > 0
                    ? new TableColumn(text[..at], text[(at + 1)..])
                    : throw new ArgumentException($"A column of the paths is written as 'name TYPE', not '{text}'.")),
            ];
        }

        var source = new TableSource { Format = TableFormat.Arrow, Paths = files };
        if (arguments.Has(TableReaders.HivePartitioning))
        {
            source = source.With(TableReaders.HivePartitioning, arguments.Get<bool>(TableReaders.HivePartitioning) ? "true" : "false");
        }

        return ArrowColumns.Guess(files, HiveReading.Find(source, [.. files.Select(file => new ListedFile(file, 0, default))]).Keys);
    }
}
