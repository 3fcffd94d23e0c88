using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Sql.Tables;

/// <summary>
/// The columns of Arrow files that are read as one: those inside of the files, and those whose values stand in their paths, which the engine's own readers find
/// themselves. Immutable.
/// </summary>
internal sealed class ArrowColumns
{
    private const string WholeNumber = "BIGINT";
    private const string Date = "DATE";
    private const string Text = "VARCHAR";

    private readonly string _firstPath;
    private readonly ArrowSchema _inFiles;
    private readonly IReadOnlyList<string> _keys;
    private readonly IReadOnlyList<string> _types;

    // Of each column its place in the files, or the complement of its place among the keys.
    private readonly List<int> _origins;

    /// <summary>Puts them together.</summary>
    /// <param name="firstPath">The file that says what is inside of all files.</param>
    /// <param name="inFiles">Its columns.</param>
    /// <param name="partitions">Names and types of the columns of the paths. One that is inside of the files too is taken from the paths.</param>
    public ArrowColumns(string firstPath, ArrowSchema inFiles, IReadOnlyList<TableColumn> partitions)
    {
        (_firstPath, _inFiles) = (firstPath, inFiles);
        _keys = [.. partitions.Select(column => column.Name)];
        _types = [.. partitions.Select(column => column.Type)];
        var fields = new List<ArrowField>(inFiles.Fields);
        _origins = [.. Enumerable.Range(0, fields.Count)];
        for (var key = 0; key < partitions.Count; key++)
        {
            var field = new ArrowField(partitions[key].Name, TypeOf(partitions[key].Type), true);
            var place = fields.FindIndex(inside => inside.Name.Equals(field.Name, StringComparison.OrdinalIgnoreCase));
            if (place < 0)
            {
                fields.Add(field);
                _origins.Add(~key);
            }
            else
            {
                (fields[place], _origins[place]) = (field, ~key);
            }
        }

        Schema = new ArrowSchema(fields);
    }

    /// <summary>All of them.</summary>
    public ArrowSchema Schema { get; }

    /// <summary>The types of the columns that stand in paths: a whole number or a day where all files have such, else a text.</summary>
    /// <param name="paths">All files.</param>
    /// <param name="keys">Names of the columns.</param>
    public static IReadOnlyList<TableColumn> Guess(IReadOnlyList<string> paths, IReadOnlyList<string> keys)
    {
        var types = new string?[keys.Count];
        foreach (var path in paths)
        {
            var values = HivePath.Values(path, keys);
            for (var key = 0; key < types.Length; key++)
            {
                if (values[key] is { } value)
                {
                    var type = TryParse(WholeNumber, value) is not null ? WholeNumber : TryParse(Date, value) is not null ? Date : Text;
                    types[key] = (types[key] ?? type) == type ? type : Text;
                }
            }
        }

        return [.. keys.Select((key, index) => new TableColumn(key, types[index] ?? Text))];
    }

    /// <summary>Reads some columns of a file, batch by batch; the caller disposes each.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">Places in <see cref="Schema"/>, each once; the batches have these columns in this order.</param>
    /// <param name="firstBatch">The first batch, from 0.</param>
    /// <param name="batchCount">How many at most.</param>
    /// <exception cref="FlowException">
    /// <see cref="FlowErrorCode.DataFileMissing"/>: the file is gone or torn. <see cref="FlowErrorCode.BadInput"/>: it has other columns than the first one.
    /// </exception>
    public IEnumerable<RecordBatch> Read(string path, IReadOnlyList<int> columns, long firstBatch, long batchCount)
    {
        int[] inFile = [.. columns.Select(column => _origins[column]).Where(origin => origin >= 0)];
        var batches = ArrowFiles.Read(path, schema => ThrowIfUnlike(_firstPath, _inFiles, path, schema), inFile, firstBatch, batchCount);
        return inFile.Length == columns.Count ? batches : Widen(batches, path, columns);
    }

    /// <summary>Refuses files whose columns are not the first one's.</summary>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.BadInput"/>; both files are named.</exception>
    public static void ThrowIfUnlike(string firstPath, ArrowSchema first, string path, ArrowSchema schema)
    {
        if (ReferenceEquals(first, schema))
        {
            return;
        }

        var isLike = first.Fields.Count == schema.Fields.Count
            && first.Fields.Zip(schema.Fields).All(pair => pair.First.Name == pair.Second.Name && pair.First.Type.Equals(pair.Second.Type));
        if (!isLike)
        {
            throw new FlowException(
                FlowErrorCode.BadInput, $"Arrow files of one table have the same columns (schema mismatch): '{firstPath}' has ({first}), '{path}' has ({schema}); leave one out.");
        }
    }

    private IEnumerable<RecordBatch> Widen(IEnumerable<RecordBatch> batches, string path, IReadOnlyList<int> columns)
    {
        var schema = new ArrowSchema([.. columns.Select(column => Schema.Fields[column])]);
        var constants = Constants(path);
        foreach (var batch in batches)
        {
            using (batch)
            {
                var arrays = new ArrowArray[columns.Count];
                var taken = 0;
                for (var index = 0; index < arrays.Length; index++)
                {
                    arrays[index] = _origins[columns[index]] is var origin && origin >= 0
                        ? batch.Column(taken++).Retain()
                        : Repeat(schema.Fields[index].Type, constants[~origin], batch.RowCount);
                }

                yield return new RecordBatch(schema, arrays, batch.RowCount);
            }
        }
    }

    private object?[] Constants(string path)
    {
        var values = new object?[_keys.Count];
        var texts = HivePath.Values(path, _keys);
        for (var key = 0; key < values.Length; key++)
        {
            var type = _types[key];
            values[key] = texts[key] is not { } text ? null
                : TryParse(type, text) ?? throw new FlowException(
                    FlowErrorCode.BadInput, $"'{_keys[key]}' is {type} in the other paths, and '{text}' in '{path}' is none; leave that file out.");
        }

        return values;
    }

    private static ArrowArray Repeat(ArrowType type, object? value, int count)
    {
        using var builder = ArrowArrayBuilder.Create(type);
        for (var row = 0; row < count; row++)
        {
            builder.AppendObject(value);
        }

        return builder.Build();
    }

    private static object? TryParse(string type, string text)
    {
        var plain = Uri.UnescapeDataString(text);
        return type switch
        {
            WholeNumber => long.TryParse(plain, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null,
            Date => DateOnly.TryParseExact(plain, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null,
            _ => plain,
        };
    }

    private static ArrowType TypeOf(string type) => type switch
    {
        WholeNumber => ArrowType.Int64,
        Date => ArrowType.Date32,
        Text => ArrowType.Utf8,
        _ => throw new ArgumentException($"Columns of paths are {WholeNumber}, {Date} or {Text}, not {type}."),
    };
}
