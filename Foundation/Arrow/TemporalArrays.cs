namespace OrleansFlow.Arrow;

/// <summary>Days since 1970-01-01.</summary>
public sealed class Date32Array : PrimitiveArray<int>
{
    internal Date32Array(ArrowArrayData data)
        : base(data)
    {
    }

    /// <summary>The date, or null.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The date lies outside the years 1 to 9999.</exception>
    public DateOnly? GetDate(int index) => IsValid(index) ? DateOnly.FromDayNumber(checked(At(index) + ArrowTime.EpochDayNumber)) : null;

    private protected override object? GetValueCore(int index) =>
        (long)At(index) + ArrowTime.EpochDayNumber is >= 0 and <= ArrowTime.MaxDayNumber ? GetDate(index) : At(index);
}

/// <summary>Milliseconds since 1970-01-01, whole days.</summary>
public sealed class Date64Array : PrimitiveArray<long>
{
    internal Date64Array(ArrowArrayData data)
        : base(data)
    {
    }

    /// <summary>The date, or null. A part of a day is dropped.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The date lies outside the years 1 to 9999.</exception>
    public DateOnly? GetDate(int index) => IsValid(index)
        ? DateOnly.FromDayNumber(checked((int)(ArrowTime.FloorDivide(At(index), 86_400_000) + ArrowTime.EpochDayNumber)))
        : null;

    private protected override object? GetValueCore(int index) =>
        ArrowTime.TryToTicks(At(index), TimeUnit.Millisecond, out _) ? GetDate(index) : At(index);
}

/// <summary>Time of day in seconds or milliseconds.</summary>
public sealed class Time32Array : PrimitiveArray<int>
{
    internal Time32Array(ArrowArrayData data)
        : base(data)
    {
    }

    /// <summary>What the values count since midnight.</summary>
    public TimeUnit Unit => ((TimeType)Type).Unit;

    /// <summary>The time of day, or null.</summary>
    public TimeOnly? GetTime(int index) => IsValid(index) ? ArrowTime.ToTimeOnly(At(index), Unit) : null;
}

/// <summary>Time of day in microseconds or nanoseconds.</summary>
public sealed class Time64Array : PrimitiveArray<long>
{
    internal Time64Array(ArrowArrayData data)
        : base(data)
    {
    }

    /// <summary>What the values count since midnight.</summary>
    public TimeUnit Unit => ((TimeType)Type).Unit;

    /// <summary>The time of day, or null. Nanoseconds below 100 are dropped.</summary>
    public TimeOnly? GetTime(int index) => IsValid(index) ? ArrowTime.ToTimeOnly(At(index), Unit) : null;
}

/// <summary>Points in time: units since the Unix epoch.</summary>
public sealed class TimestampArray : PrimitiveArray<long>
{
    internal TimestampArray(ArrowArrayData data)
        : base(data)
    {
    }

    /// <summary>What the values count.</summary>
    public TimeUnit Unit => ((TimestampType)Type).Unit;

    /// <summary>The zone in which to show the instants; null for wall-clock times.</summary>
    public string? TimeZone => ((TimestampType)Type).TimeZone;

    /// <summary>The instant in UTC (for wall-clock times: as if they were UTC), or null. Nanoseconds below 100 are dropped.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The instant lies outside the years 1 to 9999.</exception>
    public DateTimeOffset? GetTimestamp(int index)
    {
        if (!IsValid(index))
        {
            return null;
        }

        return ArrowTime.TryToTicks(At(index), Unit, out var ticks)
            ? new DateTimeOffset(ticks, TimeSpan.Zero)
            : throw new ArgumentOutOfRangeException(nameof(index), index, $"{At(index)} {Unit} since the epoch lie outside the years 1 to 9999.");
    }

    private protected override object? GetValueCore(int index) =>
        Unit != TimeUnit.Nanosecond && ArrowTime.TryToTicks(At(index), Unit, out _) ? GetTimestamp(index) : At(index);
}

/// <summary>Lengths of time.</summary>
public sealed class DurationArray : PrimitiveArray<long>
{
    internal DurationArray(ArrowArrayData data)
        : base(data)
    {
    }

    /// <summary>What the values count.</summary>
    public TimeUnit Unit => ((DurationType)Type).Unit;

    /// <summary>The length of time, or null. Nanoseconds below 100 are dropped.</summary>
    /// <exception cref="OverflowException">It does not fit a <see cref="TimeSpan"/>.</exception>
    public TimeSpan? GetDuration(int index) => IsValid(index) ? new TimeSpan(ArrowTime.ToTicks(At(index), Unit)) : null;
}
