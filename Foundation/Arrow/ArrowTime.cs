namespace OrleansFlow.Arrow;

/// <summary>Conversions between Arrow's counts and .NET's ticks of 100 ns.</summary>
public static class ArrowTime
{
    internal const int EpochDayNumber = 719_162;
    internal const int MaxDayNumber = 3_652_058;
    private const long EpochTicks = 621_355_968_000_000_000;

    /// <summary>Units since the Unix epoch. Parts of a unit are cut towards the past.</summary>
    /// <exception cref="OverflowException">Nanoseconds beyond the years 1677 to 2262.</exception>
    public static long FromDateTimeOffset(DateTimeOffset value, TimeUnit unit)
    {
        var ticks = value.UtcTicks - EpochTicks;
        return unit switch
        {
            TimeUnit.Second => FloorDivide(ticks, TimeSpan.TicksPerSecond),
            TimeUnit.Millisecond => FloorDivide(ticks, TimeSpan.TicksPerMillisecond),
            TimeUnit.Microsecond => FloorDivide(ticks, TimeSpan.TicksPerMicrosecond),
            _ => checked(ticks * 100),
        };
    }

    /// <summary>Days since 1970-01-01.</summary>
    public static int FromDate(DateOnly value) => value.DayNumber - EpochDayNumber;

    /// <summary>Units in a length of time; parts of a unit are cut towards zero.</summary>
    /// <exception cref="OverflowException">Too long for nanoseconds.</exception>
    public static long FromTimeSpan(TimeSpan value, TimeUnit unit) => unit switch
    {
        TimeUnit.Second => value.Ticks / TimeSpan.TicksPerSecond,
        TimeUnit.Millisecond => value.Ticks / TimeSpan.TicksPerMillisecond,
        TimeUnit.Microsecond => value.Ticks / TimeSpan.TicksPerMicrosecond,
        _ => checked(value.Ticks * 100),
    };

    internal static long ToTicks(long value, TimeUnit unit) => unit switch
    {
        TimeUnit.Second => checked(value * TimeSpan.TicksPerSecond),
        TimeUnit.Millisecond => checked(value * TimeSpan.TicksPerMillisecond),
        TimeUnit.Microsecond => checked(value * TimeSpan.TicksPerMicrosecond),
        _ => FloorDivide(value, 100),
    };

    internal static bool TryToTicks(long value, TimeUnit unit, out long ticks)
    {
        var exact = (Int128)value * unit switch
        {
            TimeUnit.Second => TimeSpan.TicksPerSecond,
            TimeUnit.Millisecond => TimeSpan.TicksPerMillisecond,
            TimeUnit.Microsecond => TimeSpan.TicksPerMicrosecond,
            _ => 1,
        };
        exact = (unit == TimeUnit.Nanosecond ? FloorDivide(value, 100) : exact) + EpochTicks;
        var fits = exact >= 0 && exact <= DateTime.MaxValue.Ticks;
        ticks = fits ? (long)exact : 0;
        return fits;
    }

    internal static TimeOnly ToTimeOnly(long value, TimeUnit unit) => new(ToTicks(value, unit));

    internal static long FloorDivide(long value, long divisor)
    {
        var (quotient, rest) = Math.DivRem(value, divisor);
        return rest < 0 ? quotient - 1 : quotient;
    }
}
