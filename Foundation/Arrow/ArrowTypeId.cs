namespace OrleansFlow.Arrow;

/// <summary>The kinds of Arrow types; each has one array class.</summary>
public enum ArrowTypeId
{
    /// <summary>Every value is null; no memory.</summary>
    Null,

    /// <summary>One bit a value.</summary>
    Boolean,

    /// <summary>Signed, 8 bits.</summary>
    Int8,

    /// <summary>Unsigned, 8 bits.</summary>
    UInt8,

    /// <summary>Signed, 16 bits.</summary>
    Int16,

    /// <summary>Unsigned, 16 bits.</summary>
    UInt16,

    /// <summary>Signed, 32 bits.</summary>
    Int32,

    /// <summary>Unsigned, 32 bits.</summary>
    UInt32,

    /// <summary>Signed, 64 bits.</summary>
    Int64,

    /// <summary>Unsigned, 64 bits.</summary>
    UInt64,

    /// <summary>IEEE 754 half precision.</summary>
    Float16,

    /// <summary>IEEE 754 single precision.</summary>
    Float32,

    /// <summary>IEEE 754 double precision.</summary>
    Float64,

    /// <summary>UTF-8 text with 32-bit offsets.</summary>
    Utf8,

    /// <summary>UTF-8 text with 64-bit offsets.</summary>
    LargeUtf8,

    /// <summary>Bytes with 32-bit offsets.</summary>
    Binary,

    /// <summary>Bytes with 64-bit offsets.</summary>
    LargeBinary,

    /// <summary>The same number of bytes in every value.</summary>
    FixedSizeBinary,

    /// <summary>Days since 1970-01-01, 32 bits.</summary>
    Date32,

    /// <summary>Milliseconds since 1970-01-01 (whole days), 64 bits.</summary>
    Date64,

    /// <summary>Time of day in seconds or milliseconds, 32 bits.</summary>
    Time32,

    /// <summary>Time of day in microseconds or nanoseconds, 64 bits.</summary>
    Time64,

    /// <summary>Units since the Unix epoch, 64 bits, with or without a time zone.</summary>
    Timestamp,

    /// <summary>A length of time in units, 64 bits.</summary>
    Duration,

    /// <summary>A calendar interval.</summary>
    Interval,

    /// <summary>Decimal number in 32 bits.</summary>
    Decimal32,

    /// <summary>Decimal number in 64 bits.</summary>
    Decimal64,

    /// <summary>Decimal number in 128 bits.</summary>
    Decimal128,

    /// <summary>Decimal number in 256 bits.</summary>
    Decimal256,

    /// <summary>Lists with 32-bit offsets.</summary>
    List,

    /// <summary>Lists with 64-bit offsets.</summary>
    LargeList,

    /// <summary>Lists that all have the same number of items.</summary>
    FixedSizeList,

    /// <summary>Named fields side by side.</summary>
    Struct,

    /// <summary>Lists of key and value.</summary>
    Map,

    /// <summary>One of several types, chosen for each value.</summary>
    Union,

    /// <summary>Indices into a dictionary of values.</summary>
    Dictionary,

    /// <summary>UTF-8 text behind views of 16 bytes.</summary>
    Utf8View,

    /// <summary>Bytes behind views of 16 bytes.</summary>
    BinaryView,

    /// <summary>Lists with 32-bit offsets and sizes, in any order.</summary>
    ListView,

    /// <summary>Lists with 64-bit offsets and sizes, in any order.</summary>
    LargeListView,

    /// <summary>Values, each with the end of its run.</summary>
    RunEndEncoded,
}
