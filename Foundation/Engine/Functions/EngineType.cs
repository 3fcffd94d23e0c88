using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Functions;

/// <summary>Which of the engine's types a .NET type of a function is.</summary>
/// <param name="Id">The engine's number of it.</param>
/// <param name="Name">The engine's name, without scale.</param>
/// <param name="IsRaw">Whether both keep values in the same bytes.</param>
internal sealed record EngineType(DuckDbType Id, string Name, bool IsRaw)
{
    // A decimal of .NET has at most 29 digits; the engine's widest holds them with any scale of up to 10.
    private const byte DecimalWidth = 38;

    private static readonly Dictionary<Type, EngineType> Known = new()
    {
        [typeof(bool)] = new(DuckDbType.Boolean, "BOOLEAN", true),
        [typeof(short)] = new(DuckDbType.SmallInt, "SMALLINT", true),
        [typeof(int)] = new(DuckDbType.Integer, "INTEGER", true),
        [typeof(long)] = new(DuckDbType.BigInt, "BIGINT", true),
        [typeof(float)] = new(DuckDbType.Float, "FLOAT", true),
        [typeof(double)] = new(DuckDbType.Double, "DOUBLE", true),
        [typeof(decimal)] = new(DuckDbType.Decimal, "DECIMAL", false),
        [typeof(string)] = new(DuckDbType.Varchar, "VARCHAR", false),
        [typeof(byte[])] = new(DuckDbType.Blob, "BLOB", false),
        [typeof(DateOnly)] = new(DuckDbType.Date, "DATE", false),
        [typeof(TimeOnly)] = new(DuckDbType.Time, "TIME", false),
        [typeof(DateTime)] = new(DuckDbType.Timestamp, "TIMESTAMP", false),
        [typeof(DateTimeOffset)] = new(DuckDbType.TimestampTz, "TIMESTAMP WITH TIME ZONE", false),
    };

    /// <summary>A text or a list of texts, which only table functions take.</summary>
    public static EngineType Texts { get; } = new(DuckDbType.Any, "ANY", false);

    /// <exception cref="ArgumentException">The type has no counterpart.</exception>
    public static EngineType Of(Type type) => Known.TryGetValue(Nullable.GetUnderlyingType(type) ?? type, out var known)
        ? known
        : throw new ArgumentException(
            $"The type {type} cannot be a parameter or result of a function. Use bool, short, int, long, float, double, decimal, string, byte[], DateOnly, TimeOnly, DateTime or DateTimeOffset, or one of them that may be null.");

    /// <summary>The engine's type; the caller frees it.</summary>
    public LogicalTypeHandle Create(FunctionOptions options) =>
        new(Id == DuckDbType.Decimal ? DuckDb.CreateDecimalType(DecimalWidth, (byte)options.DecimalScale) : DuckDb.CreateLogicalType((int)Id));

    /// <summary>As SQL writes it.</summary>
    public string Sql(FunctionOptions options) => Id == DuckDbType.Decimal ? FormattableString.Invariant($"{Name}({DecimalWidth},{options.DecimalScale})") : Name;
}
