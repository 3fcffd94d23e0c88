namespace OrleansFlow.Engine.Functions;

/// <summary>Dates and times: the engine counts days and microseconds from 1970 on.</summary>
internal static class EngineTime
{
    private static readonly int EpochDay = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;
    private static readonly long FirstMicrosecond = -DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerMicrosecond;
    private static readonly long LastMicrosecond = (DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <exception cref="ArgumentOutOfRangeException">It is none of the years 1 to 9999, or infinite.</exception>
    public static DateOnly ToDate(int days)
    {
        var day = (long)days + EpochDay;
        return day >= DateOnly.MinValue.DayNumber && day <= DateOnly.MaxValue.DayNumber
            ? DateOnly.FromDayNumber((int)day)
            : throw new ArgumentOutOfRangeException(nameof(days), $"The date {days} days from 1970 is outside of the years 1 to 9999.");
    }

    public static int OfDate(DateOnly date) => date.DayNumber - EpochDay;

    /// <exception cref="ArgumentOutOfRangeException">It is 24:00:00, which .NET does not have.</exception>
    public static TimeOnly ToTime(long microseconds) => microseconds < TimeSpan.TicksPerDay / TimeSpan.TicksPerMicrosecond
        ? new TimeOnly(microseconds * TimeSpan.TicksPerMicrosecond)
        : throw new ArgumentOutOfRangeException(nameof(microseconds), "The time 24:00:00 has no counterpart in TimeOnly.");

    public static long OfTime(TimeOnly time) => time.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <exception cref="ArgumentOutOfRangeException">It is none of the years 1 to 9999, or infinite.</exception>
    public static DateTime ToTimestamp(long microseconds, DateTimeKind kind) => microseconds >= FirstMicrosecond && microseconds <= LastMicrosecond
        ? new DateTime(DateTime.UnixEpoch.Ticks + (microseconds * TimeSpan.TicksPerMicrosecond), kind)
        : throw new ArgumentOutOfRangeException(nameof(microseconds), $"The time {microseconds} microseconds from 1970 is outside of the years 1 to 9999.");

    /// <summary>Whatever the kind says, the digits are taken as they are; parts of a microsecond are cut off towards the past.</summary>
    public static long OfTimestamp(DateTime time) => (time.Ticks / TimeSpan.TicksPerMicrosecond) - (DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerMicrosecond);
}
