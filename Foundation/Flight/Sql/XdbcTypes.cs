using OrleansFlow.Arrow;

namespace OrleansFlow.Flight.Sql;

/// <summary>The SQL types of the local engine as CommandGetXdbcTypeInfo lists them; numbers are those of ODBC and JDBC.</summary>
public static class XdbcTypes
{
    private const int Nullable = 1;
    private const int SearchableBasic = 2;
    private const int SearchableFull = 3;
    private const int DateTime = 9;
    private const int SubcodeDate = 1;
    private const int SubcodeTime = 2;
    private const int SubcodeTimestamp = 3;

    // Name, number, digits or bytes, unsigned, largest scale, subcode of dates and times. In the order that the protocol wants: by number.
    private static readonly (string Name, int Type, int? Size, bool? Unsigned, int? ScaleMax, int? Subcode)[] Known =
    [
        ("BOOLEAN", -7, 1, null, null, null),
        ("TINYINT", -6, 3, false, null, null),
        ("UTINYINT", -6, 3, true, null, null),
        ("BIGINT", -5, 19, false, null, null),
        ("UBIGINT", -5, 20, true, null, null),
        ("BLOB", -3, null, null, null, null),
        ("DECIMAL", 3, 38, false, 38, null),
        ("INTEGER", 4, 10, false, null, null),
        ("UINTEGER", 4, 10, true, null, null),
        ("SMALLINT", 5, 5, false, null, null),
        ("USMALLINT", 5, 5, true, null, null),
        ("FLOAT", 7, 24, false, null, null),
        ("DOUBLE", 8, 53, false, null, null),
        ("INTERVAL", 10, null, null, null, null),
        ("UUID", 12, 36, null, null, null),
        ("VARCHAR", 12, null, null, null, null),
        ("DATE", 91, 10, null, null, SubcodeDate),
        ("TIME", 92, 15, null, 6, SubcodeTime),
        ("TIMESTAMP", 93, 26, null, 6, SubcodeTimestamp),
        ("TIMESTAMP WITH TIME ZONE", 93, 32, null, 6, SubcodeTimestamp),
    ];

    /// <summary>The types.</summary>
    /// <param name="dataType">Number of the type; null: all.</param>
    public static RecordBatch ToBatch(int? dataType)
    {
        using var builder = new RecordBatchBuilder(FlightSqlSchemas.XdbcTypeInfo);
        foreach (var type in Known.Where(type => dataType is null || type.Type == dataType))
        {
            var isText = type.Type is 12 or -3 || type.Subcode is not null;
            builder.AppendRow(
                type.Name,
                type.Type,
                type.Size,
                isText ? "'" : null,
                isText ? "'" : null,
                type.Name == "DECIMAL" ? new[] { "precision", "scale" } : null,
                Nullable,
                type.Type == 12,
                type.Type == 12 ? SearchableFull : SearchableBasic,
                type.Unsigned,
                type.Name == "DECIMAL",
                false,
                type.Name,
                type.ScaleMax is null ? null : 0,
                type.ScaleMax,
                type.Subcode is null ? type.Type : DateTime,
                type.Subcode,
                type.Unsigned is null ? null : type.Name is "FLOAT" or "DOUBLE" ? 2 : 10,
                null);
        }

        return builder.Build();
    }
}
