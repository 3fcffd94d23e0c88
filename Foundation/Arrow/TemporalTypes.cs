namespace OrleansFlow.Arrow;

/// <summary>Calendar days.</summary>
public sealed record DateType : ArrowType
{
    /// <summary>Creates the type.</summary>
    /// <param name="bitWidth">32 for days, 64 for milliseconds.</param>
    public DateType(int bitWidth)
    {
        if (bitWidth is not (32 or 64))
        {
            throw new ArgumentOutOfRangeException(nameof(bitWidth), bitWidth, "Dates have 32 or 64 bits.");
        }

        FixedBitWidth = bitWidth;
    }

    /// <inheritdoc/>
    public override int FixedBitWidth { get; }

    /// <inheritdoc/>
    public override ArrowTypeId Id => FixedBitWidth == 32 ? ArrowTypeId.Date32 : ArrowTypeId.Date64;

    /// <inheritdoc/>
    public override string Name => FixedBitWidth == 32 ? "date32" : "date64";
}

/// <summary>Time of day; 32 bits for seconds and milliseconds, 64 bits for finer units.</summary>
/// <param name="Unit">What the values count since midnight.</param>
public sealed record TimeType(TimeUnit Unit) : ArrowType
{
    /// <inheritdoc/>
    public override int FixedBitWidth => Unit <= TimeUnit.Millisecond ? 32 : 64;

    /// <inheritdoc/>
    public override ArrowTypeId Id => FixedBitWidth == 32 ? ArrowTypeId.Time32 : ArrowTypeId.Time64;

    /// <inheritdoc/>
    public override string Name => $"time{FixedBitWidth}[{UnitName(Unit)}]";
}

/// <summary>Points in time.</summary>
/// <param name="Unit">What the values count since the Unix epoch.</param>
/// <param name="TimeZone">Zone in which the instant is shown; null for a wall-clock time without zone.</param>
public sealed record TimestampType(TimeUnit Unit, string? TimeZone) : ArrowType
{
    /// <inheritdoc/>
    public override int FixedBitWidth => 64;

    /// <inheritdoc/>
    public override ArrowTypeId Id => ArrowTypeId.Timestamp;

    /// <inheritdoc/>
    public override string Name => TimeZone is null ? $"timestamp[{UnitName(Unit)}]" : $"timestamp[{UnitName(Unit)}, {TimeZone}]";
}

/// <summary>Lengths of time.</summary>
/// <param name="Unit">What the values count.</param>
public sealed record DurationType(TimeUnit Unit) : ArrowType
{
    /// <inheritdoc/>
    public override int FixedBitWidth => 64;

    /// <inheritdoc/>
    public override ArrowTypeId Id => ArrowTypeId.Duration;

    /// <inheritdoc/>
    public override string Name => $"duration[{UnitName(Unit)}]";
}

/// <summary>Calendar intervals, whose length in seconds depends on where they are applied.</summary>
/// <param name="Unit">What the values count.</param>
public sealed record IntervalType(IntervalUnit Unit) : ArrowType
{
    /// <inheritdoc/>
    public override int FixedBitWidth => Unit switch
    {
        IntervalUnit.YearMonth => 32,
        IntervalUnit.DayTime => 64,
        _ => 128,
    };

    /// <inheritdoc/>
    public override ArrowTypeId Id => ArrowTypeId.Interval;

    /// <inheritdoc/>
    public override string Name => Unit switch
    {
        IntervalUnit.YearMonth => "interval[year_month]",
        IntervalUnit.DayTime => "interval[day_time]",
        _ => "interval[month_day_nano]",
    };
}
