using System.Globalization;
using OrleansFlow.Engine;

namespace OrleansFlow.Sql.Tables;

/// <summary>Writes what the parts of a table read, each as one SELECT.</summary>
internal sealed class PartText
{
    private readonly TableDescription _table;
    private readonly IReadOnlyList<TableColumn> _columns;
    private readonly HashSet<string> _inFiles = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<IReadOnlyList<TableColumn>, string> _texts = new(ReferenceEqualityComparer.Instance);

    /// <param name="table">The table.</param>
    /// <param name="names">Columns that are read; none: all.</param>
    /// <exception cref="ArgumentException">The table has no such column.</exception>
    public PartText(TableDescription table, IReadOnlyList<string> names)
    {
        _table = table;
        _columns = names.Count == 0 ? table.Columns : [.. names.Select(name => Find(table.Columns, name) ?? throw Unknown(table, name))];
        IReadOnlyList<TableColumn>? last = null;
        foreach (var file in table.Files)
        {
            if (!ReferenceEquals(last, file.Columns))
            {
                last = file.Columns;
                _inFiles.UnionWith(last.Select(column => column.Name));
            }
        }
    }

    /// <summary>The SELECT of a part.</summary>
    public string Write(IReadOnlyList<FileRead> part)
    {
        if (part.Count == 0)
        {
            var nothing = _columns.Select(column => $"CAST(NULL AS {column.Type}) AS {EngineText.Quote(column.Name)}");
            return $"SELECT {string.Join(", ", nothing)} WHERE false";
        }

        // Whole files of like columns are one read; ranges of rows are reads of their own, because only then row groups are skipped.
        var texts = part.Where(read => read.FirstRow is null)
            .GroupBy(read => ColumnTexts(_table.Files[read.File]))
            .Select(group => $"SELECT {group.Key} FROM {Reader(group.Select(read => read.File))}")
            .Concat(part.Where(read => read.FirstRow is not null)
                .Select(read => $"SELECT {ColumnTexts(_table.Files[read.File])} FROM {Ranged(read)}"));
        return string.Join(" UNION ALL ", texts);
    }

    private string Ranged(FileRead read) => _table.Source!.Format switch
    {
        TableFormat.Parquet => $"{Reader([read.File])} WHERE {Range(read)}",
        TableFormat.Arrow => Reader([read.File], [new TableOption(ArrowFunction.FirstBatch, Number(read.FirstRow)), new TableOption(ArrowFunction.BatchCount, Number(read.RowCount))]),
        var format => FileSlices.Text(_table, _table.Files[read.File], TableReaders.FunctionOf(format), read.FirstRow!.Value, read.RowCount!.Value),
    };

    private static string Number(long? value) => string.Create(CultureInfo.InvariantCulture, $"{value}");

    private static string Range(FileRead read) => string.Create(
        CultureInfo.InvariantCulture, $"{TableReaders.FileRowNumber} >= {read.FirstRow} AND {TableReaders.FileRowNumber} < {read.EndRow}");

    private string Reader(IEnumerable<int> files, IEnumerable<TableOption>? more = null) =>
        $"{TableReaders.FunctionOf(_table.Source!.Format)}({FileLister.Literals(files.Select(file => _table.Files[file].Path))}{TableText.Arguments([.. _table.ReadOptions, .. more ?? []])})";

    private string ColumnTexts(TableFile file)
    {
        if (!_texts.TryGetValue(file.Columns, out var text))
        {
            _texts[file.Columns] = text = string.Join(", ", _columns.Select(column => ColumnText(file, column)));
        }

        return text;
    }

    private string ColumnText(TableFile file, TableColumn column)
    {
        var name = EngineText.Quote(column.Name);
        if (!_inFiles.Contains(column.Name) || _table.PartitionColumns.Contains(column.Name, StringComparer.OrdinalIgnoreCase))
        {
            return name;
        }

        // The part's files may be such that all lack the column, or have a narrower one than others.
        return Find(file.Columns, column.Name) is not { } own ? $"CAST(NULL AS {column.Type}) AS {name}"
            : own.Type == column.Type ? name
            : $"CAST({name} AS {column.Type}) AS {name}";
    }

    private static TableColumn? Find(IReadOnlyList<TableColumn> columns, string name)
    {
        foreach (var column in columns)
        {
            if (column.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return column;
            }
        }

        return null;
    }

    private static ArgumentException Unknown(TableDescription table, string name) =>
        new($"The table has no column '{name}'; it has {string.Join(", ", table.Columns.Select(column => column.Name))}.");
}
