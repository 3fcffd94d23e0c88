namespace OrleansFlow.StreamJobs;

/// <summary>Which types of C# are which types of SQL.</summary>
internal static class RecordTypes
{
    private static readonly Dictionary<Type, string> Scalars = new()
    {
        [typeof(bool)] = "BOOLEAN",
        [typeof(sbyte)] = "TINYINT",
        [typeof(byte)] = "UTINYINT",
        [typeof(short)] = "SMALLINT",
        [typeof(ushort)] = "USMALLINT",
        [typeof(int)] = "INTEGER",
        [typeof(uint)] = "UINTEGER",
        [typeof(long)] = "BIGINT",
        [typeof(ulong)] = "UBIGINT",
        [typeof(float)] = "FLOAT",
        [typeof(double)] = "DOUBLE",
        [typeof(decimal)] = "DECIMAL(18, 6)",
        [typeof(string)] = "VARCHAR",
        [typeof(byte[])] = "BLOB",
        [typeof(DateTime)] = "TIMESTAMP",
        [typeof(DateOnly)] = "DATE",
    };

    /// <summary>The types, for messages.</summary>
    public static string Names => string.Join(", ", Scalars.Keys.Select(type => type.Name)) + ", their Nullable<> and arrays of them";

    /// <summary>The SQL type; null when there is none.</summary>
    public static string? TrySqlType(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (Scalars.TryGetValue(type, out var found))
        {
            return found;
        }

        return type.IsSZArray && Scalars.TryGetValue(Nullable.GetUnderlyingType(type.GetElementType()!) ?? type.GetElementType()!, out var item) ? item + "[]" : null;
    }

    /// <summary>Whether values of a type may be null.</summary>
    public static bool IsNullable(Type type) => !type.IsValueType || Nullable.GetUnderlyingType(type) is not null;

    /// <summary>Whether it is a whole number.</summary>
    public static bool IsWhole(Type type) => Type.GetTypeCode(Nullable.GetUnderlyingType(type) ?? type)
        is TypeCode.SByte or TypeCode.Byte or TypeCode.Int16 or TypeCode.UInt16 or TypeCode.Int32 or TypeCode.UInt32 or TypeCode.Int64 or TypeCode.UInt64;

    /// <summary>Whether it is a number.</summary>
    public static bool IsNumber(Type type) => IsWhole(type) || Type.GetTypeCode(Nullable.GetUnderlyingType(type) ?? type) is TypeCode.Single or TypeCode.Double or TypeCode.Decimal;
}
