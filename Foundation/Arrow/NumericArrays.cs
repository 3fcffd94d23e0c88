namespace OrleansFlow.Arrow;

/// <summary>Signed 8-bit integers.</summary>
public sealed class Int8Array : PrimitiveArray<sbyte>
{
    internal Int8Array(ArrowArrayData data)
        : base(data)
    {
    }
}

/// <summary>Unsigned 8-bit integers.</summary>
public sealed class UInt8Array : PrimitiveArray<byte>
{
    internal UInt8Array(ArrowArrayData data)
        : base(data)
    {
    }
}

/// <summary>Signed 16-bit integers.</summary>
public sealed class Int16Array : PrimitiveArray<short>
{
    internal Int16Array(ArrowArrayData data)
        : base(data)
    {
    }
}

/// <summary>Unsigned 16-bit integers.</summary>
public sealed class UInt16Array : PrimitiveArray<ushort>
{
    internal UInt16Array(ArrowArrayData data)
        : base(data)
    {
    }
}

/// <summary>Signed 32-bit integers.</summary>
public sealed class Int32Array : PrimitiveArray<int>
{
    internal Int32Array(ArrowArrayData data)
        : base(data)
    {
    }
}

/// <summary>Unsigned 32-bit integers.</summary>
public sealed class UInt32Array : PrimitiveArray<uint>
{
    internal UInt32Array(ArrowArrayData data)
        : base(data)
    {
    }
}

/// <summary>Signed 64-bit integers.</summary>
public sealed class Int64Array : PrimitiveArray<long>
{
    internal Int64Array(ArrowArrayData data)
        : base(data)
    {
    }
}

/// <summary>Unsigned 64-bit integers.</summary>
public sealed class UInt64Array : PrimitiveArray<ulong>
{
    internal UInt64Array(ArrowArrayData data)
        : base(data)
    {
    }
}

/// <summary>Half-precision numbers.</summary>
public sealed class HalfArray : PrimitiveArray<Half>
{
    internal HalfArray(ArrowArrayData data)
        : base(data)
    {
    }
}

/// <summary>Single-precision numbers.</summary>
public sealed class FloatArray : PrimitiveArray<float>
{
    internal FloatArray(ArrowArrayData data)
        : base(data)
    {
    }
}

/// <summary>Double-precision numbers.</summary>
public sealed class DoubleArray : PrimitiveArray<double>
{
    internal DoubleArray(ArrowArrayData data)
        : base(data)
    {
    }
}

/// <summary>Whole months.</summary>
public sealed class YearMonthIntervalArray : PrimitiveArray<int>
{
    internal YearMonthIntervalArray(ArrowArrayData data)
        : base(data)
    {
    }
}

/// <summary>Days and milliseconds.</summary>
public sealed class DayTimeIntervalArray : PrimitiveArray<DayTimeInterval>
{
    internal DayTimeIntervalArray(ArrowArrayData data)
        : base(data)
    {
    }
}

/// <summary>Months, days and nanoseconds.</summary>
public sealed class MonthDayNanoIntervalArray : PrimitiveArray<MonthDayNanoInterval>
{
    internal MonthDayNanoIntervalArray(ArrowArrayData data)
        : base(data)
    {
    }
}
