using System.Text.Json;
using OrleansFlow.Sql.Plans;

namespace OrleansFlow.Sql.Reading;

/// <summary>Reads the types of a serialized plan.</summary>
internal static class TypeReader
{
    // What SQL writes with this one word. Other types come only with a description, or cannot travel.
    private static readonly HashSet<string> SimpleTypes = new(StringComparer.Ordinal)
    {
        "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
        "FLOAT", "DOUBLE", "VARCHAR", "BLOB", "BIT", "BIGNUM", "UUID", "DATE", "TIME", "TIME_NS", "TIME WITH TIME ZONE", "TIMESTAMP", "TIMESTAMP_S",
        "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE", "INTERVAL", "NULL",
    };

    public static SqlType Read(JsonElement element)
    {
        var id = element.Text("id");
        var description = element.Object("type_info");
        if (description?.Text("alias") is "JSON")
        {
            return new SqlType("JSON");
        }

        return id switch
        {
            "DECIMAL" when description is { } info => SqlType.Decimal(info.Number("width"), info.Number("scale")),
            "LIST" when description?.Object("child_type") is { } item => SqlType.List(Read(item)),
            "MAP" when description?.Object("child_type") is { } pair => new SqlType("MAP") { Fields = Read(pair).Fields },
            "ARRAY" when description is { } info && info.Object("child_type") is { } item =>
                new SqlType("ARRAY") { Fields = [new("", Read(item))], ArraySize = info.Number("size") },
            "STRUCT" when description is { } info => new SqlType(id) { Fields = Fields(info) },

            // The first member of a union is its tag, which SQL does not write.
            "UNION" when description is { } info => new SqlType(id) { Fields = [.. Fields(info).Skip(1)] },
            "ENUM" when description is { } info => new SqlType(id) { EnumValues = [.. info.Items("values").Select(value => value.GetString()!)] },
            _ when SimpleTypes.Contains(id) => new SqlType(id),
            _ => throw new PlanReadException($"values of type {id} cannot travel between tasks"),
        };
    }

    public static ValueList<SqlType> ReadAll(IEnumerable<JsonElement> elements) => new([.. elements.Select(Read)]);

    private static ValueList<SqlTypeField> Fields(JsonElement info) =>
        new([.. info.Items("child_types").Select(field => new SqlTypeField(field.Text("first"), Read(field.GetProperty("second"))))]);
}
