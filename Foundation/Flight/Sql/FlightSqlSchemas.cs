using OrleansFlow.Arrow;

namespace OrleansFlow.Flight.Sql;

/// <summary>The columns that Flight SQL prescribes for its metadata.</summary>
public static class FlightSqlSchemas
{
    private static readonly UnionType InfoValue = ArrowType.DenseUnion(
        new ArrowField("string_value", ArrowType.Utf8),
        new ArrowField("bool_value", ArrowType.Boolean),
        new ArrowField("bigint_value", ArrowType.Int64),
        new ArrowField("int32_bitmask", ArrowType.Int32),
        new ArrowField("string_list", ArrowType.List(ArrowType.Utf8)),
        new ArrowField("int32_to_int32_list_map", ArrowType.Map(ArrowType.Int32, ArrowType.List(ArrowType.Int32))));

    /// <summary>Answer to CommandGetSqlInfo.</summary>
    public static ArrowSchema SqlInfo { get; } = new(Required("info_name", ArrowType.UInt32), Required("value", InfoValue));

    /// <summary>Answer to CommandGetCatalogs.</summary>
    public static ArrowSchema Catalogs { get; } = new(Required("catalog_name", ArrowType.Utf8));

    /// <summary>Answer to CommandGetDbSchemas.</summary>
    public static ArrowSchema DbSchemas { get; } = new(Optional("catalog_name", ArrowType.Utf8), Required("db_schema_name", ArrowType.Utf8));

    /// <summary>Answer to CommandGetTables.</summary>
    public static ArrowSchema Tables { get; } = new(
        Optional("catalog_name", ArrowType.Utf8), Optional("db_schema_name", ArrowType.Utf8), Required("table_name", ArrowType.Utf8), Required("table_type", ArrowType.Utf8));

    /// <summary>Answer to CommandGetTables that asks for schemas, too.</summary>
    public static ArrowSchema TablesWithSchema { get; } = new([.. Tables.Fields, Required("table_schema", ArrowType.Binary)]);

    /// <summary>Answer to CommandGetTableTypes.</summary>
    public static ArrowSchema TableTypes { get; } = new(Required("table_type", ArrowType.Utf8));

    /// <summary>Answer to CommandGetPrimaryKeys.</summary>
    public static ArrowSchema PrimaryKeys { get; } = new(
        Optional("catalog_name", ArrowType.Utf8),
        Optional("db_schema_name", ArrowType.Utf8),
        Required("table_name", ArrowType.Utf8),
        Required("column_name", ArrowType.Utf8),
        Required("key_sequence", ArrowType.Int32),
        Optional("key_name", ArrowType.Utf8));

    /// <summary>Answer to CommandGetImportedKeys, CommandGetExportedKeys and CommandGetCrossReference.</summary>
    public static ArrowSchema ForeignKeys { get; } = new(
        Optional("pk_catalog_name", ArrowType.Utf8),
        Optional("pk_db_schema_name", ArrowType.Utf8),
        Required("pk_table_name", ArrowType.Utf8),
        Required("pk_column_name", ArrowType.Utf8),
        Optional("fk_catalog_name", ArrowType.Utf8),
        Optional("fk_db_schema_name", ArrowType.Utf8),
        Required("fk_table_name", ArrowType.Utf8),
        Required("fk_column_name", ArrowType.Utf8),
        Required("key_sequence", ArrowType.Int32),
        Optional("fk_key_name", ArrowType.Utf8),
        Optional("pk_key_name", ArrowType.Utf8),
        Required("update_rule", ArrowType.UInt8),
        Required("delete_rule", ArrowType.UInt8));

    /// <summary>Answer to CommandGetXdbcTypeInfo.</summary>
    public static ArrowSchema XdbcTypeInfo { get; } = new(
        Required("type_name", ArrowType.Utf8),
        Required("data_type", ArrowType.Int32),
        Optional("column_size", ArrowType.Int32),
        Optional("literal_prefix", ArrowType.Utf8),
        Optional("literal_suffix", ArrowType.Utf8),
        Optional("create_params", ArrowType.List(ArrowType.Utf8)),
        Required("nullable", ArrowType.Int32),
        Required("case_sensitive", ArrowType.Boolean),
        Required("searchable", ArrowType.Int32),
        Optional("unsigned_attribute", ArrowType.Boolean),
        Required("fixed_prec_scale", ArrowType.Boolean),
        Optional("auto_increment", ArrowType.Boolean),
        Optional("local_type_name", ArrowType.Utf8),
        Optional("minimum_scale", ArrowType.Int32),
        Optional("maximum_scale", ArrowType.Int32),
        Required("sql_data_type", ArrowType.Int32),
        Optional("datetime_subcode", ArrowType.Int32),
        Optional("num_prec_radix", ArrowType.Int32),
        Optional("interval_precision", ArrowType.Int32));

    private static ArrowField Required(string name, ArrowType type) => new(name, type, isNullable: false);

    private static ArrowField Optional(string name, ArrowType type) => new(name, type);
}
