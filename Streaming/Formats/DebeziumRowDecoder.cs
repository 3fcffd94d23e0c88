using System.Text.Json;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Sql.Planning;

namespace OrleansFlow.Streaming.Formats;

/// <summary>
/// An envelope a record: c and r are a row that comes, d one that is taken back, u both. The envelope may be the <c>payload</c> of an object. A record of white space, a null, or a payload of
/// null, which says that a key is gone for good, is none.
/// </summary>
internal sealed class DebeziumRowDecoder : RowDecoder
{
    private readonly JsonFields _fields;
    private readonly BooleanBuilder _taken;

    /// <summary>Makes one.</summary>
    /// <param name="schema">The rows; the last column is <see cref="ChangeRows.RetractColumn"/>.</param>
    /// <param name="times">See <see cref="FormatConfig.JsonTimes"/>.</param>
    /// <param name="allocator">Where the memory comes from; null for the default.</param>
    /// <exception cref="FlowException">The last column is another one (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public DebeziumRowDecoder(ArrowSchema schema, JsonTimes times, ArrowAllocator? allocator)
        : base(schema, allocator)
    {
        var last = schema.Fields.Count - 1;
        if (last < 1 || schema.Fields[last].Name != ChangeRows.RetractColumn || Rows.Column(last) is not BooleanBuilder taken)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"Rows of Debezium envelopes end with a column '{ChangeRows.RetractColumn}' of bools; these are ({schema}).");
        }

        _taken = taken;
        _fields = new JsonFields([.. schema.Fields.Take(last).Select((field, place) => (field.Name, JsonColumn.Of(Rows.Column(place), field.Name, times)))]);
    }

    protected override int RecordRowsMax => 2;

    protected override void Decode(ReadOnlySpan<byte> record)
    {
        if (record.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return;
        }

        var json = new Utf8JsonReader(record);
        json.Read();
        if (json.TokenType == JsonTokenType.Null)
        {
            return;
        }

        var envelope = new Envelope();
        ReadEnvelope(ref json, ref envelope, isPayload: false);

        // Throws when something follows.
        json.Read();
        if (envelope is { IsGone: true, Op: '\0' })
        {
            return;
        }

        switch (envelope.Op)
        {
            case 'c' or 'r':
                Add(record, envelope.After, "after", envelope.Op, isTaken: false);
                break;
            case 'u':
                Add(record, envelope.Before, "before", envelope.Op, isTaken: true);
                Add(record, envelope.After, "after", envelope.Op, isTaken: false);
                break;
            case 'd':
                Add(record, envelope.Before, "before", envelope.Op, isTaken: true);
                break;
            default:
                throw new BadRecordException("its field 'op' is none of c, r, u and d");
        }
    }

    private static void ReadEnvelope(ref Utf8JsonReader json, ref Envelope envelope, bool isPayload)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw new BadRecordException("it is no JSON object");
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var (isBefore, isAfter, isOp) = (json.ValueTextEquals("before"u8), json.ValueTextEquals("after"u8), json.ValueTextEquals("op"u8));
            var isInner = !isPayload && json.ValueTextEquals("payload"u8);
            json.Read();
            if (isInner && json.TokenType == JsonTokenType.StartObject)
            {
                ReadEnvelope(ref json, ref envelope, isPayload: true);
                continue;
            }

            envelope.IsGone |= isInner && json.TokenType == JsonTokenType.Null;
            var start = json.TokenType == JsonTokenType.StartObject ? (int)json.TokenStartIndex : -1;
            envelope.Op = isOp && json is { TokenType: JsonTokenType.String, ValueSpan.Length: 1 } ? (char)json.ValueSpan[0] : envelope.Op;
            json.Skip();
            var range = (start, (int)json.BytesConsumed);
            envelope.Before = isBefore ? range : envelope.Before;
            envelope.After = isAfter ? range : envelope.After;
        }
    }

    private void Add(ReadOnlySpan<byte> record, (int Start, int End)? range, string name, char op, bool isTaken)
    {
        if (range is not (>= 0 and var start, var end))
        {
            throw new BadRecordException(
                $"it is of op '{op}' and has no row '{name}'{(isTaken ? "; let the database write the whole row that was (in PostgreSQL REPLICA IDENTITY FULL)" : "")}");
        }

        var row = record[start..end];
        var json = new Utf8JsonReader(row);
        json.Read();
        _fields.Read(ref json, row, _taken.Length);
        _taken.Append(isTaken);
    }

    private ref struct Envelope
    {
        public char Op;

        /// <summary>Its payload is null.</summary>
        public bool IsGone;
        public (int Start, int End)? Before;
        public (int Start, int End)? After;
    }
}
