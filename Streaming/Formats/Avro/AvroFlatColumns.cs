using System.Buffers.Text;
using System.Numerics;
using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Formats.Avro;

/// <summary>Nothing but nulls.</summary>
internal sealed class AvroNullColumn(ArrowArrayBuilder builder) : AvroColumn
{
    public override void Read(ref AvroReader reader) => builder.AppendNull();
}

/// <summary>True and false.</summary>
internal sealed class AvroBooleanColumn(BooleanBuilder builder) : AvroColumn
{
    public override void Read(ref AvroReader reader) => builder.Append(reader.Boolean());
}

/// <summary>Whole numbers, if they fit.</summary>
internal sealed class AvroWholeColumn<T>(PrimitiveBuilder<T> builder, AvroKind kind) : AvroColumn
    where T : unmanaged, IBinaryInteger<T>
{
    public override void Read(ref AvroReader reader)
    {
        var value = kind == AvroKind.Int ? reader.Int() : reader.Long();
        var taken = T.CreateTruncating(value);
        builder.Append(long.CreateTruncating(taken) == value && T.IsNegative(taken) == value < 0 ? taken : throw reader.Bad($"{builder.Type.Name} does not take {value}"));
    }
}

/// <summary>Single precision.</summary>
internal sealed class AvroFloatColumn(PrimitiveBuilder<float> builder) : AvroColumn
{
    public override void Read(ref AvroReader reader) => builder.Append(reader.Float());
}

/// <summary>Double precision, also of what is narrower.</summary>
internal sealed class AvroDoubleColumn(PrimitiveBuilder<double> builder, AvroKind kind) : AvroColumn
{
    public override void Read(ref AvroReader reader) => builder.Append(kind switch
    {
        AvroKind.Int => reader.Int(),
        AvroKind.Long => reader.Long(),
        AvroKind.Float => reader.Float(),
        _ => reader.Double(),
    });
}

/// <summary>Text.</summary>
internal sealed class AvroTextColumn(Utf8Builder builder) : AvroColumn
{
    public override void Read(ref AvroReader reader) => builder.Append(AvroJson.Text(ref reader));
}

/// <summary>The words of an enum.</summary>
internal sealed class AvroEnumColumn(Utf8Builder builder, AvroType type) : AvroColumn
{
    public override void Read(ref AvroReader reader) => builder.Append(type.Symbols[reader.Choice(type.Symbols.Length, "symbol")]);
}

/// <summary>Anything, as JSON.</summary>
internal sealed class AvroJsonColumn(Utf8Builder builder, AvroType type, AvroJson json) : AvroColumn
{
    public override void Read(ref AvroReader reader) => builder.Append(json.Read(ref reader, type));
}

/// <summary>Bytes.</summary>
internal sealed class AvroBytesColumn(BinaryBuilder builder) : AvroColumn
{
    public override void Read(ref AvroReader reader) => builder.Append(reader.Bytes());
}

/// <summary>Bytes of a fixed number, as any bytes.</summary>
internal sealed class AvroFixedBytesColumn(BinaryBuilder builder, int size) : AvroColumn
{
    public override void Read(ref AvroReader reader) => builder.Append(reader.Take(size));
}

/// <summary>Bytes of a fixed number.</summary>
internal sealed class AvroFixedColumn(FixedSizeBinaryBuilder builder, int size) : AvroColumn
{
    public override void Read(ref AvroReader reader) => builder.Append(reader.Take(size));
}

/// <summary>UUIDs of a text as 16 bytes.</summary>
internal sealed class AvroUuidColumn(FixedSizeBinaryBuilder builder) : AvroColumn
{
    public override void Read(ref AvroReader reader)
    {
        var text = reader.Bytes();
        if (!Utf8Parser.TryParse(text, out Guid value, out var used) || used != text.Length)
        {
            throw reader.Bad("a text is no UUID");
        }

        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        builder.Append(bytes);
    }
}

/// <summary>Days.</summary>
internal sealed class AvroDateColumn(Date32Builder builder) : AvroColumn
{
    public override void Read(ref AvroReader reader) => builder.Append(reader.Int());
}

/// <summary>Points in time, and times of day.</summary>
internal sealed class AvroTimeColumn(PrimitiveBuilder<long> builder, AvroType type, TimeUnit unit) : AvroColumn
{
    private readonly long _from = AvroMeanings.PerSecond(type.Meaning);
    private readonly long _to = TimeText.PerSecond(unit);

    public override void Read(ref AvroReader reader)
    {
        var value = type.Kind == AvroKind.Int ? reader.Int() : reader.Long();
        if (AvroMeanings.IsTimeOfDay(type.Meaning) && (value < 0 || value >= 86_400 * _from))
        {
            throw reader.Bad($"{value} is no time of day");
        }

        builder.Append(TimeScale.TryScale(value, _from, _to, out var scaled) ? scaled : throw reader.Bad($"{builder.Type.Name} does not reach as far as {value}"));
    }
}

/// <summary>Decimals; digits behind the column's scale are bad, never rounded.</summary>
internal sealed class AvroDecimalColumn<T>(PrimitiveBuilder<T> builder, AvroType type) : AvroColumn
    where T : unmanaged, INumberBase<T>
{
    private readonly BigInteger _up = BigInteger.Pow(10, Math.Max(0, ((DecimalType)builder.Type).Scale - type.Digits.Scale));
    private readonly BigInteger _down = BigInteger.Pow(10, Math.Max(0, type.Digits.Scale - ((DecimalType)builder.Type).Scale));
    private readonly BigInteger _end = BigInteger.Pow(10, ((DecimalType)builder.Type).Precision);

    public override void Read(ref AvroReader reader)
    {
        var scaled = BigInteger.DivRem(reader.Decimal(type) * _up, _down, out var lost);
        builder.Append(lost.IsZero && BigInteger.Abs(scaled) < _end
            ? T.CreateChecked(scaled)
            : throw reader.Bad($"{builder.Type.Name} does not hold all digits of a decimal"));
    }
}
