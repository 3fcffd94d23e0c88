using System.Globalization;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Schedules;

namespace OrleansFlow.Tests.Workflows.Schedules;

/// <summary>Goal: the next time is the one that a clock on the wall of that zone says, over leap days and changes of the clock.</summary>
public sealed class CronExpressionTests
{
    // One hour forward on the last Sunday of March at 02:00, back on the last Sunday of October at 03:00: as in central Europe.
    private static readonly TimeZoneInfo Europe = TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(1), "test", "test", "test summer",
    [
        TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(DateTime.MinValue.Date, DateTime.MaxValue.Date, TimeSpan.FromHours(1),
            TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 2, 0, 0), 3, 5, DayOfWeek.Sunday),
            TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 3, 0, 0), 10, 5, DayOfWeek.Sunday)),
    ]);

    [Theory]
    [InlineData("* * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z")]
    [InlineData("*/15 * * * *", "2026-01-01T00:14:59Z", "2026-01-01T00:15:00Z")]
    [InlineData("*/15 * * * *", "2026-01-01T23:45:00Z", "2026-01-02T00:00:00Z")]
    [InlineData("30 9 * * mon-fri", "2026-01-02T09:30:00Z", "2026-01-05T09:30:00Z")]
    [InlineData("0 0 29 feb *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 0 31 * *", "2026-01-31T00:00:00Z", "2026-03-31T00:00:00Z")]
    [InlineData("0 12 13 * fri", "2026-01-01T00:00:00Z", "2026-01-02T12:00:00Z")]
    [InlineData("0 12 * * 7", "2026-01-01T00:00:00Z", "2026-01-04T12:00:00Z")]
    [InlineData("10-40/10,5 8,20 * * *", "2026-01-01T08:40:00Z", "2026-01-01T20:05:00Z")]
    [InlineData("59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z")]
    [InlineData("@hourly", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z")]
    [InlineData("@monthly", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")]
    public void NextAfter_InUtc_IsTheFirstTimeAfter(string cron, string after, string expected) =>
        Assert.Equal(Time(expected), CronExpression.Parse(cron).NextAfter(Time(after), TimeZoneInfo.Utc));

    [Theory]
    [InlineData("0 9 * * *", "2026-07-01T00:00:00Z", "2026-07-01T07:00:00Z")]
    [InlineData("0 9 * * *", "2026-01-01T00:00:00Z", "2026-01-01T08:00:00Z")]
    [InlineData("30 2 * * *", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("30 2 * * *", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z")]
    [InlineData("30 2 * * *", "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z")]
    [InlineData("30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")]
    [InlineData("30 * * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")]
    [InlineData("*/20 * * * *", "2026-10-25T00:20:00Z", "2026-10-25T00:40:00Z")]
    [InlineData("*/20 * * * *", "2026-10-25T00:40:00Z", "2026-10-25T01:00:00Z")]
    [InlineData("*/20 * * * *", "2026-10-25T01:40:00Z", "2026-10-25T02:00:00Z")]
    [InlineData("30 * * * *", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z")]
    public void NextAfter_OverAChangeOfTheClock_NeitherSkipsNorRepeats(string cron, string after, string expected) =>
        Assert.Equal(Time(expected), CronExpression.Parse(cron).NextAfter(Time(after), Europe));

    [Fact]
    public void NextAfter_OfADayThatNeverComes_IsNone() => Assert.Null(CronExpression.Parse("0 0 30 2 *").NextAfter(Time("2026-01-01T00:00:00Z"), TimeZoneInfo.Utc));

    [Theory]
    [InlineData("* * * *", "has 4 fields")]
    [InlineData("60 * * * *", "The minute field '60' of a cron expression is wrong: '60' is not 0 to 59.")]
    [InlineData("* 24 * * *", "hour")]
    [InlineData("* * 0 * *", "day-of-month")]
    [InlineData("* * * foo *", "'foo' is not 1 to 12")]
    [InlineData("* * * * 8", "day-of-week")]
    [InlineData("*/0 * * * *", "'0' is not 1 to 59")]
    [InlineData("30-10 * * * *", "runs backwards")]
    public void Parse_OfAFaultyExpression_NamesTheFieldAndTheValue(string cron, string why)
    {
        var thrown = Assert.Throws<FlowException>(() => CronExpression.Parse(cron));

        Assert.Equal(FlowErrorCode.BadInput, thrown.Code);
        Assert.Contains(why, thrown.Message, StringComparison.Ordinal);
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
