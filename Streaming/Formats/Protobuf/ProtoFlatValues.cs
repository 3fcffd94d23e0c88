using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text;
using Google.Protobuf.Reflection;
using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Formats.Protobuf;

/// <summary>Numbers: what their bits are says how they are written, and whether they are zero.</summary>
internal abstract class ProtoNumberValue(ProtoWire wire, string path) : ProtoValue(path)
{
    public override bool IsDefault(ArrowArray array, int row) => Bits(array, row) == 0;

    public override void Write(ArrowArray array, int row, IBufferWriter<byte> target) => WriteBits(target, wire, Bits(array, row));

    /// <summary>The bits of a value.</summary>
    protected abstract ulong Bits(ArrowArray array, int row);
}

internal sealed class ProtoBooleanValue(string path) : ProtoNumberValue(ProtoWire.Varint, path)
{
    protected override ulong Bits(ArrowArray array, int row) => ((BooleanArray)array).GetBoolean(row) ? 1u : 0u;
}

internal sealed class ProtoDoubleValue(string path, bool isNarrow) : ProtoNumberValue(ProtoWire.Fixed64, path)
{
    protected override ulong Bits(ArrowArray array, int row) => BitConverter.DoubleToUInt64Bits(isNarrow ? ((FloatArray)array).Values[row] : ((DoubleArray)array).Values[row]);
}

internal sealed class ProtoFloatValue(string path) : ProtoNumberValue(ProtoWire.Fixed32, path)
{
    protected override ulong Bits(ArrowArray array, int row) => BitConverter.SingleToUInt32Bits(((FloatArray)array).Values[row]);
}

internal sealed class ProtoWholeValue<T>(FieldType type, string path) : ProtoNumberValue(ProtoNumbers.WireOf(type), path)
    where T : unmanaged, IBinaryInteger<T>
{
    protected override ulong Bits(ArrowArray array, int row) =>
        ProtoNumbers.TryBits(type, Int128.CreateChecked(((PrimitiveArray<T>)array).Values[row]), out var bits) ? bits : throw Refuse($"a number that is no {type.ToString().ToLowerInvariant()}");
}

/// <summary>The names of an enum; a number without a name is written as one.</summary>
internal sealed class ProtoEnumValue(EnumDescriptor type, string path) : ProtoNumberValue(ProtoWire.Varint, path)
{
    protected override ulong Bits(ArrowArray array, int row)
    {
        var text = Encoding.UTF8.GetString(((VariableBinaryArray)array).GetBytes(row));
        return type.FindValueByName(text) is { } value ? (ulong)value.Number
            : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? (ulong)number
            : throw Refuse($"a text that is no name of {type.FullName}");
    }
}

/// <summary>Text, and bytes.</summary>
internal sealed class ProtoBytesValue(string path) : ProtoValue(path)
{
    public override bool IsDefault(ArrowArray array, int row) => ((VariableBinaryArray)array).GetBytes(row).IsEmpty;

    public override void Write(ArrowArray array, int row, IBufferWriter<byte> target) => WriteBytes(target, ((VariableBinaryArray)array).GetBytes(row));
}

/// <summary>Times of Protobuf's own library.</summary>
internal sealed class ProtoTimestampValue(TimeUnit unit, string path) : ProtoValue(path)
{
    private const int SecondsTag = 1 << 3;
    private const int NanosTag = 2 << 3;
    private readonly long _perSecond = TimeText.PerSecond(unit);
    private readonly ArrayBufferWriter<byte> _message = new();

    public override bool IsDefault(ArrowArray array, int row) => false;

    public override void Write(ArrowArray array, int row, IBufferWriter<byte> target)
    {
        var value = ((TimestampArray)array).Values[row];
        var (seconds, rest) = Math.DivRem(value, _perSecond);
        (seconds, rest) = rest < 0 ? (seconds - 1, rest + _perSecond) : (seconds, rest);
        _message.ResetWrittenCount();
        WriteNumber(SecondsTag, seconds);
        WriteNumber(NanosTag, rest * (1_000_000_000 / _perSecond));
        WriteBytes(target, _message.WrittenSpan);
    }

    private void WriteNumber(int tag, long value)
    {
        if (value != 0)
        {
            WriteVarint(_message, (ulong)tag);
            WriteVarint(_message, (ulong)value);
        }
    }
}

/// <summary>Messages that hold one value and are there to tell nothing from zero.</summary>
internal sealed class ProtoWrapperValue(FieldDescriptor field, ProtoValue inner, string path) : ProtoValue(path)
{
    private readonly ulong _tag = ProtoFieldValue.TagOf(field.FieldNumber, ProtoNumbers.WireOf(field.FieldType));
    private readonly ArrayBufferWriter<byte> _message = new();

    public override bool IsDefault(ArrowArray array, int row) => false;

    public override void Write(ArrowArray array, int row, IBufferWriter<byte> target)
    {
        _message.ResetWrittenCount();
        if (!inner.IsDefault(array, row))
        {
            WriteVarint(_message, _tag);
            inner.Write(array, row, _message);
        }

        WriteBytes(target, _message.WrittenSpan);
    }
}
