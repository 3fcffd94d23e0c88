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
    private byte[] _bytes = [];

    /// <summary>Makes it.</summary>
    /// <param name="table">Whose rows, for messages.</param>
    /// <param name="schema">The columns, perhaps <see cref="ChangeRows.RetractField"/>, and the event time.</param>
    /// <param name="allocator">Where the memory comes from.</param>
    /// <exception cref="FlowException">A column has no such text (<see cref="FlowErrorCode.Unsupported"/>).</exception>
    public PostgresRows(string table, ArrowSchema schema, ArrowAllocator? allocator)
    {
        _table = table;
        GivesChanges = schema.TryIndexOf(ChangeRows.RetractColumn) >= 0;
        var count = schema.Fields.Count - (GivesChanges ? 2 : 1);
        _rows = new RecordBatchBuilder(schema, allocator);
        Names = [.. schema.Fields.Take(count).Select(field => field.Name)];
        _cells = [.. Names.Select((name, place) => Cell.Of(_rows.Column(place), name, JsonTimes.Unspecified))];
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
    /// <exception cref="FlowException">A value is none of its column (<see cref="FlowErrorCode.BadInput"/>).</exception>
    public void Add(IReadOnlyList<byte[]?> values, bool isRetract, long timeMicros)
    {
        for (var i = 0; i < _cells.Length; i++)
        {
            if (values[i] is not { } value)
            {
                _rows.Column(i).AppendNull();
            }
            else if (!_cells[i].TryAppend(TextOf(_rows.Column(i), value)))
            {
                throw new FlowException(
                    FlowErrorCode.BadInput, $"Column '{Names[i]}' of table {_table} holds '{Encoding.UTF8.GetString(value, 0, Math.Min(100, value.Length))}', which is no {_rows.Schema.Fields[i].Type.Name}. Declare the column as TEXT, and cast it in a query.");
            }
        }

        if (GivesChanges)
        {
            _rows.Column<BooleanBuilder>(_cells.Length).Append(isRetract);
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
