using System.Globalization;
using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Connectors.Files;

/// <summary>Divides rows over the folders of a sink: by values of columns (<c>name=value</c>), and by the event time. Not thread-safe.</summary>
internal sealed class SinkPartitions
{
    private const string NullValue = "__HIVE_DEFAULT_PARTITION__";

    private readonly string _timeFormat;
    private readonly int _time = -1;
    private readonly (string Name, int Column)[] _fields;
    private readonly int[] _written;
    private readonly StringBuilder _text = new();
    private readonly Dictionary<string, List<int>> _rows = new(StringComparer.Ordinal);

    /// <summary>Makes it for rows that come.</summary>
    /// <exception cref="FlowException">A column is missing (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public SinkPartitions(FilesystemSinkConfig config, ArrowSchema input)
    {
        _timeFormat = config.PartitionTimeFormat;
        var (schema, columns) = SinkRows.Choose(input, config.Rows);
        _fields = [.. config.PartitionFields.Select(name => (name, schema.TryIndexOf(name) is var place and >= 0 ? columns[place] : throw new FlowException(FlowErrorCode.BadGraph, $"The sink has no column '{name}' to divide its rows by; it has ({schema}).")))];
        _written = [.. columns.Where(column => _fields.All(field => field.Column != column))];
        if (_timeFormat.Length > 0)
        {
            _time = EventTime.IndexIn(input, "filesystem_sink");
        }

        Schema = new ArrowSchema([.. schema.Fields.Where((_, place) => _written.Contains(columns[place]))]);
    }

    /// <summary>The columns that are written into the files.</summary>
    public ArrowSchema Schema { get; }

    /// <summary>The parts of a batch, each with its folder: empty for none, else with a slash at its end.</summary>
    /// <param name="batch">Stays the caller's; the parts are disposed by whoever takes them.</param>
    public IEnumerable<(string Folder, RecordBatch Rows)> Divide(RecordBatch batch)
    {
        using var written = batch.Select(_written);
        if (_fields.Length == 0 && _time < 0)
        {
            yield return ("", Named(written));
            yield break;
        }

        foreach (var places in _rows.Values)
        {
            places.Clear();
        }

        for (var row = 0; row < batch.RowCount; row++)
        {
            var folder = FolderOf(batch, row);
            if (!_rows.TryGetValue(folder, out var places))
            {
                _rows[folder] = places = [];
            }

            places.Add(row);
        }

        foreach (var (folder, places) in _rows)
        {
            if (places.Count > 0)
            {
                using var taken = ArrowTake.Take(written, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(places));
                yield return (folder, Named(taken));
            }
        }

        if (_rows.Count > FilesystemSink.OpenFilesMax)
        {
            _rows.Clear();
        }
    }

    private RecordBatch Named(RecordBatch rows) => new(Schema, [.. rows.Columns.Select(column => column.Retain())], rows.RowCount);

    private string FolderOf(RecordBatch batch, int row)
    {
        _text.Clear();
        foreach (var (name, column) in _fields)
        {
            var value = batch.Column(column).IsNull(row) ? NullValue : ArrowFormatter.FormatValue(batch.Column(column), row);
            _text.Append(ObjectName.Escape(name)).Append('=').Append(value.Length == 0 ? NullValue : value == NullValue ? NullValue : ObjectName.Escape(value)).Append('/');
        }

        if (_time >= 0)
        {
            var micros = batch.Column<TimestampArray>(_time).Values[row];
            _text.Append(DateTimeOffset.UnixEpoch.AddTicks(micros * 10).ToString(_timeFormat, CultureInfo.InvariantCulture)).Append('/');
        }

        return _text.ToString();
    }
}
