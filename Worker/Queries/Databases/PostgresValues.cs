using System.Buffers.Binary;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Worker.Queries.Databases;

/// <summary>Puts values in PostgreSQL's binary form into Arrow columns. Source: PostgreSQL 15 documentation, "COPY", and the send functions of its types.</summary>
internal static class PostgresValues
{
    // PostgreSQL counts from 2000-01-01.
    private const int DaysTo2000 = 10_957;
    private const long MicrosecondsTo2000 = DaysTo2000 * 86_400_000_000L;

    /// <summary>Appends a value.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: Arrow has no such value.</exception>
    public static void Append(ArrowArrayBuilder builder, PostgresColumn column, ReadOnlySpan<byte> value)
    {
        if (!column.IsArray)
        {
            AppendOne(builder, column, value);
            return;
        }

        var list = (ListBuilder)builder;
        var dimensions = BinaryPrimitives.ReadInt32BigEndian(value);
        if (dimensions > 1)
        {
            throw Refuse(column, $"an array of {dimensions} dimensions", "select a text of it in a view there");
        }

        if (dimensions == 1)
        {
            var count = BinaryPrimitives.ReadInt32BigEndian(value[12..]);
            var at = 20;
            for (var index = 0; index < count; index++)
            {
                var length = BinaryPrimitives.ReadInt32BigEndian(value[at..]);
                at += 4;
                if (length < 0)
                {
                    list.Items.AppendNull();
                    continue;
                }

                AppendOne(list.Items, column, value.Slice(at, length));
                at += length;
            }
        }

        list.CloseList();
    }

    private static void AppendOne(ArrowArrayBuilder builder, PostgresColumn column, ReadOnlySpan<byte> value)
    {
        switch (column.Form)
        {
            case PostgresForm.Boolean:
                ((BooleanBuilder)builder).Append(value[0] != 0);
                break;
            case PostgresForm.Int16:
                ((Int16Builder)builder).Append(BinaryPrimitives.ReadInt16BigEndian(value));
                break;
            case PostgresForm.Int32:
                ((Int32Builder)builder).Append(BinaryPrimitives.ReadInt32BigEndian(value));
                break;
            case PostgresForm.Int64:
                ((Int64Builder)builder).Append(BinaryPrimitives.ReadInt64BigEndian(value));
                break;
            case PostgresForm.Float32:
                ((FloatBuilder)builder).Append(BinaryPrimitives.ReadSingleBigEndian(value));
                break;
            case PostgresForm.Float64:
                ((DoubleBuilder)builder).Append(BinaryPrimitives.ReadDoubleBigEndian(value));
                break;
            case PostgresForm.Decimal:
                ((Decimal128Builder)builder).Append(Decimal(column, value));
                break;
            case PostgresForm.Bytes or PostgresForm.Text:
                ((VariableBinaryBuilder)builder).Append(value);
                break;
            case PostgresForm.Date:
                ((Date32Builder)builder).Append(Date(BinaryPrimitives.ReadInt32BigEndian(value)));
                break;
            case PostgresForm.Time:
                ((Time64Builder)builder).Append(BinaryPrimitives.ReadInt64BigEndian(value));
                break;
            case PostgresForm.Timestamp:
                ((TimestampBuilder)builder).Append(Timestamp(BinaryPrimitives.ReadInt64BigEndian(value)));
                break;
            default:
                ((MonthDayNanoIntervalBuilder)builder).Append(Interval(column, value));
                break;
        }
    }

    // Both say "never ends" and "never began" by the largest and the smallest number, which the engine understands; its smallest is one more.
    private static int Date(int days) => days is int.MaxValue ? int.MaxValue : days is int.MinValue ? -int.MaxValue : days + DaysTo2000;

    private static long Timestamp(long microseconds) =>
        microseconds is long.MaxValue ? long.MaxValue : microseconds is long.MinValue ? -long.MaxValue : microseconds + MicrosecondsTo2000;

    private static MonthDayNanoInterval Interval(PostgresColumn column, ReadOnlySpan<byte> value)
    {
        var microseconds = BinaryPrimitives.ReadInt64BigEndian(value);
        var nanoseconds = (Int128)microseconds * 1_000;
        return nanoseconds >= long.MinValue && nanoseconds <= long.MaxValue
            ? new MonthDayNanoInterval(BinaryPrimitives.ReadInt32BigEndian(value[12..]), BinaryPrimitives.ReadInt32BigEndian(value[8..]), (long)nanoseconds)
            : throw Refuse(column, "an interval of more than 292 years of hours, or an endless one", "leave such rows out in a view there");
    }

    private static Int128 Decimal(PostgresColumn column, ReadOnlySpan<byte> value)
    {
        const ushort Negative = 0x4000;
        var digitCount = BinaryPrimitives.ReadInt16BigEndian(value);
        var weight = BinaryPrimitives.ReadInt16BigEndian(value[2..]);
        var sign = BinaryPrimitives.ReadUInt16BigEndian(value[4..]);
        if (sign is not (0 or Negative))
        {
            throw Refuse(column, "NaN or infinity, which no DECIMAL is", "leave such rows out in a view there");
        }

        // Groups of four digits that are all zero at the end are not sent; the last group may hold digits behind the scale, which are zero.
        var power = (4 * (weight - digitCount + 1)) + column.Digits!.Value.Scale;
        Int128 number = 0;
        for (var index = 0; index < digitCount; index++)
        {
            var surplus = index == digitCount - 1 && power < 0 ? -power : 0;
            number = (number * Power(4 - surplus)) + (BinaryPrimitives.ReadUInt16BigEndian(value[(8 + (2 * index))..]) / Power(surplus));
        }

        if (number != 0)
        {
            number *= Power(Math.Max(0, power));
        }

        return sign == Negative ? -number : number;
    }

    private static Int128 Power(int exponent)
    {
        Int128 power = 1;
        for (; exponent > 0; exponent--)
        {
            power *= 10;
        }

        return power;
    }

    private static FlowException Refuse(PostgresColumn column, string what, string wayOut) =>
        new(FlowErrorCode.BadInput, $"The column '{column.Name}' of a PostgreSQL table holds {what}; {wayOut}.");
}
