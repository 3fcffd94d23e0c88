using System.Buffers.Binary;
using System.Net;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orleans.Embedded.Serialization;

/// <content>Types without members.</content>
internal static partial class BuiltInCodecs
{
    private static void RegisterScalars()
    {
        Varint("bool", static (w, v) => w.WriteVarint(v ? 1u : 0u), static r => Unsigned(r, 1) == 1);
        Varint("byte", static (w, v) => w.WriteVarint(v), static r => (byte)Unsigned(r, byte.MaxValue));
        Varint("ushort", static (w, v) => w.WriteVarint(v), static r => (ushort)Unsigned(r, ushort.MaxValue));
        Varint("uint", static (w, v) => w.WriteVarint(v), static r => (uint)Unsigned(r, uint.MaxValue));
        Varint("ulong", static (w, v) => w.WriteVarint(v), static r => r.ReadVarint());
        Varint("char", static (w, v) => w.WriteVarint(v), static r => (char)Unsigned(r, char.MaxValue));
        Varint("sbyte", static (w, v) => w.WriteSigned(v), static r => (sbyte)Signed(r, sbyte.MinValue, sbyte.MaxValue));
        Varint("short", static (w, v) => w.WriteSigned(v), static r => (short)Signed(r, short.MinValue, short.MaxValue));
        Varint("int", static (w, v) => w.WriteSigned(v), static r => (int)Signed(r, int.MinValue, int.MaxValue));
        Varint("long", static (w, v) => w.WriteSigned(v), static r => r.ReadSigned());
        Varint("nint", static (w, v) => w.WriteSigned(v), static r => (nint)Signed(r, nint.MinValue, nint.MaxValue));
        Varint("nuint", static (w, v) => w.WriteVarint(v), static r => (nuint)Unsigned(r, nuint.MaxValue));
        Varint(
            "cancellationtoken",
            static (w, v) => w.WriteVarint(v.IsCancellationRequested ? 1u : 0u),
            static r => new CancellationToken(Unsigned(r, 1) == 1));
        Varint(
            "dateonly",
            static (w, v) => w.WriteVarint((ulong)v.DayNumber),
            static r => DateOnly.FromDayNumber((int)Unsigned(r, (ulong)DateOnly.MaxValue.DayNumber)));
        Varint(
            "timeonly",
            static (w, v) => w.WriteVarint((ulong)v.Ticks),
            static r => new TimeOnly((long)Unsigned(r, (ulong)TimeOnly.MaxValue.Ticks)));
        Varint("timespan", static (w, v) => w.WriteSigned(v.Ticks), static r => new TimeSpan(r.ReadSigned()));
        Varint(
            "half",
            static (w, v) => w.WriteVarint(BitConverter.HalfToUInt16Bits(v)),
            static r => BitConverter.UInt16BitsToHalf((ushort)Unsigned(r, ushort.MaxValue)));

        Scalar(WireKind.Fixed32, "float",
            static (w, v) => w.WriteFixed32(BitConverter.SingleToUInt32Bits(v)),
            static r => BitConverter.UInt32BitsToSingle(r.ReadFixed32()));
        Scalar(WireKind.Fixed64, "double",
            static (w, v) => w.WriteFixed64(BitConverter.DoubleToUInt64Bits(v)),
            static r => BitConverter.UInt64BitsToDouble(r.ReadFixed64()));
        Scalar(WireKind.Fixed64, "datetime", static (w, v) => w.WriteFixed64((ulong)v.ToBinary()), ReadDateTime);

        Bytes("string", static (w, v) => w.WriteString(v), static r => r.ReadString());
        Bytes("uri", static (w, v) => w.WriteString(v.OriginalString), ReadUri);
        Bytes("version", static (w, v) => w.WriteString(v.ToString()), ReadVersion);
        Bytes("guid", WriteGuid, static r => new Guid(Exactly(r, 16)));
        Bytes("decimal", WriteDecimal, ReadDecimal);
        Bytes("int128", WriteInt128, static r => BinaryPrimitives.ReadInt128LittleEndian(Exactly(r, 16)));
        Bytes("uint128", WriteUInt128, static r => BinaryPrimitives.ReadUInt128LittleEndian(Exactly(r, 16)));
        Bytes("biginteger", static (w, v) => w.WriteBytes(v.ToByteArray()), static r => new BigInteger(r.ReadBytes()));
        Bytes("datetimeoffset", WriteDateTimeOffset, ReadDateTimeOffset);
        Bytes("ipaddress", static (w, v) => w.WriteString(v.ToString()), ReadIPAddress);

        Cloned("bytes", static v => (byte[])v.Clone(), static (w, v) => w.WriteBytes(v), static r => r.ReadBytes().ToArray());
        Cloned(
            "memory",
            static v => v.ToArray(),
            static (w, v) => w.WriteBytes(v.Span),
            static r => (ReadOnlyMemory<byte>)r.ReadBytes().ToArray());
        Cloned(
            "mutablememory",
            static v => v.ToArray(),
            static (w, v) => w.WriteBytes(v.Span),
            static r => (Memory<byte>)r.ReadBytes().ToArray());
        Cloned(
            "jsonelement",
            static v => v.ValueKind == JsonValueKind.Undefined ? v : v.Clone(),
            static (w, v) => w.WriteBytes(v.ValueKind == JsonValueKind.Undefined ? [] : JsonSerializer.SerializeToUtf8Bytes(v)),
            ReadJsonElement);
        CodecRegistry.Register(typeof(JsonObject), "jsonobject", static () => new JsonNodeCodec<JsonObject>());
        CodecRegistry.Register(typeof(JsonArray), "jsonarray", static () => new JsonNodeCodec<JsonArray>());
        CodecRegistry.RegisterName(typeof(JsonValue), "jsonvalue");
    }

    private static void Varint<T>(string name, Action<CodecWriter, T> write, Func<CodecReader, T> read) =>
        Scalar(WireKind.Varint, name, write, read);

    private static void Bytes<T>(string name, Action<CodecWriter, T> write, Func<CodecReader, T> read) =>
        Scalar(WireKind.Bytes, name, write, read);

    private static void Scalar<T>(WireKind kind, string name, Action<CodecWriter, T> write, Func<CodecReader, T> read) =>
        CodecRegistry.Register(typeof(T), name, () => new ScalarCodec<T>(kind, write, read));

    private static void Cloned<T>(string name, Func<T, T> clone, Action<CodecWriter, T> write, Func<CodecReader, T> read) =>
        CodecRegistry.Register(typeof(T), name, () => new ClonedCodec<T>(clone, write, read));

    private static ulong Unsigned(CodecReader reader, ulong max)
    {
        var value = reader.ReadVarint();
        return value <= max ? value : throw reader.Error($"Number {value} is greater than {max}");
    }

    private static long Signed(CodecReader reader, long min, long max)
    {
        var value = reader.ReadSigned();
        return value >= min && value <= max ? value : throw reader.Error($"Number {value} is not in {min} to {max}");
    }

    private static ReadOnlySpan<byte> Exactly(CodecReader reader, int length)
    {
        var bytes = reader.ReadBytes();
        return bytes.Length == length ? bytes : throw reader.Error($"{bytes.Length} bytes stand where {length} are expected");
    }

    private static DateTime ReadDateTime(CodecReader reader) =>
        Checked(reader, "date", static r => DateTime.FromBinary((long)r.ReadFixed64()));

    private static Uri ReadUri(CodecReader reader)
    {
        var text = reader.ReadString();
        return Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out var uri) ? uri : throw reader.Error($"'{text}' is not a URI");
    }

    private static Version ReadVersion(CodecReader reader)
    {
        var text = reader.ReadString();
        return Version.TryParse(text, out var version) ? version : throw reader.Error($"'{text}' is not a version");
    }

    private static IPAddress ReadIPAddress(CodecReader reader)
    {
        var text = reader.ReadString();
        return IPAddress.TryParse(text, out var address) ? address : throw reader.Error($"'{text}' is not an IP address");
    }

    private static void WriteGuid(CodecWriter writer, Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes);
        writer.WriteBytes(bytes);
    }

    private static void WriteInt128(CodecWriter writer, Int128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt128LittleEndian(bytes, value);
        writer.WriteBytes(bytes);
    }

    private static void WriteUInt128(CodecWriter writer, UInt128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, value);
        writer.WriteBytes(bytes);
    }

    private static void WriteDecimal(CodecWriter writer, decimal value)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        Span<byte> bytes = stackalloc byte[16];
        for (var i = 0; i < 4; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes[(4 * i)..], parts[i]);
        }

        writer.WriteBytes(bytes);
    }

    private static decimal ReadDecimal(CodecReader reader) => Checked(reader, "decimal", static r =>
    {
        var bytes = Exactly(r, 16);
        Span<int> parts = stackalloc int[4];
        for (var i = 0; i < 4; i++)
        {
            parts[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * i)..]);
        }

        return new decimal(parts);
    });

    private static void WriteDateTimeOffset(CodecWriter writer, DateTimeOffset value)
    {
        Span<byte> bytes = stackalloc byte[10];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value.Ticks);
        BinaryPrimitives.WriteInt16LittleEndian(bytes[8..], (short)value.TotalOffsetMinutes);
        writer.WriteBytes(bytes);
    }

    private static DateTimeOffset ReadDateTimeOffset(CodecReader reader) => Checked(reader, "time with offset", static r =>
    {
        var bytes = Exactly(r, 10);
        return new DateTimeOffset(
            BinaryPrimitives.ReadInt64LittleEndian(bytes),
            TimeSpan.FromMinutes(BinaryPrimitives.ReadInt16LittleEndian(bytes[8..])));
    });

    private static JsonElement ReadJsonElement(CodecReader reader)
    {
        var bytes = reader.ReadBytes();
        if (bytes.IsEmpty)
        {
            return default;
        }

        try
        {
            return JsonSerializer.Deserialize<JsonElement>(bytes);
        }
        catch (JsonException exception)
        {
            throw reader.Error("A JSON element is malformed", exception);
        }
    }

    private static T Checked<T>(CodecReader reader, string what, Func<CodecReader, T> read)
    {
        try
        {
            return read(reader);
        }
        catch (ArgumentException exception)
        {
            throw reader.Error($"The bytes are no {what}", exception);
        }
    }
}
