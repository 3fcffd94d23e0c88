namespace OrleansFlow.Arrow;

/// <summary>Unit of times, timestamps and durations; the numbers are those of the IPC format.</summary>
public enum TimeUnit
{
    /// <summary>Seconds.</summary>
    Second = 0,

    /// <summary>Milliseconds.</summary>
    Millisecond = 1,

    /// <summary>Microseconds.</summary>
    Microsecond = 2,

    /// <summary>Nanoseconds.</summary>
    Nanosecond = 3,
}

/// <summary>What a calendar interval counts; the numbers are those of the IPC format.</summary>
public enum IntervalUnit
{
    /// <summary>Whole months in 32 bits.</summary>
    YearMonth = 0,

    /// <summary>Days and milliseconds, 32 bits each.</summary>
    DayTime = 1,

    /// <summary>Months and days in 32 bits each, nanoseconds in 64 bits.</summary>
    MonthDayNano = 2,
}

/// <summary>How a union stores its values; the numbers are those of the IPC format.</summary>
public enum UnionMode
{
    /// <summary>Every child has a slot for every row.</summary>
    Sparse = 0,

    /// <summary>Each row names a slot of its child.</summary>
    Dense = 1,
}

/// <summary>Days and milliseconds, counted apart.</summary>
/// <param name="Days">Whole days.</param>
/// <param name="Milliseconds">Milliseconds.</param>
public readonly record struct DayTimeInterval(int Days, int Milliseconds);

/// <summary>Months, days and nanoseconds, counted apart.</summary>
/// <param name="Months">Whole months.</param>
/// <param name="Days">Whole days.</param>
/// <param name="Nanoseconds">Nanoseconds.</param>
public readonly record struct MonthDayNanoInterval(int Months, int Days, long Nanoseconds);
