using System.Buffers;
using System.Text.Json;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Sql.Planning;

namespace OrleansFlow.Streaming.Formats;

/// <summary>An envelope a record: <c>{"before": ..., "after": ..., "op": "c" | "u" | "d"}</c>.</summary>
/// <remarks>
/// Rows of a batch that have one key become one envelope: a row that is taken back and one that comes in its place are an update, two updates are one, and what comes and
/// goes within the batch leaves nothing. Without a key each row is an envelope of its own, c or d.
/// </remarks>
internal sealed class DebeziumRowEncoder : RowEncoder
{
    private static readonly JsonEncodedText Before = JsonEncodedText.Encode("before");
    private static readonly JsonEncodedText After = JsonEncodedText.Encode("after");
    private static readonly JsonEncodedText Op = JsonEncodedText.Encode("op");

    private readonly JsonValueWriter _values;
    private readonly JsonEncodedText[] _names;
    private readonly int[] _keys;
    private readonly bool _isMarked;
    private readonly Utf8JsonWriter _json = new(Stream.Null);
    private readonly ArrayBufferWriter<byte> _one = new();
    private readonly ArrayBufferWriter<byte> _other = new();
    private readonly List<Change> _changes = [];
    private readonly Dictionary<RowKey, int> _open = [];

    /// <summary>Makes one.</summary>
    /// <param name="schema">The rows; where the last column is <see cref="ChangeRows.RetractColumn"/>, it says which are taken back.</param>
    /// <param name="keys">Names of the columns that say which rows are one.</param>
    /// <param name="values">Writes values.</param>
    /// <exception cref="FlowException">A key is no column (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public DebeziumRowEncoder(ArrowSchema schema, IReadOnlyList<string> keys, JsonValueWriter values)
    {
        _values = values;
        _isMarked = schema.Fields.Count > 0 && schema.Fields[^1].Name == ChangeRows.RetractColumn;
        var count = schema.Fields.Count - (_isMarked ? 1 : 0);
        _names = [.. schema.Fields.Take(count).Select(field => JsonEncodedText.Encode(field.Name))];
        _keys = [.. keys.Select(name => Enumerable.Range(0, count).FirstOrDefault(place => string.Equals(schema.Fields[place].Name, name, StringComparison.OrdinalIgnoreCase), -1))];
        if (_keys.Contains(-1))
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The key ({string.Join(", ", keys)}) of a table of Debezium envelopes is not among its columns ({schema}).");
        }
    }

    public override int Begin(RecordBatch batch)
    {
        _changes.Clear();
        _open.Clear();
        var taken = _isMarked ? batch.Column<BooleanArray>(batch.ColumnCount - 1) : null;
        for (var row = 0; row < batch.RowCount; row++)
        {
            var isTaken = taken is not null && taken.GetBoolean(row);
            if (taken is null || _keys.Length == 0)
            {
                _changes.Add(isTaken ? new Change(row, -1) : new Change(-1, row));
            }
            else
            {
                Merge(batch, row, isTaken);
            }
        }

        _changes.RemoveAll(static change => change is { Before: < 0, After: < 0 });
        return _changes.Count;
    }

    public override void Encode(RecordBatch batch, int row, IBufferWriter<byte> target)
    {
        var (before, after) = _changes[row];
        _json.Reset(target);
        _json.WriteStartObject();
        WriteRow(Before, batch, before);
        WriteRow(After, batch, after);
        _json.WriteString(Op, before < 0 ? "c"u8 : after < 0 ? "d"u8 : "u"u8);
        _json.WriteEndObject();
        _json.Flush();
    }

    protected override void Dispose(bool disposing)
    {
        _json.Dispose();
        base.Dispose(disposing);
    }

    private void Merge(RecordBatch batch, int row, bool isTaken)
    {
        var key = KeyOf(batch, row);
        if (!_open.TryGetValue(key, out var place))
        {
            _open[key] = _changes.Count;
            _changes.Add(isTaken ? new Change(row, -1) : new Change(-1, row));
            return;
        }

        var change = _changes[place];
        if (isTaken && change.After >= 0 && AreEqual(batch, change.After, row))
        {
            _changes[place] = change with { After = -1 };
        }
        else if (isTaken && change.Before < 0)
        {
            _changes[place] = change with { Before = row };
        }
        else if (!isTaken && change.After < 0)
        {
            _changes[place] = change with { After = row };
        }
        else
        {
            // The key is not unique: no row of it is lost.
            _open[key] = _changes.Count;
            _changes.Add(isTaken ? new Change(row, -1) : new Change(-1, row));
        }
    }

    private RowKey KeyOf(RecordBatch batch, int row)
    {
        WriteValues(_one, batch, row, _keys);
        return new RowKey(_one.WrittenSpan.ToArray());
    }

    private bool AreEqual(RecordBatch batch, int one, int other)
    {
        WriteValues(_one, batch, one, null);
        WriteValues(_other, batch, other, null);
        return _one.WrittenSpan.SequenceEqual(_other.WrittenSpan);
    }

    private void WriteValues(ArrayBufferWriter<byte> target, RecordBatch batch, int row, int[]? columns)
    {
        target.ResetWrittenCount();
        _json.Reset(target);
        _json.WriteStartArray();
        for (var i = 0; i < (columns?.Length ?? _names.Length); i++)
        {
            _values.Write(_json, batch.Column(columns is null ? i : columns[i]), row);
        }

        _json.WriteEndArray();
        _json.Flush();
    }

    private void WriteRow(JsonEncodedText name, RecordBatch batch, int row)
    {
        if (row < 0)
        {
            _json.WriteNull(name);
            return;
        }

        _json.WriteStartObject(name);
        for (var column = 0; column < _names.Length; column++)
        {
            _json.WritePropertyName(_names[column]);
            _values.Write(_json, batch.Column(column), row);
        }

        _json.WriteEndObject();
    }

    /// <summary>A row before and after; -1 for none.</summary>
    private readonly record struct Change(int Before, int After);

    private readonly struct RowKey(byte[] bytes) : IEquatable<RowKey>
    {
        private readonly byte[] _bytes = bytes;

        public bool Equals(RowKey other) => _bytes.AsSpan().SequenceEqual(other._bytes);

        public override bool Equals(object? obj) => obj is RowKey other && Equals(other);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            hash.AddBytes(_bytes);
            return hash.ToHashCode();
        }
    }
}
