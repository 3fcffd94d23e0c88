using System.Buffers;
using System.Buffers.Binary;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Planning;

namespace OrleansFlow.Streaming.Formats;

/// <summary>Rows that come to a sink as records in a row: the columns of its table, by the table's names and without the event time that is carried behind them.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class SinkRows : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly RowEncoder _encoder;
    private readonly int[] _columns;
    private readonly FramingKind _framing;

    /// <summary>Makes it for a sink.</summary>
    /// <param name="config">Which columns, and how; null for all, as JSON.</param>
    /// <param name="input">The rows that come.</param>
    /// <exception cref="FlowException">Fewer columns come (<see cref="FlowErrorCode.BadGraph"/>), or the format does not hold them (<see cref="FlowErrorCode.Unsupported"/>).</exception>
    public SinkRows(RowSinkConfig? config, ArrowSchema input)
    {
        var format = config?.Format ?? new FormatConfig { Kind = FormatKind.Json };
        (Schema, _columns) = Choose(input, config);
        _encoder = RowFormats.Encoder(format, Schema);
        _framing = format.Framing == FramingKind.Unspecified && RowFormats.IsBinary(format.Kind) ? FramingKind.Length : format.Framing;
    }

    /// <summary>The columns that are written.</summary>
    public ArrowSchema Schema { get; }

    /// <summary>The columns of a table of those that come to its sink; for Debezium also the one that says whether a row is taken back.</summary>
    /// <param name="input">The rows that come.</param>
    /// <param name="config">Which columns, and how; null for all, as JSON.</param>
    public static (ArrowSchema Schema, int[] Columns) Choose(ArrowSchema input, RowSinkConfig? config)
    {
        ArgumentNullException.ThrowIfNull(input);
        config ??= new RowSinkConfig();
        var names = config.Columns;
        if (names.Count > input.Fields.Count)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"A sink of {names.Count} columns ({string.Join(", ", names)}) gets ({input}).");
        }

        var columns = names.Count > 0
            ? [.. Enumerable.Range(0, names.Count), .. MarkOf(input, config, names.Count)]
            : Enumerable.Range(0, input.Fields.Count).Where(place => input.Fields[place].Name != EventTime.Column || input.Fields.Count == 1).ToArray();
        return (new ArrowSchema([.. columns.Select((place, i) => new ArrowField(i < names.Count ? names[i] : input.Fields[place].Name, input.Fields[place].Type, input.Fields[place].IsNullable))]), columns);
    }

    /// <summary>What stands at the start of a file.</summary>
    /// <returns>Bytes, until the next call.</returns>
    public ReadOnlyMemory<byte> Head()
    {
        _buffer.ResetWrittenCount();
        _encoder.EncodeHead(_buffer);
        return _buffer.WrittenMemory;
    }

    /// <summary>Writes a batch as framed records.</summary>
    /// <returns>Bytes, until the next call.</returns>
    public ReadOnlyMemory<byte> Write(RecordBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        _buffer.ResetWrittenCount();
        using var rows = batch.Select(_columns);
        var count = _encoder.Begin(rows);
        if (_framing == FramingKind.JsonArray)
        {
            WriteArray(rows, count);
            return _buffer.WrittenMemory;
        }

        for (var row = 0; row < count; row++)
        {
            var start = _buffer.WrittenCount;
            if (_framing == FramingKind.Length)
            {
                _buffer.GetSpan(sizeof(uint));
                _buffer.Advance(sizeof(uint));
                _encoder.Encode(rows, row, _buffer);
                var record = System.Runtime.InteropServices.MemoryMarshal.AsMemory(_buffer.WrittenMemory)[start..];
                BinaryPrimitives.WriteUInt32BigEndian(record.Span, (uint)(record.Length - sizeof(uint)));
                continue;
            }

            _encoder.Encode(rows, row, _buffer);
            if (_framing != FramingKind.None)
            {
                _buffer.GetSpan(1)[0] = (byte)'\n';
                _buffer.Advance(1);
            }
        }

        return _buffer.WrittenMemory;
    }

    /// <inheritdoc/>
    public void Dispose() => _encoder.Dispose();

    private static IEnumerable<int> MarkOf(ArrowSchema input, RowSinkConfig config, int behind) =>
        config.Format?.Kind == FormatKind.DebeziumJson && input.TryIndexOf(ChangeRows.RetractColumn) is var place && place >= behind ? [place] : [];

    private void WriteArray(RecordBatch rows, int count)
    {
        _buffer.Write("["u8);
        for (var row = 0; row < count; row++)
        {
            _buffer.Write(row > 0 ? ","u8 : default);
            _encoder.Encode(rows, row, _buffer);
        }

        _buffer.Write("]"u8);
    }
}
