using System.Buffers;
using System.Buffers.Binary;

namespace OrleansFlow.Streaming.Formats.Avro;

/// <summary>Writes the binary encoding.</summary>
internal static class AvroBytes
{
    private const int VarintBytesMax = 10;

    /// <summary>A whole number, int and long alike.</summary>
    public static void WriteLong(this IBufferWriter<byte> target, long value)
    {
        var span = target.GetSpan(VarintBytesMax);
        var rest = (ulong)((value << 1) ^ (value >> 63));
        var count = 0;
        for (; rest >= 0x80; rest >>= 7)
        {
            span[count++] = (byte)(rest | 0x80);
        }

        span[count++] = (byte)rest;
        target.Advance(count);
    }

    public static void WriteBoolean(this IBufferWriter<byte> target, bool value)
    {
        target.GetSpan(1)[0] = value ? (byte)1 : (byte)0;
        target.Advance(1);
    }

    public static void WriteFloat(this IBufferWriter<byte> target, float value)
    {
        BinaryPrimitives.WriteSingleLittleEndian(target.GetSpan(sizeof(float)), value);
        target.Advance(sizeof(float));
    }

    public static void WriteDouble(this IBufferWriter<byte> target, double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(target.GetSpan(sizeof(double)), value);
        target.Advance(sizeof(double));
    }

    /// <summary>Bytes or a text, behind their length.</summary>
    public static void WriteBytes(this IBufferWriter<byte> target, ReadOnlySpan<byte> value)
    {
        target.WriteLong(value.Length);
        target.Write(value);
    }
}
