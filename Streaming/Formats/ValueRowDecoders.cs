using System.Text.Json;
using System.Text.Unicode;
using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Formats;

/// <summary>A JSON value a record, as it is, in the one column of text.</summary>
internal sealed class JsonValueRowDecoder(ArrowSchema schema, ArrowAllocator? allocator) : RowDecoder(schema, allocator)
{
    protected override void Decode(ReadOnlySpan<byte> record)
    {
        var value = record.Trim(" \t\r\n"u8);
        if (value.IsEmpty)
        {
            return;
        }

        var json = new Utf8JsonReader(value);
        while (json.Read())
        {
            // Only whether it can be read.
        }

        // The reader does not look into texts.
        if (!Utf8.IsValid(value))
        {
            throw new BadRecordException("it is no UTF-8");
        }

        Rows.Column<Utf8Builder>(0).Append(value);
    }
}

/// <summary>A text a record, in the one column.</summary>
internal sealed class TextRowDecoder(ArrowSchema schema, ArrowAllocator? allocator) : RowDecoder(schema, allocator)
{
    protected override void Decode(ReadOnlySpan<byte> record)
    {
        if (!Utf8.IsValid(record))
        {
            throw new BadRecordException("it is no UTF-8");
        }

        Rows.Column<Utf8Builder>(0).Append(record);
    }
}

/// <summary>The bytes of a record, in the one column.</summary>
internal sealed class BytesRowDecoder(ArrowSchema schema, ArrowAllocator? allocator) : RowDecoder(schema, allocator)
{
    protected override void Decode(ReadOnlySpan<byte> record) => Rows.Column<BinaryBuilder>(0).Append(record);
}
