using OrleansFlow.Errors;

namespace OrleansFlow.Workflows.Schedules;

/// <summary>A five-field cron expression: minute, hour, day of month, month, day of week.</summary>
/// <remarks>
/// <para>
/// Fields are <c>*</c>, numbers, names (<c>jan</c>, <c>mon</c>), lists, ranges and steps; Sunday is 0 and 7. Where both day fields are restricted either
/// is enough, as POSIX says (The Open Group Base Specifications, "crontab"). Also <c>@hourly</c>, <c>@daily</c>, <c>@weekly</c>, <c>@monthly</c>, <c>@yearly</c>.
/// </para>
/// <para>
/// In a time zone that changes its clocks: a time that is left out happens at the first moment after the gap; of a time that comes twice the first one
/// counts, unless the expression runs in every hour: then each of them does.
/// </para>
/// </remarks>
public sealed class CronExpression
{
    /// <summary>How far ahead a time is looked for: leap days are 8 years apart at most.</summary>
    private const int MaxYears = 9;

    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    private readonly CronField _minutes;
    private readonly CronField _hours;
    private readonly CronField _days;
    private readonly CronField _months;
    private readonly CronField _weekdays;

    private CronExpression(string text, string[] fields)
    {
        Text = text;
        _minutes = CronField.Parse(fields[0], "minute", 0, 59);
        _hours = CronField.Parse(fields[1], "hour", 0, 23);
        _days = CronField.Parse(fields[2], "day-of-month", 1, 31);
        _months = CronField.Parse(fields[3], "month", 1, 12, Months);
        var weekdays = CronField.Parse(fields[4], "day-of-week", 0, 7, Days);
        _weekdays = weekdays.Contains(7) ? weekdays with { Bits = weekdays.Bits | 1 } : weekdays;
    }

    /// <summary>The expression as it was given.</summary>
    public string Text { get; }

    private bool RunsEveryHour => _hours.Bits == (1UL << 24) - 1;

    /// <summary>Reads an expression.</summary>
    /// <param name="text">Five fields, or one of the names.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.BadInput"/>, naming the field and the bad value.</exception>
    public static CronExpression Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var spelled = text.Trim() switch
        {
            "@hourly" => "0 * * * *",
            "@daily" or "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            "@yearly" or "@annually" => "0 0 1 1 *",
            var other => other,
        };
        var fields = spelled.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return fields.Length == 5
            ? new CronExpression(text, fields)
            : throw new FlowException(FlowErrorCode.BadInput, $"The cron expression '{text}' has {fields.Length} fields; expected 5: minute, hour, day of month, month, day of week.");
    }

    /// <summary>The first time after another one; <see langword="null"/> where there is none, as on 30 February.</summary>
    /// <param name="afterUtc">The time after which to look.</param>
    /// <param name="zone">Whose clock the expression is about.</param>
    public DateTimeOffset? NextAfter(DateTimeOffset afterUtc, TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
        var local = TimeZoneInfo.ConvertTime(afterUtc, zone).DateTime;
        var until = local.AddYears(MaxYears);

        // A local time before the last one may still be to come: clocks go back.
        var candidate = Minute(local.AddHours(-3));
        while ((candidate = At(candidate)) <= until)
        {
            foreach (var time in ZoneTimes.Of(candidate, zone, twice: RunsEveryHour))
            {
                if (time > afterUtc && !(RunsEveryHour && zone.IsInvalidTime(candidate)))
                {
                    return Earliest(time, candidate, afterUtc, zone);
                }
            }

            candidate = candidate.AddMinutes(1);
        }

        return null;
    }

    /// <summary>Where times come twice, the second round of an earlier local time may lie after the first round of a later one.</summary>
    private DateTimeOffset Earliest(DateTimeOffset time, DateTime candidate, DateTimeOffset afterUtc, TimeZoneInfo zone)
    {
        if (!RunsEveryHour || !zone.IsAmbiguousTime(candidate))
        {
            return time;
        }

        var later = candidate.AddMinutes(1);
        while ((later = At(later)) < candidate.AddHours(3))
        {
            foreach (var other in ZoneTimes.Of(later, zone, twice: true))
            {
                time = other > afterUtc && other < time ? other : time;
            }

            later = later.AddMinutes(1);
        }

        return time;
    }

    /// <summary>The first local minute that fits and is not before; the largest time where there is none near.</summary>
    private DateTime At(DateTime from)
    {
        var until = from.AddYears(MaxYears);
        for (var day = from.Date; day <= until; day = day.AddDays(1))
        {
            if (!_months.Contains(day.Month))
            {
                day = new DateTime(day.Year, day.Month, 1).AddMonths(1).AddDays(-1);
                continue;
            }

            if (!FitsDay(day))
            {
                continue;
            }

            var start = day == from.Date ? from : day;
            for (var hour = _hours.From(start.Hour); hour >= 0; hour = _hours.From(hour + 1))
            {
                var minute = _minutes.From(hour == start.Hour ? start.Minute : 0);
                if (minute >= 0)
                {
                    return day.AddHours(hour).AddMinutes(minute);
                }
            }
        }

        return DateTime.MaxValue;
    }

    private bool FitsDay(DateTime day)
    {
        var (byDay, byWeekday) = (_days.Contains(day.Day), _weekdays.Contains((int)day.DayOfWeek));
        return _days.IsAny || _weekdays.IsAny ? byDay && byWeekday : byDay || byWeekday;
    }

    private static DateTime Minute(DateTime time) => new(time.Year, time.Month, time.Day, time.Hour, time.Minute, 0);
}
