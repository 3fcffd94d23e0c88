using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Unicode;
using Google.Protobuf.Reflection;
using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Formats.Protobuf;

/// <summary>True and false.</summary>
internal sealed class ProtoBooleanColumn(BooleanBuilder builder, string path) : ProtoColumn(builder, path)
{
    public override void Append(ulong bits, ReadOnlySpan<byte> bytes) => builder.Append(bits != 0);
}

/// <summary>Double precision.</summary>
internal sealed class ProtoDoubleColumn(PrimitiveBuilder<double> builder, string path) : ProtoColumn(builder, path)
{
    public override void Append(ulong bits, ReadOnlySpan<byte> bytes) => builder.Append(BitConverter.UInt64BitsToDouble(bits));
}

/// <summary>Single precision.</summary>
internal sealed class ProtoFloatColumn(PrimitiveBuilder<float> builder, string path) : ProtoColumn(builder, path)
{
    public override void Append(ulong bits, ReadOnlySpan<byte> bytes) => builder.Append(BitConverter.UInt32BitsToSingle((uint)bits));
}

/// <summary>Single precision in a column of double.</summary>
internal sealed class ProtoWideFloatColumn(PrimitiveBuilder<double> builder, string path) : ProtoColumn(builder, path)
{
    public override void Append(ulong bits, ReadOnlySpan<byte> bytes) => builder.Append(BitConverter.UInt32BitsToSingle((uint)bits));
}

/// <summary>Text.</summary>
internal sealed class ProtoTextColumn(Utf8Builder builder, string path) : ProtoColumn(builder, path)
{
    public override void Append(ulong bits, ReadOnlySpan<byte> bytes) => builder.Append(Utf8.IsValid(bytes) ? bytes : throw Refuse("a text is no UTF-8"));
}

/// <summary>Bytes.</summary>
internal sealed class ProtoBytesColumn(BinaryBuilder builder, string path) : ProtoColumn(builder, path)
{
    public override void Append(ulong bits, ReadOnlySpan<byte> bytes) => builder.Append(bytes);
}

/// <summary>Whole numbers, and enums as such, if they fit.</summary>
internal sealed class ProtoWholeColumn<T>(FieldType type, PrimitiveBuilder<T> builder, string path) : ProtoColumn(builder, path)
    where T : unmanaged, IBinaryInteger<T>
{
    public override void Append(ulong bits, ReadOnlySpan<byte> bytes)
    {
        var value = ProtoNumbers.WholeOf(type, bits);
        var taken = T.CreateTruncating(value);
        builder.Append(Int128.CreateTruncating(taken) == value ? taken : throw Refuse($"{builder.Type.Name} does not take {value}"));
    }
}

/// <summary>The names of an enum; a number without a name as it is.</summary>
internal sealed class ProtoEnumColumn(EnumDescriptor type, Utf8Builder builder, string path) : ProtoColumn(builder, path)
{
    // The first name of a number, where it has several.
    private readonly Dictionary<int, byte[]> _names = type.Values.GroupBy(value => value.Number).ToDictionary(group => group.Key, group => Encoding.UTF8.GetBytes(group.First().Name));

    public override void Append(ulong bits, ReadOnlySpan<byte> bytes)
    {
        if (_names.TryGetValue((int)bits, out var name))
        {
            builder.Append(name.AsSpan());
        }
        else
        {
            builder.Append(((int)bits).ToString(CultureInfo.InvariantCulture));
        }
    }
}

/// <summary>Times of Protobuf's own library: seconds, and nanoseconds that count on from them.</summary>
internal sealed class ProtoTimestampColumn(TimestampBuilder builder, string path) : ProtoColumn(builder, path)
{
    private const int NanosPerSecond = 1_000_000_000;

    private readonly long _perSecond = TimeText.PerSecond(((TimestampType)builder.Type).Unit);

    public override void Append(ulong bits, ReadOnlySpan<byte> bytes)
    {
        var (seconds, nanos) = (0L, 0);
        for (var reader = new ProtoReader(bytes); reader.TryTag(out var number, out var wire);)
        {
            if (wire == ProtoWire.Varint && number is (1 or 2))
            {
                var value = (long)reader.Varint();
                (seconds, nanos) = number == 1 ? (value, nanos) : (seconds, (int)value);
            }
            else
            {
                reader.Skip(number, wire);
            }
        }

        var scaled = ((Int128)seconds * _perSecond) + (nanos / (NanosPerSecond / _perSecond));
        builder.Append(nanos is >= 0 and < NanosPerSecond && scaled == (long)scaled ? (long)scaled : throw Refuse($"{builder.Type.Name} does not take {seconds} seconds and {nanos} nanoseconds"));
    }
}
