using System.Runtime.CompilerServices;
using System.Text;

namespace OrleansFlow.Engine.Functions;

/// <summary>
/// Values of one .NET type inside the engine's vectors. Every branch is on the type itself, so that the compiler leaves one of them for each value type
/// and nothing is boxed.
/// </summary>
internal static unsafe class ColumnValue<T>
{
    /// <summary>Whether NULL is a value of the type by itself, as of <c>int?</c>.</summary>
    public static bool IsNullable { get; } = Nullable.GetUnderlyingType(typeof(T)) is not null;

    /// <summary>Whether NULL can be said with the type.</summary>
    public static bool HasNull { get; } = IsNullable || !typeof(T).IsValueType;

    /// <summary>Whether the engine keeps the same bytes.</summary>
    public static bool IsRaw =>
        typeof(T) == typeof(int) || typeof(T) == typeof(long) || typeof(T) == typeof(double) || typeof(T) == typeof(bool) || typeof(T) == typeof(short)
        || typeof(T) == typeof(float);

    /// <summary>A value that is not NULL.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Read(byte* data, long row, int scale)
    {
        if (IsRaw)
        {
            return Unsafe.Add(ref Unsafe.AsRef<T>(data), (nint)row);
        }

        return ReadOther(data, row, scale);
    }

    /// <summary>Writes a value. False: it is null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Write(nint vector, byte* data, long row, T value, int scale)
    {
        if (IsRaw)
        {
            Unsafe.Add(ref Unsafe.AsRef<T>(data), (nint)row) = value;
            return true;
        }

        return WriteOther(vector, data, row, value, scale);
    }

    private static T ReadOther(byte* data, long row, int scale)
    {
        if (typeof(T) == typeof(string))
        {
            return (T)(object)Encoding.UTF8.GetString(EngineBytes.Read(data, row));
        }

        if (typeof(T) == typeof(byte[]))
        {
            return (T)(object)EngineBytes.Read(data, row).ToArray();
        }

        if (typeof(T) == typeof(int?))
        {
            return Lift(((int*)data)[row]);
        }

        if (typeof(T) == typeof(long?))
        {
            return Lift(((long*)data)[row]);
        }

        if (typeof(T) == typeof(double?))
        {
            return Lift(((double*)data)[row]);
        }

        if (typeof(T) == typeof(bool?))
        {
            return Lift(((bool*)data)[row]);
        }

        if (typeof(T) == typeof(short?))
        {
            return Lift(((short*)data)[row]);
        }

        if (typeof(T) == typeof(float?))
        {
            return Lift(((float*)data)[row]);
        }

        if (typeof(T) == typeof(decimal) || typeof(T) == typeof(decimal?))
        {
            return Give(EngineDecimal.Read(data, row, scale));
        }

        if (typeof(T) == typeof(DateOnly) || typeof(T) == typeof(DateOnly?))
        {
            return Give(EngineTime.ToDate(((int*)data)[row]));
        }

        if (typeof(T) == typeof(TimeOnly) || typeof(T) == typeof(TimeOnly?))
        {
            return Give(EngineTime.ToTime(((long*)data)[row]));
        }

        if (typeof(T) == typeof(DateTime) || typeof(T) == typeof(DateTime?))
        {
            return Give(EngineTime.ToTimestamp(((long*)data)[row], DateTimeKind.Unspecified));
        }

        return Give(new DateTimeOffset(EngineTime.ToTimestamp(((long*)data)[row], DateTimeKind.Utc)));
    }

    private static bool WriteOther(nint vector, byte* data, long row, T value, int scale)
    {
        if (HasNull && value is null)
        {
            return false;
        }

        if (typeof(T) == typeof(string))
        {
            EngineBytes.Write(vector, row, Unsafe.As<T, string>(ref value));
        }
        else if (typeof(T) == typeof(byte[]))
        {
            EngineBytes.Write(vector, row, Unsafe.As<T, byte[]>(ref value));
        }
        else if (typeof(T) == typeof(int?))
        {
            ((int*)data)[row] = Unsafe.As<T, int?>(ref value).GetValueOrDefault();
        }
        else if (typeof(T) == typeof(long?))
        {
            ((long*)data)[row] = Unsafe.As<T, long?>(ref value).GetValueOrDefault();
        }
        else if (typeof(T) == typeof(double?))
        {
            ((double*)data)[row] = Unsafe.As<T, double?>(ref value).GetValueOrDefault();
        }
        else if (typeof(T) == typeof(bool?))
        {
            ((bool*)data)[row] = Unsafe.As<T, bool?>(ref value).GetValueOrDefault();
        }
        else if (typeof(T) == typeof(short?))
        {
            ((short*)data)[row] = Unsafe.As<T, short?>(ref value).GetValueOrDefault();
        }
        else if (typeof(T) == typeof(float?))
        {
            ((float*)data)[row] = Unsafe.As<T, float?>(ref value).GetValueOrDefault();
        }
        else if (typeof(T) == typeof(decimal) || typeof(T) == typeof(decimal?))
        {
            EngineDecimal.Write(data, row, Take<decimal>(value), scale);
        }
        else if (typeof(T) == typeof(DateOnly) || typeof(T) == typeof(DateOnly?))
        {
            ((int*)data)[row] = EngineTime.OfDate(Take<DateOnly>(value));
        }
        else if (typeof(T) == typeof(TimeOnly) || typeof(T) == typeof(TimeOnly?))
        {
            ((long*)data)[row] = EngineTime.OfTime(Take<TimeOnly>(value));
        }
        else if (typeof(T) == typeof(DateTime) || typeof(T) == typeof(DateTime?))
        {
            ((long*)data)[row] = EngineTime.OfTimestamp(Take<DateTime>(value));
        }
        else
        {
            ((long*)data)[row] = EngineTime.OfTimestamp(Take<DateTimeOffset>(value).UtcDateTime);
        }

        return true;
    }

    /// <summary>A value as the type itself, or as the one of it that may be null.</summary>
    private static T Give<TValue>(TValue value)
        where TValue : struct => IsNullable ? Lift(value) : Unsafe.As<TValue, T>(ref value);

    private static T Lift<TValue>(TValue value)
        where TValue : struct
    {
        TValue? lifted = value;
        return Unsafe.As<TValue?, T>(ref lifted);
    }

    private static TValue Take<TValue>(T value)
        where TValue : struct => IsNullable ? Unsafe.As<T, TValue?>(ref value).GetValueOrDefault() : Unsafe.As<T, TValue>(ref value);
}
