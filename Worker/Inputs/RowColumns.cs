using System.Data.Common;
using System.Globalization;
using OrleansFlow.Arrow;

namespace OrleansFlow.Worker.Inputs;

/// <summary>The columns of a database's rows as Arrow ones. Types without a counterpart become texts, so that nothing is lost in rounding.</summary>
internal sealed class RowColumns
{
    private readonly ArrowType[] _types;

    public RowColumns(DbDataReader reader)
    {
        _types = [.. Enumerable.Range(0, reader.FieldCount).Select(column => TypeOf(reader.GetFieldType(column), reader.GetDataTypeName(column)))];
        Schema = new ArrowSchema([.. _types.Select((type, column) => new ArrowField(reader.GetName(column), type, true))]);
    }

    public ArrowSchema Schema { get; }

    /// <summary>A value in the form that the column's builder takes; null for a null.</summary>
    public object? ValueOf(int column, object value) => value is DBNull ? null : _types[column] switch
    {
        StringType when value is not string => Text(value),
        TimestampType when value is DateTimeOffset time => time.UtcDateTime,
        TimestampType when value is string text => DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind),
        _ => value,
    };

    private static ArrowType TypeOf(Type type, string databaseType) => Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean => ArrowType.Boolean,
        TypeCode.SByte => ArrowType.Int8,
        TypeCode.Byte => ArrowType.UInt8,
        TypeCode.Int16 => ArrowType.Int16,
        TypeCode.UInt16 => ArrowType.UInt16,
        TypeCode.Int32 => ArrowType.Int32,
        TypeCode.UInt32 => ArrowType.UInt32,
        TypeCode.Int64 => ArrowType.Int64,
        TypeCode.UInt64 => ArrowType.UInt64,
        TypeCode.Single => ArrowType.Float32,
        TypeCode.Double => ArrowType.Float64,
        TypeCode.DateTime => ArrowType.Timestamp(TimeUnit.Microsecond, databaseType is "timestamp with time zone" or "timestamptz" ? "UTC" : null),
        _ when type == typeof(DateTimeOffset) => ArrowType.Timestamp(TimeUnit.Microsecond, "UTC"),
        _ when type == typeof(DateOnly) => ArrowType.Date32,
        _ when type == typeof(TimeOnly) => ArrowType.Time64(TimeUnit.Microsecond),
        _ when type == typeof(byte[]) => ArrowType.Binary,
        _ => ArrowType.Utf8,
    };

    private static string Text(object value) => value is Array list
        ? $"[{string.Join(", ", list.Cast<object?>().Select(item => item is null ? "null" : Text(item)))}]"
        : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
