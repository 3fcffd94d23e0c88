using System.Globalization;
using OrleansFlow.Engine;

namespace OrleansFlow.Sql.Plans;

/// <summary>A type of DuckDB as SQL writes it. Two types are equal when SQL cannot tell them apart.</summary>
/// <param name="Id">Name of the type, such as <c>INTEGER</c>, <c>DECIMAL</c>, <c>LIST</c>.</param>
internal sealed record SqlType(string Id)
{
    public static readonly SqlType Boolean = new("BOOLEAN");
    public static readonly SqlType Integer = new("INTEGER");
    public static readonly SqlType BigInt = new("BIGINT");
    public static readonly SqlType UBigInt = new("UBIGINT");
    public static readonly SqlType HugeInt = new("HUGEINT");
    public static readonly SqlType Double = new("DOUBLE");
    public static readonly SqlType Varchar = new("VARCHAR");

    /// <summary>Digits of a decimal.</summary>
    public int Width { get; init; }

    /// <summary>Digits of a decimal behind the point.</summary>
    public int Scale { get; init; }

    /// <summary>Fields of a struct or members of a union; the one child of a list or array (unnamed); key and value of a map.</summary>
    public ValueList<SqlTypeField> Fields { get; init; } = [];

    /// <summary>Texts of an enum, in order.</summary>
    public ValueList<string> EnumValues { get; init; } = [];

    /// <summary>Items of a fixed-size array.</summary>
    public int ArraySize { get; init; }

    public bool IsNested => Fields.Count > 0;

    /// <summary>Whether some part is a struct without names: SQL has no word for such a type.</summary>
    public bool HasUnnamedFields =>
        (Id is "STRUCT" && Fields.Any(part => part.Name.Length == 0)) || Fields.Any(part => part.Type.HasUnnamedFields);

    public bool IsFloating => Id is "DOUBLE" or "FLOAT";

    public bool IsInteger => Id is "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" or "HUGEINT"
        or "UTINYINT" or "USMALLINT" or "UINTEGER" or "UBIGINT" or "UHUGEINT";

    /// <summary>Whether values are equal when, and only when, their bytes are.</summary>
    public bool IsComparedByBytes => Id is
        "BOOLEAN" or "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" or "UTINYINT" or "USMALLINT" or "UINTEGER" or "UBIGINT"
        or "VARCHAR" or "BLOB" or "DATE" or "TIME" or "TIMESTAMP" or "TIMESTAMP_S" or "TIMESTAMP_MS" or "TIMESTAMP_NS" or "TIMESTAMP WITH TIME ZONE" or "DECIMAL";

    public static SqlType Decimal(int width, int scale) => new("DECIMAL") { Width = width, Scale = scale };

    public static SqlType List(SqlType item) => new("LIST") { Fields = [new("", item)] };

    /// <summary>The type as a cast writes it.</summary>
    public override string ToString() => Id switch
    {
        "DECIMAL" => string.Create(CultureInfo.InvariantCulture, $"DECIMAL({Width},{Scale})"),
        "LIST" => $"{Fields[0].Type}[]",
        "ARRAY" => string.Create(CultureInfo.InvariantCulture, $"{Fields[0].Type}[{ArraySize}]"),
        "MAP" => $"MAP({Fields[0].Type}, {Fields[1].Type})",
        "STRUCT" => $"STRUCT({Named()})",
        "UNION" => $"UNION({Named()})",
        "ENUM" => $"ENUM({string.Join(", ", EnumValues.Select(EngineText.Literal))})",
        "NULL" => "\"NULL\"",
        _ => Id,
    };

    private string Named() =>
        string.Join(", ", Fields.Select(field => field.Name.Length == 0 ? field.Type.ToString() : $"{EngineText.Quote(field.Name)} {field.Type}"));
}

/// <summary>A part of a nested type.</summary>
/// <param name="Name">Name of the field; empty where there is none.</param>
/// <param name="Type">Its type.</param>
internal sealed record SqlTypeField(string Name, SqlType Type);
