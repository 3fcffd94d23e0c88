using System.Buffers;
using System.Text;
using System.Text.Json;

namespace OrleansFlow.Streaming.Formats.Avro;

/// <summary>What a field is where a writer has nothing for it.</summary>
internal static class AvroDefaults
{
    /// <summary>The default of a field in the binary encoding, a null where the schema has no default but takes it.</summary>
    /// <returns>Null when there is none, or it does not fit.</returns>
    public static byte[]? Of(AvroField field)
    {
        if (field.Default is { } value)
        {
            return Encode(field.Type, value);
        }

        using var none = JsonDocument.Parse("null");
        return field.Type.TakesNull ? Encode(field.Type, none.RootElement) : null;
    }

    private static byte[]? Encode(AvroType type, JsonElement value)
    {
        var bytes = new ArrayBufferWriter<byte>();
        return TryWrite(type, value, bytes) ? bytes.WrittenSpan.ToArray() : null;
    }

    private static bool TryWrite(AvroType type, JsonElement value, IBufferWriter<byte> target)
    {
        switch (type.Kind, value.ValueKind)
        {
            case (AvroKind.Null, JsonValueKind.Null):
                return true;
            case (AvroKind.Boolean, JsonValueKind.True or JsonValueKind.False):
                target.WriteBoolean(value.GetBoolean());
                return true;
            case (AvroKind.Int, JsonValueKind.Number) when value.TryGetInt32(out var number):
                target.WriteLong(number);
                return true;
            case (AvroKind.Long, JsonValueKind.Number) when value.TryGetInt64(out var number):
                target.WriteLong(number);
                return true;
            case (AvroKind.Float, JsonValueKind.Number):
                target.WriteFloat(value.GetSingle());
                return true;
            case (AvroKind.Double, JsonValueKind.Number):
                target.WriteDouble(value.GetDouble());
                return true;
            case (AvroKind.String, JsonValueKind.String):
                target.WriteBytes(Encoding.UTF8.GetBytes(value.GetString()!));
                return true;
            case (AvroKind.Bytes, JsonValueKind.String) when TryBytes(value, out var bytes):
                target.WriteBytes(bytes);
                return true;
            case (AvroKind.Fixed, JsonValueKind.String) when TryBytes(value, out var bytes) && bytes.Length == type.Size:
                target.Write(bytes);
                return true;
            case (AvroKind.Enum, JsonValueKind.String) when type.SymbolOf(Encoding.UTF8.GetBytes(value.GetString()!)) is var place and >= 0:
                target.WriteLong(place);
                return true;
            case (AvroKind.Union, _):
                return TryBranch(type, value, target);
            case (AvroKind.Record, JsonValueKind.Object):
                return type.Fields.All(field => TryField(field, value, target));
            case (AvroKind.Array, JsonValueKind.Array):
                return TryItems(value.GetArrayLength(), value.EnumerateArray(), item => TryWrite(type.Items!, item, target), target);
            case (AvroKind.Map, JsonValueKind.Object):
                return TryItems(value.EnumerateObject().Count(), value.EnumerateObject(), entry => TryEntry(type, entry, target), target);
            default:
                return false;
        }
    }

    private static bool TryField(AvroField field, JsonElement record, IBufferWriter<byte> target) =>
        record.TryGetProperty(field.Name, out var given) ? TryWrite(field.Type, given, target) : field.Default is { } value && TryWrite(field.Type, value, target);

    private static bool TryEntry(AvroType map, JsonProperty entry, IBufferWriter<byte> target)
    {
        target.WriteBytes(Encoding.UTF8.GetBytes(entry.Name));
        return TryWrite(map.Items!, entry.Value, target);
    }

    private static bool TryItems<T>(int count, IEnumerable<T> items, Func<T, bool> write, IBufferWriter<byte> target)
    {
        if (count > 0)
        {
            target.WriteLong(count);
        }

        var isWritten = items.All(write);
        target.WriteLong(0);
        return isWritten;
    }

    /// <summary>The first branch that it fits: from version 1.12 on it need not be the first of all.</summary>
    private static bool TryBranch(AvroType union, JsonElement value, IBufferWriter<byte> target)
    {
        for (var i = 0; i < union.Branches.Count; i++)
        {
            if (Encode(union.Branches[i], value) is { } bytes)
            {
                target.WriteLong(i);
                target.Write(bytes);
                return true;
            }
        }

        return false;
    }

    /// <summary>Defaults of bytes are texts whose characters 0 to 255 are the bytes.</summary>
    private static bool TryBytes(JsonElement value, out byte[] bytes)
    {
        var text = value.GetString()!;
        bytes = Encoding.Latin1.GetBytes(text);
        return !text.AsSpan().ContainsAnyExceptInRange('\0', '\u00FF');
    }
}
