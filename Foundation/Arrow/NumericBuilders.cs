namespace OrleansFlow.Arrow;

/// <summary>Builds <see cref="Int8Array"/>.</summary>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class Int8Builder(ArrowAllocator? allocator = null) : PrimitiveBuilder<sbyte>(ArrowType.Int8, allocator);

/// <summary>Builds <see cref="UInt8Array"/>.</summary>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class UInt8Builder(ArrowAllocator? allocator = null) : PrimitiveBuilder<byte>(ArrowType.UInt8, allocator);

/// <summary>Builds <see cref="Int16Array"/>.</summary>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class Int16Builder(ArrowAllocator? allocator = null) : PrimitiveBuilder<short>(ArrowType.Int16, allocator);

/// <summary>Builds <see cref="UInt16Array"/>.</summary>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class UInt16Builder(ArrowAllocator? allocator = null) : PrimitiveBuilder<ushort>(ArrowType.UInt16, allocator);

/// <summary>Builds <see cref="Int32Array"/>.</summary>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class Int32Builder(ArrowAllocator? allocator = null) : PrimitiveBuilder<int>(ArrowType.Int32, allocator);

/// <summary>Builds <see cref="UInt32Array"/>.</summary>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class UInt32Builder(ArrowAllocator? allocator = null) : PrimitiveBuilder<uint>(ArrowType.UInt32, allocator);

/// <summary>Builds <see cref="Int64Array"/>.</summary>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class Int64Builder(ArrowAllocator? allocator = null) : PrimitiveBuilder<long>(ArrowType.Int64, allocator);

/// <summary>Builds <see cref="UInt64Array"/>.</summary>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class UInt64Builder(ArrowAllocator? allocator = null) : PrimitiveBuilder<ulong>(ArrowType.UInt64, allocator);

/// <summary>Builds <see cref="HalfArray"/>.</summary>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class HalfBuilder(ArrowAllocator? allocator = null) : PrimitiveBuilder<Half>(ArrowType.Float16, allocator);

/// <summary>Builds <see cref="FloatArray"/>.</summary>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class FloatBuilder(ArrowAllocator? allocator = null) : PrimitiveBuilder<float>(ArrowType.Float32, allocator);

/// <summary>Builds <see cref="DoubleArray"/>.</summary>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class DoubleBuilder(ArrowAllocator? allocator = null) : PrimitiveBuilder<double>(ArrowType.Float64, allocator);

/// <summary>Builds arrays of calendar intervals in months.</summary>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class YearMonthIntervalBuilder(ArrowAllocator? allocator = null)
    : PrimitiveBuilder<int>(ArrowType.Interval(IntervalUnit.YearMonth), allocator);

/// <summary>Builds arrays of calendar intervals in days and milliseconds.</summary>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class DayTimeIntervalBuilder(ArrowAllocator? allocator = null)
    : PrimitiveBuilder<DayTimeInterval>(ArrowType.Interval(IntervalUnit.DayTime), allocator);

/// <summary>Builds arrays of calendar intervals in months, days and nanoseconds.</summary>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class MonthDayNanoIntervalBuilder(ArrowAllocator? allocator = null)
    : PrimitiveBuilder<MonthDayNanoInterval>(ArrowType.Interval(IntervalUnit.MonthDayNano), allocator);
