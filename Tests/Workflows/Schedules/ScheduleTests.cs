using System.Globalization;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Schedules;

namespace OrleansFlow.Tests.Workflows.Schedules;

/// <summary>Goal: each kind rolls on to its next time, and what can never happen is an error.</summary>
public sealed class ScheduleTests
{
    private static readonly DateTimeOffset Thursday = At("2026-01-01T10:00:00Z");
    private static readonly TimeZoneInfo East = TimeZoneInfo.CreateCustomTimeZone("east", TimeSpan.FromHours(9), "east", "east");

    public static TheoryData<Schedule, string> Kinds() => new()
    {
        { new Schedule.Once(At("2026-01-01T10:00:01Z")), "2026-01-01T10:00:01Z" },
        { new Schedule.Interval(TimeSpan.FromMinutes(90)), "2026-01-01T11:30:00Z" },
        { new Schedule.Daily(new TimeOnly(10, 1)), "2026-01-01T10:01:00Z" },
        { new Schedule.Daily(new TimeOnly(10, 0)), "2026-01-02T10:00:00Z" },
        { new Schedule.Daily(new TimeOnly(18, 0), East), "2026-01-02T09:00:00Z" },
        { new Schedule.Weekly(DayOfWeek.Thursday, new TimeOnly(10, 1)), "2026-01-01T10:01:00Z" },
        { new Schedule.Weekly(DayOfWeek.Thursday, new TimeOnly(9, 0)), "2026-01-08T09:00:00Z" },
        { new Schedule.Weekly(DayOfWeek.Wednesday, new TimeOnly(9, 0)), "2026-01-07T09:00:00Z" },
        { new Schedule.Monthly(1, new TimeOnly(10, 1)), "2026-01-01T10:01:00Z" },
        { new Schedule.Monthly(1, new TimeOnly(9, 0)), "2026-02-01T09:00:00Z" },
        { new Schedule.Monthly(31, new TimeOnly(9, 0)), "2026-01-31T09:00:00Z" },
        { new Schedule.Cron(CronExpression.Parse("0 0 * * *"), East), "2026-01-01T15:00:00Z" },
    };

    [Theory]
    [MemberData(nameof(Kinds), DisableDiscoveryEnumeration = true)]
    public void NextAfter_IsTheFirstTimeAfter(Schedule schedule, string expected) => Assert.Equal(At(expected), schedule.NextAfter(Thursday));

    [Fact]
    public void First_OfATimeThatHasPassed_IsAnError()
    {
        var past = new Schedule.Once(Thursday);

        Assert.Null(past.NextAfter(Thursday));
        Assert.Equal(Thursday, past.First(Thursday));
        Assert.Equal(FlowErrorCode.BadInput, Assert.Throws<FlowException>(() => past.First(Thursday.AddTicks(1))).Code);
    }

    [Fact]
    public void Monthly_OnADayThatTheMonthLacks_IsAnErrorNamingBoth()
    {
        var thrown = Assert.Throws<FlowException>(() => new Schedule.Monthly(31, new TimeOnly(9, 0)).NextAfter(At("2026-01-31T09:00:00Z")));

        Assert.Contains("2026-02 has no day 31", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_OutsideTheirRange_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Schedule.Interval(TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Schedule.Monthly(0, default));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Schedule.Monthly(32, default));
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
