using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Sql.Planning;

namespace OrleansFlow.Streaming.Connectors.Postgres;

/// <summary>Makes rows from the texts in which PostgreSQL gives values. Not thread-safe.</summary>
internal sealed class PostgresRows : IDisposable
{
    private readonly RecordBatchBuilder _rows;
    private readonly Cell[] _cells;
    private readonly string _table;

    // Places among the columns: of those of the table, and of what is known besides, with its key.
    private readonly int[] _places;
    private readonly (int Place, string Key)[] _metadata;
    private byte[] _bytes = [];

    /// <summary>Makes it.</summary>
    /// <param name="table">Whose rows, for messages.</param>
    /// <param name="schema">The columns, perhaps <see cref="ChangeRows.RetractField"/>, and the event time.</param>
    /// <param name="allocator">Where the memory comes from.</param>
    /// <param name="metadata">Columns that are none of the table; null for none. Not where rows change.</param>
    /// <exception cref="FlowException">A column has no such text (<see cref="FlowErrorCode.Unsupported"/>), or there is no such metadata (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public PostgresRows(string table, ArrowSchema schema, ArrowAllocator? allocator, IReadOnlyList<MetadataColumn>? metadata = null)
    {
        _table = table;
        GivesChanges = schema.TryIndexOf(ChangeRows.RetractColumn) >= 0;
        var count = schema.Fields.Count - (GivesChanges ? 2 : 1);
        _metadata = [.. (metadata ?? []).Select(column => (schema.TryIndexOf(column.Column), column.Key))];
        foreach (var (place, key) in _metadata)
        {
            PostgresOrigin.Check(table, key, place >= 0 && !GivesChanges ? schema.Fields[place].Type : ArrowType.Null);
        }

        _rows = new RecordBatchBuilder(schema, allocator);
        _places = [.. Enumerable.Range(0, count).Where(place => !_metadata.Any(one => one.Place == place))];
        Names = [.. _places.Select(place => schema.Fields[place].Name)];
        _cells = [.. _places.Select(place => Cell.Of(_rows.Column(place), schema.Fields[place].Name, JsonTimes.Unspecified))];
    }

    /// <summary>Whether rows say that they are taken back.</summary>
    public bool GivesChanges { get; }

    /// <summary>The columns of the table that are read.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Rows that it holds.</summary>
    public int HeldRowCount => _rows.RowCount;

    /// <summary>Adds a row.</summary>
    /// <param name="values">UTF-8, one for each of <see cref="Names"/>; null for null.</param>
    /// <param name="isRetract">Whether it is taken back.</param>
    /// <param name="timeMicros">Its event time.</param>
    /// <param name="origin">What is known of it besides.</param>
    /// <exception cref="FlowException">A value is none of its column (<see cref="FlowErrorCode.BadInput"/>).</exception>
    public void Add(IReadOnlyList<byte[]?> values, bool isRetract, long timeMicros, in PostgresOrigin origin = default)
    {
        for (var i = 0; i < _cells.Length; i++)
        {
            if (values[i] is not { } value)
            {
                _rows.Column(_places[i]).AppendNull();
            }
            else if (!_cells[i].TryAppend(TextOf(_rows.Column(_places[i]), value)))
            {
                throw new FlowException(
                    FlowErrorCode.BadInput, $"Column '{Names[i]}' of table {_table} holds '{Encoding.UTF8.GetString(value, 0, Math.Min(100, value.Length))}', which is no {_rows.Schema.Fields[_places[i]].Type.Name}. Declare the column as TEXT, and cast it in a query.");
            }
        }

        foreach (var (place, key) in _metadata)
        {
            origin.Append(_table, key, _rows.Column(place));
        }

        if (GivesChanges)
        {
            _rows.Column<BooleanBuilder>(_rows.Schema.Fields.Count - 2).Append(isRetract);
        }

        _rows.Column<TimestampBuilder>(_rows.Schema.Fields.Count - 1).Append(timeMicros);
    }

    /// <summary>The rows so far, which the caller owns.</summary>
    public RecordBatch Build() => _rows.Build();

    public void Dispose() => _rows.Dispose();

    /// <summary>PostgreSQL has forms of its own for truth values and bytes.</summary>
    private ReadOnlySpan<byte> TextOf(ArrowArrayBuilder column, byte[] value)
    {
        if (column is BooleanBuilder)
        {
            return value is [(byte)'t'] ? "true"u8 : value is [(byte)'f'] ? "false"u8 : value;
        }

        if (column is not BinaryBuilder || !value.AsSpan().StartsWith("\\x"u8))
        {
            return value;
        }

        _bytes = Encoding.ASCII.GetBytes(Convert.ToBase64String(Convert.FromHexString(Encoding.ASCII.GetString(value, 2, value.Length - 2))));
        return _bytes;
    }
}
