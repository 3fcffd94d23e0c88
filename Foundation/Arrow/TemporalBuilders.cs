namespace OrleansFlow.Arrow;

/// <summary>Builds <see cref="Date32Array"/>.</summary>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class Date32Builder(ArrowAllocator? allocator = null) : PrimitiveBuilder<int>(ArrowType.Date32, allocator)
{
    /// <summary>Appends a date.</summary>
    public void Append(DateOnly value) => Append(ArrowTime.FromDate(value));

    private protected override void AppendObjectCore(object value)
    {
        switch (value)
        {
            case DateOnly date:
                Append(date);
                break;
            case DateTime date:
                Append(DateOnly.FromDateTime(date));
                break;
            default:
                base.AppendObjectCore(value);
                break;
        }
    }
}

/// <summary>Builds <see cref="Date64Array"/>.</summary>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class Date64Builder(ArrowAllocator? allocator = null) : PrimitiveBuilder<long>(ArrowType.Date64, allocator)
{
    /// <summary>Appends a date.</summary>
    public void Append(DateOnly value) => Append(ArrowTime.FromDate(value) * 86_400_000L);

    private protected override void AppendObjectCore(object value)
    {
        if (value is DateOnly date)
        {
            Append(date);
        }
        else
        {
            base.AppendObjectCore(value);
        }
    }
}

/// <summary>Builds <see cref="Time32Array"/>.</summary>
/// <param name="unit">Seconds or milliseconds.</param>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class Time32Builder(TimeUnit unit, ArrowAllocator? allocator = null)
    : PrimitiveBuilder<int>(ArrowType.Time32(unit), allocator)
{
    /// <summary>Appends a time of day; parts of a unit are cut.</summary>
    public void Append(TimeOnly value) => Append((int)ArrowTime.FromTimeSpan(value.ToTimeSpan(), ((TimeType)Type).Unit));

    private protected override void AppendObjectCore(object value)
    {
        if (value is TimeOnly time)
        {
            Append(time);
        }
        else
        {
            base.AppendObjectCore(value);
        }
    }
}

/// <summary>Builds <see cref="Time64Array"/>.</summary>
/// <param name="unit">Microseconds or nanoseconds.</param>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class Time64Builder(TimeUnit unit, ArrowAllocator? allocator = null)
    : PrimitiveBuilder<long>(ArrowType.Time64(unit), allocator)
{
    /// <summary>Appends a time of day; parts of a unit are cut.</summary>
    public void Append(TimeOnly value) => Append(ArrowTime.FromTimeSpan(value.ToTimeSpan(), ((TimeType)Type).Unit));

    private protected override void AppendObjectCore(object value)
    {
        if (value is TimeOnly time)
        {
            Append(time);
        }
        else
        {
            base.AppendObjectCore(value);
        }
    }
}

/// <summary>Builds <see cref="TimestampArray"/>.</summary>
/// <param name="type">Unit and zone.</param>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class TimestampBuilder(TimestampType type, ArrowAllocator? allocator = null) : PrimitiveBuilder<long>(type, allocator)
{
    /// <summary>Builds timestamps of a unit, without zone or in one.</summary>
    public TimestampBuilder(TimeUnit unit, string? timeZone = null, ArrowAllocator? allocator = null)
        : this(ArrowType.Timestamp(unit, timeZone), allocator)
    {
    }

    /// <summary>Appends an instant; parts of a unit are cut towards the past.</summary>
    public void Append(DateTimeOffset value) => Append(ArrowTime.FromDateTimeOffset(value, ((TimestampType)Type).Unit));

    private protected override void AppendObjectCore(object value)
    {
        switch (value)
        {
            case DateTimeOffset instant:
                Append(instant);
                break;
            case DateTime time:
                Append(new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)));
                break;
            default:
                base.AppendObjectCore(value);
                break;
        }
    }
}

/// <summary>Builds <see cref="DurationArray"/>.</summary>
/// <param name="unit">What the values count.</param>
/// <param name="allocator">Where the memory comes from; null for <see cref="ArrowAllocator.Default"/>.</param>
public sealed class DurationBuilder(TimeUnit unit, ArrowAllocator? allocator = null)
    : PrimitiveBuilder<long>(ArrowType.Duration(unit), allocator)
{
    /// <summary>Appends a length of time; parts of a unit are cut towards zero.</summary>
    public void Append(TimeSpan value) => Append(ArrowTime.FromTimeSpan(value, ((DurationType)Type).Unit));

    private protected override void AppendObjectCore(object value)
    {
        if (value is TimeSpan span)
        {
            Append(span);
        }
        else
        {
            base.AppendObjectCore(value);
        }
    }
}
