using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Functions.Typed;

/// <summary>Single values of columns as values of C#, without boxes for those that are numbers, truths or times.</summary>
internal static class ColumnCells
{
    /// <summary>The type of a column that holds values of a type of C#; null: any that its builder takes.</summary>
    public static ArrowType? TypeOf(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var one when one == typeof(bool) => ArrowType.Boolean,
        var one when one == typeof(sbyte) => ArrowType.Int8,
        var one when one == typeof(byte) => ArrowType.UInt8,
        var one when one == typeof(short) => ArrowType.Int16,
        var one when one == typeof(ushort) => ArrowType.UInt16,
        var one when one == typeof(int) => ArrowType.Int32,
        var one when one == typeof(uint) => ArrowType.UInt32,
        var one when one == typeof(long) => ArrowType.Int64,
        var one when one == typeof(ulong) => ArrowType.UInt64,
        var one when one == typeof(float) => ArrowType.Float32,
        var one when one == typeof(double) => ArrowType.Float64,
        var one when one == typeof(string) => ArrowType.Utf8,
        var one when one == typeof(byte[]) => ArrowType.Binary,
        var one when one == typeof(DateTime) => ArrowType.Timestamp(TimeUnit.Microsecond),
        var one when one == typeof(DateOnly) => ArrowType.Date32,
        _ => null,
    };

    /// <summary>A value.</summary>
    /// <exception cref="FlowException">It is null (<see cref="FlowErrorCode.BadInput"/>).</exception>
    public static T Read<T>(ArrowArray column, int row, string name)
    {
        if (!column.IsValid(row))
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Column '{name}' is null in a row, and the function's record says that it never is; make the property nullable, or leave such rows out.");
        }

        if (typeof(T) == typeof(bool))
        {
            return As<bool, T>(((BooleanArray)column).GetBoolean(row));
        }

        if (typeof(T) == typeof(DateTime))
        {
            return As<DateTime, T>(TimeOf(((TimestampArray)column).Values[row]));
        }

        if (typeof(T) == typeof(DateOnly))
        {
            return As<DateOnly, T>(((Date32Array)column).GetDate(row)!.Value);
        }

        if (typeof(T) == typeof(string))
        {
            return (T)(object)((TextArray)column).GetString(row)!;
        }

        return typeof(T) == typeof(sbyte) ? Number<sbyte, T>(column, row)
            : typeof(T) == typeof(byte) ? Number<byte, T>(column, row)
            : typeof(T) == typeof(short) ? Number<short, T>(column, row)
            : typeof(T) == typeof(ushort) ? Number<ushort, T>(column, row)
            : typeof(T) == typeof(int) ? Number<int, T>(column, row)
            : typeof(T) == typeof(uint) ? Number<uint, T>(column, row)
            : typeof(T) == typeof(long) ? Number<long, T>(column, row)
            : typeof(T) == typeof(ulong) ? Number<ulong, T>(column, row)
            : typeof(T) == typeof(float) ? Number<float, T>(column, row)
            : typeof(T) == typeof(double) ? Number<double, T>(column, row)
            : Other<T>(column, row, name);
    }

    /// <summary>A value or null.</summary>
    public static T? ReadNullable<T>(ArrowArray column, int row, string name)
        where T : struct => column.IsValid(row) ? Read<T>(column, row, name) : null;

    /// <summary>A value or null.</summary>
    public static T? ReadReference<T>(ArrowArray column, int row, string name)
        where T : class => column.IsValid(row) ? Read<T>(column, row, name) : null;

    /// <summary>Appends a value.</summary>
    public static void Append<T>(ArrowArrayBuilder builder, T value)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (typeof(T) == typeof(bool) && builder is BooleanBuilder truths)
        {
            truths.Append(As<T, bool>(value));
        }
        else if (typeof(T) == typeof(long) && builder is PrimitiveBuilder<long> longs)
        {
            longs.Append(As<T, long>(value));
        }
        else if (typeof(T) == typeof(int) && builder is PrimitiveBuilder<int> ints)
        {
            ints.Append(As<T, int>(value));
        }
        else if (typeof(T) == typeof(double) && builder is PrimitiveBuilder<double> doubles)
        {
            doubles.Append(As<T, double>(value));
        }
        else if (typeof(T) == typeof(DateTime) && builder is PrimitiveBuilder<long> times)
        {
            times.Append(MicrosOf(As<T, DateTime>(value)));
        }
        else
        {
            builder.AppendObject(value);
        }
    }

    /// <summary>Appends a value or null.</summary>
    public static void AppendNullable<T>(ArrowArrayBuilder builder, T? value)
        where T : struct
    {
        if (value is { } one)
        {
            Append(builder, one);
        }
        else
        {
            builder.AppendNull();
        }
    }

    /// <summary>A time as event times are counted; a zone is left out of account.</summary>
    public static long MicrosOf(DateTime time) => (time.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>The time of an event time.</summary>
    public static DateTime TimeOf(long micros) => new(DateTime.UnixEpoch.Ticks + (micros * TimeSpan.TicksPerMicrosecond));

    private static TTo Number<TFrom, TTo>(ArrowArray column, int row)
        where TFrom : unmanaged => As<TFrom, TTo>(((PrimitiveArray<TFrom>)column).Values[row]);

    private static TTo As<TFrom, TTo>(TFrom value) => Unsafe.As<TFrom, TTo>(ref value);

    private static T Other<T>(ArrowArray column, int row, string name)
    {
        var value = column.GetValue(row);
        return value is T same ? same
            : value is System.Collections.IEnumerable items and not string && typeof(T).IsSZArray ? (T)(object)ToArray(items, typeof(T).GetElementType()!, name)
            : throw new FlowException(FlowErrorCode.BadInput, $"Column '{name}' is {column.Type.Name}, which {typeof(T).Name} cannot hold.");
    }

    private static Array ToArray(System.Collections.IEnumerable items, Type item, string name)
    {
        var all = items.Cast<object?>().ToList();
        var array = Array.CreateInstance(item, all.Count);
        for (var i = 0; i < all.Count; i++)
        {
            if (all[i] is null && item.IsValueType && Nullable.GetUnderlyingType(item) is null)
            {
                throw new FlowException(FlowErrorCode.BadInput, $"Column '{name}' has a null among its items, which {item.Name}[] cannot hold.");
            }

            array.SetValue(all[i] is DateTimeOffset time ? time.DateTime : all[i], i);
        }

        return array;
    }
}
