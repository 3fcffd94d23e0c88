namespace OrleansFlow.Arrow;

/// <summary>
/// The logical type of a column. Types compare by value. Fixed types are static properties, types with parameters are
/// static methods: <c>ArrowType.Int64</c>, <c>ArrowType.Timestamp(TimeUnit.Microsecond, "UTC")</c>, <c>ArrowType.List(ArrowType.Utf8)</c>.
/// </summary>
public abstract record ArrowType
{
    /// <summary>The type of columns that hold only nulls.</summary>
    public static NullType Null { get; } = new();

    /// <summary>True or false.</summary>
    public static BooleanType Boolean { get; } = new();

    /// <summary>Signed 8-bit integer.</summary>
    public static IntegerType Int8 { get; } = new(8, true);

    /// <summary>Unsigned 8-bit integer.</summary>
    public static IntegerType UInt8 { get; } = new(8, false);

    /// <summary>Signed 16-bit integer.</summary>
    public static IntegerType Int16 { get; } = new(16, true);

    /// <summary>Unsigned 16-bit integer.</summary>
    public static IntegerType UInt16 { get; } = new(16, false);

    /// <summary>Signed 32-bit integer.</summary>
    public static IntegerType Int32 { get; } = new(32, true);

    /// <summary>Unsigned 32-bit integer.</summary>
    public static IntegerType UInt32 { get; } = new(32, false);

    /// <summary>Signed 64-bit integer.</summary>
    public static IntegerType Int64 { get; } = new(64, true);

    /// <summary>Unsigned 64-bit integer.</summary>
    public static IntegerType UInt64 { get; } = new(64, false);

    /// <summary>Half-precision floating point.</summary>
    public static FloatingPointType Float16 { get; } = new(16);

    /// <summary>Single-precision floating point.</summary>
    public static FloatingPointType Float32 { get; } = new(32);

    /// <summary>Double-precision floating point.</summary>
    public static FloatingPointType Float64 { get; } = new(64);

    /// <summary>Text, at most 2 GB an array.</summary>
    public static StringType Utf8 { get; } = new(false);

    /// <summary>Text with 64-bit offsets.</summary>
    public static StringType LargeUtf8 { get; } = new(true);

    /// <summary>Text behind views: short values lie in the view itself, long ones in any number of data buffers.</summary>
    public static StringViewType Utf8View { get; } = new();

    /// <summary>Bytes behind views: short values lie in the view itself, long ones in any number of data buffers.</summary>
    public static BinaryViewType BinaryView { get; } = new();

    /// <summary>Bytes, at most 2 GB an array.</summary>
    public static BinaryType Binary { get; } = new(false);

    /// <summary>Bytes with 64-bit offsets.</summary>
    public static BinaryType LargeBinary { get; } = new(true);

    /// <summary>Days since 1970-01-01.</summary>
    public static DateType Date32 { get; } = new(32);

    /// <summary>Milliseconds since 1970-01-01, whole days.</summary>
    public static DateType Date64 { get; } = new(64);

    /// <summary>The kind of this type.</summary>
    public abstract ArrowTypeId Id { get; }

    /// <summary>A short name for people, such as <c>int64</c> or <c>timestamp[us, UTC]</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Bits of one value where all values have the same; 0 where they do not or where there is no value memory.</summary>
    public virtual int FixedBitWidth => 0;

    /// <summary>Fields of the child arrays; empty for flat types. A dictionary's values are not children.</summary>
    public virtual IReadOnlyList<ArrowField> Children => [];

    /// <summary>Bytes of the same length in every value.</summary>
    /// <param name="byteWidth">Bytes of one value, 0 or more.</param>
    public static FixedSizeBinaryType FixedSizeBinary(int byteWidth) => new(byteWidth);

    /// <summary>Time of day in 32 bits.</summary>
    /// <param name="unit">Seconds or milliseconds.</param>
    public static TimeType Time32(TimeUnit unit) => unit <= TimeUnit.Millisecond
        ? new TimeType(unit)
        : throw new ArgumentOutOfRangeException(nameof(unit), unit, "Time32 counts seconds or milliseconds.");

    /// <summary>Time of day in 64 bits.</summary>
    /// <param name="unit">Microseconds or nanoseconds.</param>
    public static TimeType Time64(TimeUnit unit) => unit > TimeUnit.Millisecond
        ? new TimeType(unit)
        : throw new ArgumentOutOfRangeException(nameof(unit), unit, "Time64 counts microseconds or nanoseconds.");

    /// <summary>A point in time.</summary>
    /// <param name="unit">What the values count since the Unix epoch.</param>
    /// <param name="timeZone">Zone in which the instant is shown; null for a wall-clock time without zone.</param>
    public static TimestampType Timestamp(TimeUnit unit, string? timeZone = null) => new(unit, timeZone);

    /// <summary>A length of time.</summary>
    public static DurationType Duration(TimeUnit unit) => new(unit);

    /// <summary>A calendar interval.</summary>
    public static IntervalType Interval(IntervalUnit unit) => new(unit);

    /// <summary>A decimal number of up to 9 digits.</summary>
    public static DecimalType Decimal32(int precision, int scale) => new(precision, scale, 32);

    /// <summary>A decimal number of up to 18 digits.</summary>
    public static DecimalType Decimal64(int precision, int scale) => new(precision, scale, 64);

    /// <summary>A decimal number of up to 38 digits.</summary>
    public static DecimalType Decimal128(int precision, int scale) => new(precision, scale, 128);

    /// <summary>A decimal number of up to 76 digits.</summary>
    public static DecimalType Decimal256(int precision, int scale) => new(precision, scale, 256);

    /// <summary>Lists of a type; the item field is nullable and named <c>item</c>.</summary>
    public static ListType List(ArrowType itemType) => new(new ArrowField("item", itemType), false);

    /// <summary>Lists with 64-bit offsets; the item field is nullable and named <c>item</c>.</summary>
    public static ListType LargeList(ArrowType itemType) => new(new ArrowField("item", itemType), true);

    /// <summary>Lists with 32-bit offsets and sizes; the item field is nullable and named <c>item</c>.</summary>
    public static ListViewType ListView(ArrowType itemType) => new(new ArrowField("item", itemType), false);

    /// <summary>Lists with 64-bit offsets and sizes; the item field is nullable and named <c>item</c>.</summary>
    public static ListViewType LargeListView(ArrowType itemType) => new(new ArrowField("item", itemType), true);

    /// <summary>Values that are stored once for each run of equal ones.</summary>
    /// <param name="runEndType">A signed integer of 16, 32 or 64 bits.</param>
    /// <param name="valueType">Type of the values.</param>
    public static RunEndEncodedType RunEndEncoded(IntegerType runEndType, ArrowType valueType) =>
        new(new ArrowField("run_ends", runEndType, false), new ArrowField("values", valueType));

    /// <summary>One of several types, each row naming a slot of its child; the codes are 0, 1, 2 and so on.</summary>
    public static UnionType DenseUnion(params ArrowField[] fields) => new(UnionMode.Dense, fields);

    /// <summary>One of several types, every child with a slot for every row; the codes are 0, 1, 2 and so on.</summary>
    public static UnionType SparseUnion(params ArrowField[] fields) => new(UnionMode.Sparse, fields);

    /// <summary>Lists of a fixed size; the item field is nullable and named <c>item</c>.</summary>
    public static FixedSizeListType FixedSizeList(ArrowType itemType, int size) => new(new ArrowField("item", itemType), size);

    /// <summary>Named fields side by side.</summary>
    public static StructType Struct(params ArrowField[] fields) => new(fields);

    /// <summary>Lists of key and value; keys are never null.</summary>
    public static MapType Map(ArrowType keyType, ArrowType valueType, bool keysSorted = false) =>
        new(new ArrowField("key", keyType, false), new ArrowField("value", valueType), keysSorted);

    /// <summary>Indices into a dictionary of values.</summary>
    /// <param name="indexType">Any integer type.</param>
    /// <param name="valueType">Type of the dictionary's values.</param>
    /// <param name="isOrdered">Whether the order of the dictionary means something.</param>
    public static DictionaryType Dictionary(IntegerType indexType, ArrowType valueType, bool isOrdered = false) =>
        new(indexType, valueType, isOrdered);

    /// <inheritdoc/>
    public sealed override string ToString() => Name;

    internal static string UnitName(TimeUnit unit) => unit switch
    {
        TimeUnit.Second => "s",
        TimeUnit.Millisecond => "ms",
        TimeUnit.Microsecond => "us",
        _ => "ns",
    };
}
