using System.Globalization;
using System.Numerics;
using System.Text.Json;
using OrleansFlow.Engine;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Sql.Reading;

/// <summary>
/// Reads constants and writes them as SQL. Each is written with a cast: a bare literal has types of its own in DuckDB, and a function bound
/// to a literal may be another function than the one in the plan.
/// </summary>
internal static class ConstantReader
{
    private const long MicrosecondsPerSecond = 1_000_000;
    private static readonly DateTime Epoch = DateTime.UnixEpoch;

    public static ConstantExpression Read(JsonElement value)
    {
        var type = TypeReader.Read(value.GetProperty("type"));
        return value.Flag("is_null") || !value.TryGetProperty("value", out var content)
            ? Null(type)
            : new ConstantExpression(Write(type, content), false, type);
    }

    private static ConstantExpression Null(SqlType type) =>
        type.HasUnnamedFields ? throw new PlanReadException($"a NULL of type {type} has no SQL form") : ConstantExpression.Null(type);

    private static string Write(SqlType type, JsonElement value) => type.Id switch
    {
        "BOOLEAN" => value.GetBoolean() ? "true" : "false",
        "VARCHAR" or "JSON" => Cast(Checked(value.GetString()!), type),
        "BLOB" => Cast(value.GetString()!, type),
        "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" or "UTINYINT" or "USMALLINT" or "UINTEGER" or "UBIGINT" =>
            $"CAST({Integer(value)} AS {type})",
        "HUGEINT" or "UHUGEINT" => Cast(Integer(value).ToString(CultureInfo.InvariantCulture), type),
        "DECIMAL" => Cast(Scaled(Integer(value), type.Scale), type),
        "FLOAT" or "DOUBLE" => Cast(value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText(), type),
        "UUID" => Cast(Uuid(Integer(value)), type),
        "ENUM" => Cast(type.EnumValues[value.GetInt32()], type),
        "INTERVAL" => Cast(Interval(value), type),
        "LIST" or "ARRAY" => $"CAST([{string.Join(", ", Children(value))}] AS {type})",
        "MAP" => Map(type, value),
        "STRUCT" => Struct(type, value),
        "UNION" => Union(type, value),
        _ => Cast(Temporal(type, value.GetInt64()), type),
    };

    private static string Cast(string text, SqlType type) => $"CAST({EngineText.Literal(text)} AS {type})";

    private static string Checked(string text) =>
        text.Contains('\0', StringComparison.Ordinal) ? throw new PlanReadException("a text with a NUL character has no SQL form") : text;

    private static BigInteger Integer(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            var upper = BigInteger.Parse(value.GetProperty("upper").GetRawText(), CultureInfo.InvariantCulture);
            return (upper << 64) + BigInteger.Parse(value.GetProperty("lower").GetRawText(), CultureInfo.InvariantCulture);
        }

        return BigInteger.Parse(value.GetRawText(), CultureInfo.InvariantCulture);
    }

    private static string Scaled(BigInteger value, int scale)
    {
        var digits = BigInteger.Abs(value).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        var text = scale == 0 ? digits : $"{digits[..^scale]}.{digits[^scale..]}";
        return value.Sign < 0 ? $"-{text}" : text;
    }

    // Stored with the highest bit turned, so that it sorts as a signed number.
    private static string Uuid(BigInteger value)
    {
        var bits = (value + (BigInteger.One << 127)) & ((BigInteger.One << 128) - 1);
        var digits = bits.ToString("x33", CultureInfo.InvariantCulture)[^32..];
        return $"{digits[..8]}-{digits[8..12]}-{digits[12..16]}-{digits[16..20]}-{digits[20..]}";
    }

    private static string Interval(JsonElement value) => string.Create(
        CultureInfo.InvariantCulture,
        $"{value.GetProperty("months").GetInt32()} months {value.GetProperty("days").GetInt32()} days {value.GetProperty("micros").GetInt64()} microseconds");

    private static IEnumerable<string> Children(JsonElement value) => value.Items("children").Select(child => Read(child).Sql);

    private static string Map(SqlType type, JsonElement value)
    {
        var pairs = value.Items("children").Select(pair => pair.GetProperty("value").Items("children").Select(part => Read(part).Sql).ToArray()).ToArray();
        return $"CAST(MAP([{string.Join(", ", pairs.Select(pair => pair[0]))}], [{string.Join(", ", pairs.Select(pair => pair[1]))}]) AS {type})";
    }

    private static string Struct(SqlType type, JsonElement value)
    {
        var values = Children(value);
        return type.Fields.Any(field => field.Name.Length == 0)
            ? $"row({string.Join(", ", values)})"
            : $"{{{string.Join(", ", values.Zip(type.Fields, (text, field) => $"{EngineText.Literal(field.Name)}: {text}"))}}}";
    }

    private static string Union(SqlType type, JsonElement value)
    {
        var members = value.Items("children").ToArray();
        var tag = members[0].GetProperty("value").GetInt32();
        var member = Read(members[tag + 1]);
        return $"CAST(union_value({EngineText.Quote(type.Fields[tag].Name)} := {member.Sql}) AS {type})";
    }

    private static string Temporal(SqlType type, long value) => type.Id switch
    {
        "DATE" => IsInfinite(value, int.MaxValue) ?? Moment(value * 86_400, "").Split(' ')[0],
        "TIME" => TimeOfDay(value / MicrosecondsPerSecond, value % MicrosecondsPerSecond, 6),
        "TIME_NS" => TimeOfDay(value / 1_000_000_000, value % 1_000_000_000, 9),
        "TIME WITH TIME ZONE" => ZonedTime(value),
        "TIMESTAMP_S" => IsInfinite(value, long.MaxValue) ?? Moment(value, ""),
        "TIMESTAMP_MS" => IsInfinite(value, long.MaxValue) ?? Divide(value, 1_000, 3, ""),
        "TIMESTAMP" => IsInfinite(value, long.MaxValue) ?? Divide(value, MicrosecondsPerSecond, 6, ""),
        "TIMESTAMP WITH TIME ZONE" => IsInfinite(value, long.MaxValue) ?? Divide(value, MicrosecondsPerSecond, 6, "+00"),
        "TIMESTAMP_NS" => IsInfinite(value, long.MaxValue) ?? Divide(value, 1_000_000_000, 9, ""),
        _ => throw new PlanReadException($"a constant of type {type} has no SQL form"),
    };

    private static string? IsInfinite(long value, long limit) => value == limit ? "infinity" : value == -limit ? "-infinity" : null;

    private static string Divide(long value, long perSecond, int digits, string zone)
    {
        var second = Math.DivRem(value, perSecond, out var fraction);
        if (fraction < 0)
        {
            second--;
            fraction += perSecond;
        }

        return Moment(second, $".{fraction.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0')}{zone}");
    }

    private static string Moment(long second, string rest)
    {
        // The years that .NET can name; others are rare enough to run in one task.
        const long firstSecond = -62_135_596_800;
        const long lastSecond = 253_402_300_799;
        return second is >= firstSecond and <= lastSecond
            ? Epoch.AddSeconds(second).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + rest
            : throw new PlanReadException("a date before year 1 or after year 9999 has no SQL form here");
    }

    private static string TimeOfDay(long second, long fraction, int digits) => string.Create(
        CultureInfo.InvariantCulture,
        $"{second / 3600:00}:{second / 60 % 60:00}:{second % 60:00}.{fraction.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0')}");

    // Microseconds of the day in the upper 40 bits; below, how far the offset is from the largest one (15:59:59).
    private static string ZonedTime(long value)
    {
        const int offsetMax = (16 * 3600) - 1;
        var offset = offsetMax - (int)(value & 0xFFFFFF);
        var micros = value >> 24;
        var text = TimeOfDay(micros / MicrosecondsPerSecond, micros % MicrosecondsPerSecond, 6);
        var size = Math.Abs(offset);
        return string.Create(CultureInfo.InvariantCulture, $"{text}{(offset < 0 ? '-' : '+')}{size / 3600:00}:{size / 60 % 60:00}:{size % 60:00}");
    }
}
