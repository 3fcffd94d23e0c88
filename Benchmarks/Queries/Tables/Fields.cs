using OrleansFlow.Arrow;

namespace OrleansFlow.Benchmarks.Queries.Tables;

/// <summary>Shorthand for columns.</summary>
internal static class Fields
{
    /// <summary>Money with 15 digits, 2 of them behind the point.</summary>
    public static readonly DecimalType Money = ArrowType.Decimal128(15, 2);

    public static ArrowField Key(string name, bool isNullable = false) => new(name, ArrowType.Int64, isNullable);

    public static ArrowField Int(string name, bool isNullable = false) => new(name, ArrowType.Int32, isNullable);

    public static ArrowField Text(string name, bool isNullable = false) => new(name, ArrowType.Utf8, isNullable);

    public static ArrowField Date(string name, bool isNullable = false) => new(name, ArrowType.Date32, isNullable);

    public static ArrowField Amount(string name, bool isNullable = false) => new(name, Money, isNullable);

    public static ArrowField Flag(string name, bool isNullable = false) => new(name, ArrowType.Boolean, isNullable);

    public static ArrowField Time(string name, bool isNullable = false) => new(name, ArrowType.Timestamp(TimeUnit.Microsecond), isNullable);
}
