using System.Globalization;
using System.Numerics;

namespace OrleansFlow.Arrow;

/// <summary>Reads values of an array as a .NET type. Part of <see cref="RecordBatchRows"/>.</summary>
internal static class ValueReader
{
    private static readonly HashSet<Type> Integers =
    [
        typeof(sbyte), typeof(byte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long), typeof(ulong), typeof(Int128), typeof(BigInteger),
    ];

    /// <summary>A function from row to value; it throws for a null where <paramref name="mayBeNull"/> is false.</summary>
    /// <exception cref="ArgumentException">The type cannot hold the array's values.</exception>
    public static Func<int, object?> Create(ArrowArray array, ArrowField field, Type target, bool mayBeNull, string where)
    {
        var plain = Nullable.GetUnderlyingType(target) ?? target;
        var read = Core(array, field, plain, where)
            ?? throw new ArgumentException($"Column {where} is {array.Type.Name}, which {plain.Name} cannot hold.");
        return row =>
        {
            if (!array.IsValid(row))
            {
                return mayBeNull ? null : throw new InvalidCastException($"Column {where}, row {row}: a null, but the target {plain.Name} cannot be null; make it {plain.Name}?.");
            }

            try
            {
                return read(row);
            }
            catch (Exception exception) when (exception is OverflowException or FormatException or ArgumentOutOfRangeException)
            {
                throw new InvalidCastException($"Column {where}, row {row}: {ArrowFormatter.FormatValue(array, row)} does not fit {plain.Name}.", exception);
            }
        };
    }

    private static Func<int, object?>? Core(ArrowArray array, ArrowField field, Type target, string where)
    {
        if (target == typeof(object))
        {
            return array.GetValue;
        }

        return array switch
        {
            DictionaryArray values => Through(values.Dictionary, field, target, where, row => checked((int)values.GetIndex(row))),
            RunEndEncodedArray values => Through(values.Values, field, target, where, values.FindRun),
            BooleanArray values when target == typeof(bool) => row => values.GetBoolean(row),
            Int8Array values when target == typeof(bool) && ArrowExtension.Of(field)?.Name == ArrowExtension.Bool8Name => row => values.Values[row] != 0,
            FixedSizeBinaryArray values => FromBytes(target, row => values.GetBytes(row).ToArray(), false),
            VariableBinaryArray values => FromBytes(target, row => values.GetBytes(row).ToArray(), array is TextArray),
            BytesViewArray values => FromBytes(target, row => values.GetBytes(row).ToArray(), array is StringViewArray),
            Date32Array values when target == typeof(DateOnly) => row => values.GetDate(row),
            Date64Array values when target == typeof(DateOnly) => row => values.GetDate(row),
            Time32Array values when target == typeof(TimeOnly) => row => values.GetTime(row),
            Time64Array values when target == typeof(TimeOnly) => row => values.GetTime(row),
            DurationArray values when target == typeof(TimeSpan) => row => values.GetDuration(row),
            TimestampArray values when target == typeof(DateTimeOffset) => row => values.GetTimestamp(row),
            TimestampArray values when target == typeof(DateTime) => row => values.GetTimestamp(row) is { } at
                ? values.TimeZone is null ? at.DateTime : at.UtcDateTime
                : null,
            DayTimeIntervalArray values when target == typeof(DayTimeInterval) => row => values.Values[row],
            MonthDayNanoIntervalArray values when target == typeof(MonthDayNanoInterval) => row => values.Values[row],
            UnionArray => null,
            StructArray values when !target.IsPrimitive && target != typeof(string) => RowReader.Create(target, $"struct {where}", field.Type.Children, values.Field),
            MapArray values => FromMap(values, target, where),
            VariableListArray values => FromList(values.Items, values.Type.Children[0], target, where, values.GetRange),
            ListViewArray values => FromList(values.Items, values.Type.Children[0], target, where, values.GetRange),
            FixedSizeListArray values => FromList(values.Items, values.Type.Children[0], target, where, values.GetRange),
            _ => FromNumber(array, target),
        };
    }

    private static Func<int, object?> Through(ArrowArray values, ArrowField field, Type target, string where, Func<int, int> place)
    {
        // The field stays: its metadata names the extension of the values.
        var inner = Create(values, field.Type is DictionaryType dictionary ? new ArrowField(field.Name, dictionary.ValueType, true, field.Metadata) : field.Type.Children[1], target, true, where);
        return row => inner(place(row));
    }

    private static Func<int, object?>? FromBytes(Type target, Func<int, byte[]> read, bool isText)
    {
        if (target == typeof(byte[]))
        {
            return read;
        }

        if (target == typeof(Guid))
        {
            return isText
                ? row => Guid.Parse(System.Text.Encoding.UTF8.GetString(read(row)), CultureInfo.InvariantCulture)
                : row => read(row) is { Length: 16 } bytes ? new Guid(bytes, bigEndian: true) : throw new FormatException("A UUID has 16 bytes.");
        }

        if (!isText)
        {
            return null;
        }

        return target == typeof(string) ? row => System.Text.Encoding.UTF8.GetString(read(row))
            : target.IsEnum ? row => Enum.TryParse(target, System.Text.Encoding.UTF8.GetString(read(row)), true, out var value) && Enum.IsDefined(target, value)
                ? value
                : throw new FormatException("No such name.")
            : null;
    }

    private static Func<int, object?>? FromNumber(ArrowArray array, Type target)
    {
        if (array.Type is DecimalType number)
        {
            return target == typeof(decimal) ? row => ArrowDecimal.ToDecimal(checked((Int128)Whole(array, row)), number.Scale)
                : target == typeof(BigInteger) && number.Scale == 0 ? row => Whole(array, row)
                : target == typeof(string) ? row => ArrowDecimal.Format(Whole(array, row), number.Scale)
                : null;
        }

        if (array is DoubleArray or FloatArray or HalfArray)
        {
            return target == typeof(double) ? row => Convert.ToDouble(Real(array, row), CultureInfo.InvariantCulture)
                : target == typeof(float) && array is not DoubleArray ? row => (float)Real(array, row)
                : target == typeof(Half) && array is HalfArray ? row => (Half)Real(array, row)
                : null;
        }

        if (array.Type is not IntegerType and not IntervalType { Unit: IntervalUnit.YearMonth })
        {
            return array is NullArray ? _ => null : null;
        }

        return Integers.Contains(target) ? row => Narrow(Whole(array, row), target)
            : target == typeof(double) ? row => (double)Whole(array, row)
            : target == typeof(decimal) ? row => (decimal)Whole(array, row)
            : target.IsEnum ? row => Enum.ToObject(target, Narrow(Whole(array, row), Enum.GetUnderlyingType(target)))
            : null;
    }

    private static double Real(ArrowArray array, int row) => array switch
    {
        DoubleArray values => values.Values[row],
        FloatArray values => values.Values[row],
        _ => (double)((HalfArray)array).Values[row],
    };

    private static BigInteger Whole(ArrowArray array, int row) => array switch
    {
        PrimitiveArray<long> values => values.Values[row],
        PrimitiveArray<int> values => values.Values[row],
        PrimitiveArray<short> values => values.Values[row],
        PrimitiveArray<sbyte> values => values.Values[row],
        PrimitiveArray<ulong> values => values.Values[row],
        PrimitiveArray<uint> values => values.Values[row],
        PrimitiveArray<ushort> values => values.Values[row],
        PrimitiveArray<byte> values => values.Values[row],
        PrimitiveArray<Int128> values => values.Values[row],
        _ => ((Decimal256Array)array).GetUnscaled(row),
    };

    private static object Narrow(BigInteger value, Type target) => Type.GetTypeCode(target) switch
    {
        TypeCode.SByte => (object)(sbyte)value,
        TypeCode.Byte => (object)(byte)value,
        TypeCode.Int16 => (object)(short)value,
        TypeCode.UInt16 => (object)(ushort)value,
        TypeCode.Int32 => (object)(int)value,
        TypeCode.UInt32 => (object)(uint)value,
        TypeCode.Int64 => (object)(long)value,
        TypeCode.UInt64 => (object)(ulong)value,
        _ => target == typeof(Int128) ? checked((Int128)value) : (object)value,
    };

    private static Func<int, object?>? FromList(ArrowArray items, ArrowField item, Type target, string where, Func<int, (int Start, int Length)> range)
    {
        var itemType = target.IsArray ? target.GetElementType()
            : target.IsGenericType && target.IsAssignableFrom(target.GetGenericArguments()[0].MakeArrayType()) ? target.GetGenericArguments()[0]
            : null;
        if (itemType is null || (target.IsArray && target.GetArrayRank() != 1))
        {
            return null;
        }

        var read = Create(items, item, itemType, !itemType.IsValueType || Nullable.GetUnderlyingType(itemType) is not null, $"items of {where}");
        return row =>
        {
            var (start, length) = range(row);
            var values = Array.CreateInstance(itemType, length);
            for (var i = 0; i < length; i++)
            {
                values.SetValue(read(start + i), i);
            }

            return values;
        };
    }

    private static Func<int, object?>? FromMap(MapArray map, Type target, string where)
    {
        if (!target.IsGenericType || target.GetGenericArguments() is not [var keyType, var valueType])
        {
            return null;
        }

        var made = typeof(Dictionary<,>).MakeGenericType(keyType, valueType);
        if (!target.IsAssignableFrom(made))
        {
            return null;
        }

        var type = (MapType)map.Type;
        var keys = Create(map.Keys, type.Key, keyType, false, $"keys of {where}");
        var values = Create(map.Values, type.Value, valueType, !valueType.IsValueType || Nullable.GetUnderlyingType(valueType) is not null, $"values of {where}");
        return row =>
        {
            var result = (System.Collections.IDictionary)Activator.CreateInstance(made)!;
            var (start, length) = map.GetRange(row);
            for (var i = start; i < start + length; i++)
            {
                result[keys(i)!] = values(i);
            }

            return result;
        };
    }
}
