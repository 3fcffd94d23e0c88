using System.Globalization;
using System.Text;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine;

/// <summary>Turns .NET values into DuckDB values for parameters.</summary>
internal static unsafe class EngineValue
{
    private const long TicksPerMicrosecond = TimeSpan.TicksPerMicrosecond;

    /// <summary>Binds all parameters of a statement, which must be as many as it has.</summary>
    /// <exception cref="ArgumentException">Too many, too few, or a type that has no counterpart.</exception>
    public static void BindAll(StatementHandle statement, IReadOnlyList<object?> parameters)
    {
        var expected = DuckDb.ParameterCount(statement);
        if ((ulong)parameters.Count != expected)
        {
            throw new ArgumentException($"The statement has {expected} parameters and {parameters.Count} were given.", nameof(parameters));
        }

        for (var index = 0; index < parameters.Count; index++)
        {
            var value = Create(parameters[index], index);
            try
            {
                if (DuckDb.BindValue(statement, (ulong)index + 1, value) != DuckDb.Success)
                {
                    throw new EngineException($"Parameter {index + 1} could not be bound.", EngineErrorKind.InvalidInput);
                }
            }
            finally
            {
                DuckDb.DestroyValue(ref value);
            }
        }
    }

    private static nint Create(object? value, int index) => value switch
    {
        null => DuckDb.CreateNull(),
        bool boolean => DuckDb.CreateBoolean(boolean),
        sbyte number => DuckDb.CreateInt8(number),
        byte number => DuckDb.CreateUInt8(number),
        short number => DuckDb.CreateInt16(number),
        ushort number => DuckDb.CreateUInt16(number),
        int number => DuckDb.CreateInt32(number),
        uint number => DuckDb.CreateUInt32(number),
        long number => DuckDb.CreateInt64(number),
        ulong number => DuckDb.CreateUInt64(number),
        float number => DuckDb.CreateSingle(number),
        double number => DuckDb.CreateDouble(number),
        decimal number => FromDecimal(number),
        string text => FromText(text),
        byte[] bytes => FromBytes(bytes),
        DateOnly date => DuckDb.CreateDate(date.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber),
        TimeOnly time => DuckDb.CreateTime(time.Ticks / TicksPerMicrosecond),
        DateTime { Kind: DateTimeKind.Unspecified or DateTimeKind.Utc } time => DuckDb.CreateTimestamp(SinceEpoch(time)),
        DateTimeOffset time => DuckDb.CreateTimestampTz(SinceEpoch(time.UtcDateTime)),
        TimeSpan span => DuckDb.CreateInterval(new DuckDbInterval(0, 0, span.Ticks / TicksPerMicrosecond)),
        Guid guid => FromGuid(guid),
        DateTime => throw new ArgumentException(
            $"Parameter {index + 1} is a local DateTime, which means another instant on another machine; pass UTC or a DateTimeOffset."),
        _ => throw new ArgumentException(
            $"Parameter {index + 1} has the type {value.GetType()}, which has no SQL counterpart; pass a number, text, bytes, date or time."),
    };

    private static long SinceEpoch(DateTime time) =>
        long.CreateSaturating(Math.Floor((decimal)(time.Ticks - DateTime.UnixEpoch.Ticks) / TicksPerMicrosecond));

    private static nint FromText(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        fixed (byte* pointer = utf8)
        {
            byte none = 0;
            return DuckDb.CreateText(pointer is null ? &none : pointer, (ulong)utf8.Length);
        }
    }

    private static nint FromBytes(byte[] bytes)
    {
        fixed (byte* pointer = bytes)
        {
            byte none = 0;
            return DuckDb.CreateBlob(pointer is null ? &none : pointer, (ulong)bytes.Length);
        }
    }

    private static nint FromDecimal(decimal number)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(number, bits);
        var scale = (byte)(bits[3] >> 16);
        var magnitude = new Int128((uint)bits[2], ((ulong)(uint)bits[1] << 32) | (uint)bits[0]);
        var value = number < 0 ? -magnitude : magnitude;
        var digits = (byte)magnitude.ToString(CultureInfo.InvariantCulture).Length;

        // One digit before the point, or DuckDB's text of the value would have none.
        return DuckDb.CreateDecimal(new DuckDbDecimal(Math.Max(digits, (byte)(scale + 1)), scale, Split(value)));
    }

    private static nint FromGuid(Guid guid)
    {
        Span<byte> bytes = stackalloc byte[16];
        guid.TryWriteBytes(bytes, bigEndian: true, out _);
        var upper = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes);
        var lower = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        return DuckDb.CreateUuid(new DuckDbHugeInt(lower, (long)upper));
    }

    private static DuckDbHugeInt Split(Int128 value) => new((ulong)value, (long)(value >> 64));
}
