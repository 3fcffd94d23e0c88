using OrleansFlow.Arrow;

namespace OrleansFlow.Worker.Queries.Databases;

/// <summary>How the values of a column come in PostgreSQL's binary form.</summary>
internal enum PostgresForm
{
    Boolean,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    Decimal,
    Text,
    Bytes,
    Date,
    Time,
    Timestamp,
    Interval,
}

/// <summary>A column of a PostgreSQL table. Types without an exact counterpart are read as the texts that PostgreSQL writes, so that no value is rounded.</summary>
/// <param name="Name">Its name, as PostgreSQL has it.</param>
/// <param name="TypeId">PostgreSQL's number of the type; of an array: of its elements.</param>
/// <param name="IsArray">Whether it is an array.</param>
/// <param name="Modifier">PostgreSQL's modifier, which holds precision and scale of a numeric; -1 for none.</param>
internal sealed record PostgresColumn(string Name, uint TypeId, bool IsArray, int Modifier)
{
    /// <summary>PostgreSQL's number of timestamps with a time zone.</summary>
    public const uint TimestampTzId = 1184;

    private const uint NumericId = 1700;

    // The widest that the engine has.
    private const int PrecisionMax = 38;

    /// <summary>Digits before and after the point of a numeric that fits; null for all others.</summary>
    public (int Precision, int Scale)? Digits { get; } = TypeId == NumericId ? DigitsOf(Modifier) : null;

    /// <summary>How each value comes.</summary>
    public PostgresForm Form => TypeId switch
    {
        16 => PostgresForm.Boolean,
        17 => PostgresForm.Bytes,
        20 or 26 => PostgresForm.Int64,
        21 => PostgresForm.Int16,
        23 => PostgresForm.Int32,
        700 => PostgresForm.Float32,
        701 => PostgresForm.Float64,
        1082 => PostgresForm.Date,
        1083 => PostgresForm.Time,
        1114 or TimestampTzId => PostgresForm.Timestamp,
        1186 => PostgresForm.Interval,
        NumericId when Digits is not null => PostgresForm.Decimal,
        _ => PostgresForm.Text,
    };

    /// <summary>Whether its values are texts in PostgreSQL too: they compare as the engine compares them.</summary>
    public bool IsPlainText => TypeId is 25 or 1043 && !IsArray;

    /// <summary>The column's type.</summary>
    public ArrowType Type => IsArray ? ArrowType.List(ItemType) : ItemType;

    /// <summary>The column in a SELECT. The conversion says what the reader expects, whatever became of the table since it was looked at.</summary>
    public string ReadSql => $"{PostgresText.Quote(Name)}::{TypeName}{(IsArray ? "[]" : "")}";

    private ArrowType ItemType => Form switch
    {
        PostgresForm.Boolean => ArrowType.Boolean,
        PostgresForm.Int16 => ArrowType.Int16,
        PostgresForm.Int32 => ArrowType.Int32,
        PostgresForm.Int64 => ArrowType.Int64,
        PostgresForm.Float32 => ArrowType.Float32,
        PostgresForm.Float64 => ArrowType.Float64,
        PostgresForm.Decimal => ArrowType.Decimal128(Digits!.Value.Precision, Digits.Value.Scale),
        PostgresForm.Bytes => ArrowType.Binary,
        PostgresForm.Date => ArrowType.Date32,
        PostgresForm.Time => ArrowType.Time64(TimeUnit.Microsecond),
        PostgresForm.Timestamp => ArrowType.Timestamp(TimeUnit.Microsecond, TypeId == TimestampTzId ? "UTC" : null),
        PostgresForm.Interval => ArrowType.Interval(IntervalUnit.MonthDayNano),
        _ => ArrowType.Utf8,
    };

    private string TypeName => Form switch
    {
        PostgresForm.Boolean => "bool",
        PostgresForm.Int16 => "int2",
        PostgresForm.Int32 => "int4",
        PostgresForm.Int64 => "int8",
        PostgresForm.Float32 => "float4",
        PostgresForm.Float64 => "float8",
        PostgresForm.Decimal => FormattableString.Invariant($"numeric({Digits!.Value.Precision},{Digits.Value.Scale})"),
        PostgresForm.Bytes => "bytea",
        PostgresForm.Date => "date",
        PostgresForm.Time => "time",
        PostgresForm.Timestamp => TypeId == TimestampTzId ? "timestamptz" : "timestamp",
        PostgresForm.Interval => "interval",
        _ => "text",
    };

    private static (int Precision, int Scale)? DigitsOf(int modifier)
    {
        if (modifier < 4)
        {
            return null;
        }

        var precision = (modifier - 4) >> 16;
        var scale = (((modifier - 4) & 0x7ff) ^ 0x400) - 0x400;
        return precision is >= 1 and <= PrecisionMax && scale >= 0 && scale <= precision ? (precision, scale) : null;
    }
}
