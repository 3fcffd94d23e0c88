using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Sql.Planning;
using StackExchange.Redis;

namespace OrleansFlow.Streaming.Connectors.Redis;

/// <summary>The key, the fields and the value of each row. Not thread-safe.</summary>
internal sealed class RedisRows : IDisposable
{
    private static readonly RedisValue NoField = RedisValue.EmptyString;

    private readonly RedisSinkConfig _config;
    private readonly string _id;
    private readonly SinkRows _rows;
    private readonly RedisValue[] _names;
    private readonly int _keyColumn = -1;
    private readonly int _fieldColumn = -1;
    private readonly int _retractColumn;

    /// <summary>Makes it for the rows that come.</summary>
    /// <exception cref="FlowException">A column that it needs is not among them (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public RedisRows(RedisSinkConfig config, ArrowSchema input, string operatorId)
    {
        (_config, _id) = (config, operatorId);
        var rows = config.Rows?.Clone() ?? new RowSinkConfig();
        rows.Format ??= new FormatConfig { Kind = FormatKind.Json };
        rows.Format.Framing = rows.Format.Framing == FramingKind.Unspecified ? FramingKind.None : rows.Format.Framing;
        _rows = new SinkRows(rows, input);
        _names = [.. _rows.Schema.Fields.Select(field => (RedisValue)field.Name)];
        _keyColumn = ColumnOf(config.KeyColumn);
        _fieldColumn = ColumnOf(config.FieldColumn);
        _retractColumn = input.TryIndexOf(ChangeRows.RetractColumn);
    }

    public void Dispose() => _rows.Dispose();

    /// <summary>Whether the row is taken back.</summary>
    public bool IsRetract(RecordBatch batch, int row) => _retractColumn >= 0 && batch.Column<BooleanArray>(_retractColumn).GetNullable(row) == true;

    /// <summary>The key of a row.</summary>
    /// <exception cref="FlowException">It has none (<see cref="FlowErrorCode.BadInput"/>).</exception>
    public string KeyOf(RecordBatch batch, int row) => _keyColumn < 0 ? _config.KeyPrefix : _config.KeyPrefix + TextOf(batch, _keyColumn, row, "key");

    /// <summary>The field that is one with the row; empty where each column is a field.</summary>
    public RedisValue FieldOf(RecordBatch batch, int row) => _fieldColumn < 0 ? NoField : TextOf(batch, _fieldColumn, row, "field");

    /// <summary>The row as its format says.</summary>
    public byte[] ValueOf(RecordBatch batch, int row)
    {
        using var one = batch.Slice(row, 1);
        return _rows.Write(one).ToArray();
    }

    /// <summary>Each column as a field; null where it holds none.</summary>
    public HashEntry[] FieldsOf(RecordBatch batch, int row)
    {
        var fields = new HashEntry[_names.Length];
        for (var column = 0; column < fields.Length; column++)
        {
            fields[column] = new HashEntry(_names[column], batch.Column(column).IsNull(row) ? RedisValue.Null : ArrowFormatter.FormatValue(batch.Column(column), row));
        }

        return fields;
    }

    private string TextOf(RecordBatch batch, int column, int row, string what) => batch.Column(column).IsNull(row)
        ? throw new FlowException(FlowErrorCode.BadInput, $"Sink '{_id}': column '{_names[column]}', the {what} in Redis, is null in a row. Leave such rows out: WHERE {_names[column]} IS NOT NULL.")
        : ArrowFormatter.FormatValue(batch.Column(column), row);

    private int ColumnOf(string name) => name.Length == 0 ? -1
        : _rows.Schema.TryIndexOf(name) is var place and >= 0 ? place
        : throw new FlowException(FlowErrorCode.BadGraph, $"The sink '{_id}' needs column '{name}'; its rows are ({_rows.Schema}).");
}
