using System.Buffers;
using System.Buffers.Text;
using System.Numerics;
using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Formats.Avro;

/// <summary>Nothing but nulls.</summary>
internal sealed class AvroNullValue(string path) : AvroValue(path)
{
    public override void Write(ArrowArray array, int row, IBufferWriter<byte> target)
    {
        if (!array.IsNull(row))
        {
            WriteValue(array, row, target);
        }
    }

    protected override void WriteValue(ArrowArray array, int row, IBufferWriter<byte> target) => throw Refuse("a value where the schema has null alone");
}

internal sealed class AvroBooleanValue(string path) : AvroValue(path)
{
    protected override void WriteValue(ArrowArray array, int row, IBufferWriter<byte> target) => target.WriteBoolean(((BooleanArray)array).GetBoolean(row));
}

/// <summary>Whole numbers, and days.</summary>
internal sealed class AvroWholeValue<T>(AvroKind kind, string path) : AvroValue(path)
    where T : unmanaged, INumberBase<T>
{
    protected override void WriteValue(ArrowArray array, int row, IBufferWriter<byte> target)
    {
        var value = Int128.CreateChecked(((PrimitiveArray<T>)array).Values[row]);
        if (kind == AvroKind.Int ? value < int.MinValue || value > int.MaxValue : value > long.MaxValue)
        {
            throw Refuse($"a number that is no {(kind == AvroKind.Int ? "int" : "long")}");
        }

        target.WriteLong((long)value);
    }
}

internal sealed class AvroFloatValue(string path) : AvroValue(path)
{
    protected override void WriteValue(ArrowArray array, int row, IBufferWriter<byte> target) => target.WriteFloat(((FloatArray)array).Values[row]);
}

internal sealed class AvroDoubleValue(string path, bool isNarrow) : AvroValue(path)
{
    protected override void WriteValue(ArrowArray array, int row, IBufferWriter<byte> target) =>
        target.WriteDouble(isNarrow ? ((FloatArray)array).Values[row] : ((DoubleArray)array).Values[row]);
}

/// <summary>Text, and bytes.</summary>
internal sealed class AvroBytesValue(string path) : AvroValue(path)
{
    protected override void WriteValue(ArrowArray array, int row, IBufferWriter<byte> target) => target.WriteBytes(((VariableBinaryArray)array).GetBytes(row));
}

/// <summary>Bytes of a fixed number.</summary>
internal sealed class AvroFixedValue(int size, string path) : AvroValue(path)
{
    protected override void WriteValue(ArrowArray array, int row, IBufferWriter<byte> target)
    {
        var value = array is FixedSizeBinaryArray one ? one.GetBytes(row) : ((VariableBinaryArray)array).GetBytes(row);
        target.Write(value.Length == size ? value : throw Refuse($"{value.Length} bytes, and the type has {size}"));
    }
}

/// <summary>UUIDs of 16 bytes as text.</summary>
internal sealed class AvroUuidTextValue(string path) : AvroValue(path)
{
    protected override void WriteValue(ArrowArray array, int row, IBufferWriter<byte> target)
    {
        Span<byte> text = stackalloc byte[36];
        target.WriteBytes(text[..AvroJson.UuidText(((FixedSizeBinaryArray)array).GetBytes(row), text)]);
    }
}

/// <summary>UUIDs of text as 16 bytes.</summary>
internal sealed class AvroUuidBytesValue(string path) : AvroValue(path)
{
    protected override void WriteValue(ArrowArray array, int row, IBufferWriter<byte> target)
    {
        var text = ((VariableBinaryArray)array).GetBytes(row);
        if (!Utf8Parser.TryParse(text, out Guid value, out var used) || used != text.Length)
        {
            throw Refuse("a text that is no UUID");
        }

        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        target.Write(bytes);
    }
}

/// <summary>The words of an enum.</summary>
internal sealed class AvroEnumValue(AvroType type, string path) : AvroValue(path)
{
    protected override void WriteValue(ArrowArray array, int row, IBufferWriter<byte> target) =>
        target.WriteLong(type.SymbolOf(((VariableBinaryArray)array).GetBytes(row)) is var place and >= 0 ? place : throw Refuse($"a text that is no symbol of {type.FullName}"));
}

/// <summary>Points in time, and times of day. What is finer than the schema's unit is cut off.</summary>
internal sealed class AvroTimeValue(AvroType type, TimeUnit unit, string path) : AvroValue(path)
{
    private readonly long _from = TimeText.PerSecond(unit);
    private readonly long _to = AvroMeanings.PerSecond(type.Meaning);

    protected override void WriteValue(ArrowArray array, int row, IBufferWriter<byte> target) =>
        target.WriteLong(TimeScale.TryScale(((PrimitiveArray<long>)array).Values[row], _from, _to, out var scaled) ? scaled : throw Refuse("a time beyond 64 bits of its unit"));
}

/// <summary>Decimals, with as many digits behind the point as the schema says.</summary>
internal sealed class AvroDecimalValue<T>(AvroType type, DecimalType column, string path) : AvroValue(path)
    where T : unmanaged, INumberBase<T>
{
    private readonly BigInteger _up = BigInteger.Pow(10, type.Digits.Scale - column.Scale);
    private readonly BigInteger _end = BigInteger.Pow(10, type.Digits.Precision);

    protected override void WriteValue(ArrowArray array, int row, IBufferWriter<byte> target)
    {
        var value = BigInteger.CreateChecked(((PrimitiveArray<T>)array).Values[row]) * _up;
        if (BigInteger.Abs(value) >= _end)
        {
            throw Refuse($"a decimal of more than {type.Digits.Precision} digits");
        }

        var size = type.Kind == AvroKind.Fixed ? type.Size : value.GetByteCount();
        if (type.Kind == AvroKind.Bytes)
        {
            target.WriteLong(size);
        }

        var span = target.GetSpan(size)[..size];
        span.Fill(value.Sign < 0 ? (byte)0xFF : (byte)0);
        value.TryWriteBytes(span[(size - value.GetByteCount())..], out _, isBigEndian: true);
        target.Advance(size);
    }
}
