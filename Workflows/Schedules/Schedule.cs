using OrleansFlow.Errors;

namespace OrleansFlow.Workflows.Schedules;

/// <summary>When something is to happen, once or again and again. A value; the clock is the caller's.</summary>
public abstract record Schedule
{
    private Schedule()
    {
    }

    /// <summary>The first time after another one; <see langword="null"/> when there is none any more.</summary>
    /// <param name="afterUtc">Usually now, or the last time.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.BadInput"/>: the schedule asks for a day that the month lacks.</exception>
    public abstract DateTimeOffset? NextAfter(DateTimeOffset afterUtc);

    /// <summary>The first time of a schedule that begins now: now, if that is one of its times, or the next. An interval begins with a wait.</summary>
    /// <param name="nowUtc">Now.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.BadInput"/>: it would never happen, as a single time that has passed.</exception>
    public DateTimeOffset First(DateTimeOffset nowUtc) =>
        NextAfter(this is Interval ? nowUtc : nowUtc.AddTicks(-1)) ?? throw new FlowException(FlowErrorCode.BadInput, $"The schedule {this} has no time after {nowUtc:O}.");

    /// <summary>At one time.</summary>
    /// <param name="TimeUtc">The time.</param>
    public sealed record Once(DateTimeOffset TimeUtc) : Schedule
    {
        /// <inheritdoc/>
        public override DateTimeOffset? NextAfter(DateTimeOffset afterUtc) => TimeUtc > afterUtc ? TimeUtc : null;
    }

    /// <summary>Always after the same time.</summary>
    /// <param name="Period">More than zero.</param>
    public sealed record Interval(TimeSpan Period) : Schedule
    {
        /// <summary>More than zero.</summary>
        public TimeSpan Period { get; } = Period > TimeSpan.Zero ? Period : throw new ArgumentOutOfRangeException(nameof(Period), Period, "An interval is more than zero.");

        /// <inheritdoc/>
        public override DateTimeOffset? NextAfter(DateTimeOffset afterUtc) => afterUtc + Period;
    }

    /// <summary>Every day at a time.</summary>
    /// <param name="Time">The time of the day.</param>
    /// <param name="Zone">Whose clock; <see langword="null"/> for UTC.</param>
    public sealed record Daily(TimeOnly Time, TimeZoneInfo? Zone = null) : Schedule
    {
        /// <inheritdoc/>
        public override DateTimeOffset? NextAfter(DateTimeOffset afterUtc) => NextDay(afterUtc, Time, Zone, day => day.AddDays(1), day => day);
    }

    /// <summary>Every week on a day at a time.</summary>
    /// <param name="Day">The day.</param>
    /// <param name="Time">The time of the day.</param>
    /// <param name="Zone">Whose clock; <see langword="null"/> for UTC.</param>
    public sealed record Weekly(DayOfWeek Day, TimeOnly Time, TimeZoneInfo? Zone = null) : Schedule
    {
        /// <inheritdoc/>
        public override DateTimeOffset? NextAfter(DateTimeOffset afterUtc) =>
            NextDay(afterUtc, Time, Zone, day => day.AddDays(7), day => day.AddDays((((int)Day - (int)day.DayOfWeek + 7) % 7) - 7));
    }

    /// <summary>Every month on a day at a time.</summary>
    /// <param name="Day">1 to 31; a month that lacks the day is an error.</param>
    /// <param name="Time">The time of the day.</param>
    /// <param name="Zone">Whose clock; <see langword="null"/> for UTC.</param>
    public sealed record Monthly(int Day, TimeOnly Time, TimeZoneInfo? Zone = null) : Schedule
    {
        /// <summary>1 to 31.</summary>
        public int Day { get; } = Day is >= 1 and <= 31 ? Day : throw new ArgumentOutOfRangeException(nameof(Day), Day, "A day of a month is 1 to 31.");

        /// <inheritdoc/>
        public override DateTimeOffset? NextAfter(DateTimeOffset afterUtc)
        {
            var zone = Zone ?? TimeZoneInfo.Utc;
            var month = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(afterUtc, zone).DateTime);
            month = new DateOnly(month.Year, month.Month, 1);
            for (; ; month = month.AddMonths(1))
            {
                if (Day > DateTime.DaysInMonth(month.Year, month.Month))
                {
                    throw new FlowException(FlowErrorCode.BadInput, $"{month:yyyy-MM} has no day {Day}. Use a day up to 28, or a cron expression, which leaves such months out.");
                }

                var time = ZoneTimes.Of(month.AddDays(Day - 1).ToDateTime(Time), zone, twice: false).First();
                if (time > afterUtc)
                {
                    return time;
                }
            }
        }
    }

    /// <summary>As a cron expression says.</summary>
    /// <param name="Expression">The expression.</param>
    /// <param name="Zone">Whose clock; <see langword="null"/> for UTC.</param>
    public sealed record Cron(CronExpression Expression, TimeZoneInfo? Zone = null) : Schedule
    {
        /// <inheritdoc/>
        public override DateTimeOffset? NextAfter(DateTimeOffset afterUtc) => Expression.NextAfter(afterUtc, Zone ?? TimeZoneInfo.Utc);

        /// <inheritdoc/>
        public override string ToString() => $"'{Expression.Text}'";
    }

    private static DateTimeOffset NextDay(DateTimeOffset afterUtc, TimeOnly time, TimeZoneInfo? zone, Func<DateOnly, DateOnly> step, Func<DateOnly, DateOnly> first)
    {
        zone ??= TimeZoneInfo.Utc;
        var day = first(DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(afterUtc, zone).DateTime));
        for (; ; day = step(day))
        {
            var next = ZoneTimes.Of(day.ToDateTime(time), zone, twice: false).First();
            if (next > afterUtc)
            {
                return next;
            }
        }
    }
}
