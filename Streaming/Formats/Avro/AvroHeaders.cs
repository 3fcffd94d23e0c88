using System.Buffers;
using System.Buffers.Binary;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;

namespace OrleansFlow.Streaming.Formats.Avro;

/// <summary>What stands before a value and says by which schema it was written: nothing; a zero byte and the four bytes of the number that a registry gave it; or two marker bytes and its fingerprint.</summary>
internal sealed class AvroHeaders
{
    private readonly byte[] _bytes;
    private readonly AvroHeader _kind;

    public AvroHeaders(FormatConfig format, AvroType schema)
    {
        _kind = format.AvroHeader;
        switch (_kind)
        {
            case AvroHeader.Confluent:
                _bytes = new byte[1 + sizeof(uint)];
                BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(1), format.AvroSchemaId);
                break;
            case AvroHeader.SingleObject:
                _bytes = new byte[2 + sizeof(ulong)];
                (_bytes[0], _bytes[1]) = (0xC3, 0x01);
                BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(2), AvroFingerprint.Of(schema));
                break;
            default:
                _bytes = [];
                break;
        }
    }

    /// <summary>Sees whether a record was written by the schema.</summary>
    /// <returns>Bytes before the value.</returns>
    /// <exception cref="BadRecordException">It was not.</exception>
    public int Check(ReadOnlySpan<byte> record) => record.StartsWith(_bytes) ? _bytes.Length : throw Other(record);

    /// <summary>Writes it.</summary>
    public void Write(IBufferWriter<byte> target) => target.Write(_bytes);

    /// <summary>Sees that a table has the one column of a schema that is no record.</summary>
    public static void RequireOne(ArrowSchema schema, AvroType type, bool isUnstructured)
    {
        if (schema.Fields.Count != 1 || (isUnstructured && !schema.Fields[0].Type.Equals(ArrowType.Utf8)))
        {
            throw new FlowException(
                FlowErrorCode.BadGraph,
                isUnstructured
                    ? $"A table of avro.unstructured has one column of type {ArrowType.Utf8.Name}, not ({schema})."
                    : $"A table of the Avro type {type.Shown}, which is no record, has one column, not ({schema}).");
        }
    }

    private BadRecordException Other(ReadOnlySpan<byte> record)
    {
        var (marker, rest) = _kind == AvroHeader.Confluent ? (1, "a zero byte and the number of its schema") : (2, "the bytes C3 01 and the fingerprint of its schema");
        if (record.Length < _bytes.Length || !record[..marker].SequenceEqual(_bytes.AsSpan(0, marker)))
        {
            return new BadRecordException($"it does not begin with {rest}, as avro.header asks for");
        }

        var (found, own) = _kind == AvroHeader.Confluent
            ? (BinaryPrimitives.ReadUInt32BigEndian(record[1..]).ToString(System.Globalization.CultureInfo.InvariantCulture), BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(1)).ToString(System.Globalization.CultureInfo.InvariantCulture))
            : (Convert.ToHexString(record[2..10]), Convert.ToHexString(_bytes.AsSpan(2)));
        return new BadRecordException($"it was written by the schema {found}, and avro.schema is {own}");
    }
}
