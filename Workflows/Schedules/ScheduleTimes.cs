using System.Text.Json.Serialization;
using OrleansFlow.Errors;

namespace OrleansFlow.Workflows.Schedules;

/// <summary>When a schedule's runs start: every time of any of its parts, once. The same on every machine, whenever it is asked.</summary>
public sealed class ScheduleTimes
{
    private List<CronExpression>? _cron;
    private TimeZoneInfo? _zone;

    /// <summary>Cron expressions with five fields; see <see cref="CronExpression"/>.</summary>
    public IReadOnlyList<string> Cron { get; init; } = [];

    /// <summary>IANA name of the time zone that the cron expressions mean.</summary>
    /// <value>Default null: UTC.</value>
    public string? Zone { get; init; }

    /// <summary>Again and again after this time, counted from midnight of 1 January 1970 UTC.</summary>
    /// <value>Default null: not. At least 1 s.</value>
    public TimeSpan? Every { get; init; }

    /// <summary>Moves the times of <see cref="Every"/> by this much.</summary>
    /// <value>Default zero; less than <see cref="Every"/>.</value>
    public TimeSpan Offset { get; init; }

    /// <summary>Single times.</summary>
    public IReadOnlyList<DateTimeOffset> At { get; init; } = [];

    /// <summary>No time before this one.</summary>
    public DateTimeOffset? FromUtc { get; init; }

    /// <summary>No time after this one.</summary>
    public DateTimeOffset? UntilUtc { get; init; }

    [JsonIgnore]
    private TimeZoneInfo ZoneInfo => _zone ??= Zone is null ? TimeZoneInfo.Utc : TimeZoneInfo.FindSystemTimeZoneById(Zone);

    /// <summary>The first time after another one; <see langword="null"/> when there is none any more.</summary>
    /// <param name="afterUtc">The time after which to look.</param>
    public DateTimeOffset? NextAfter(DateTimeOffset afterUtc)
    {
        var after = FromUtc is { } from && from.AddTicks(-1) > afterUtc ? from.AddTicks(-1) : afterUtc;
        DateTimeOffset? next = null;
        foreach (var cron in _cron ??= [.. Cron.Select(CronExpression.Parse)])
        {
            next = Earlier(next, cron.NextAfter(after, ZoneInfo));
        }

        if (Every is { } every)
        {
            var passed = (after - DateTimeOffset.UnixEpoch - Offset).Ticks;
            var rounds = passed >= 0 ? (passed / every.Ticks) + 1 : -((-passed - 1) / every.Ticks);
            next = Earlier(next, DateTimeOffset.UnixEpoch + Offset + TimeSpan.FromTicks(rounds * every.Ticks));
        }

        foreach (var time in At)
        {
            next = time > after ? Earlier(next, time.ToUniversalTime()) : next;
        }

        return next <= (UntilUtc ?? DateTimeOffset.MaxValue) ? next : null;
    }

    /// <summary>Everything that is wrong; empty when nothing is.</summary>
    internal IEnumerable<string> Faults()
    {
        if (Cron.Count == 0 && Every is null && At.Count == 0)
        {
            yield return "A schedule needs 'cron', 'every' or 'at'.";
        }

        foreach (var text in Cron)
        {
            if (FaultOf(() => CronExpression.Parse(text)) is { } fault)
            {
                yield return fault;
            }
        }

        if (Zone is not null && FaultOf(() => TimeZoneInfo.FindSystemTimeZoneById(Zone)) is not null)
        {
            yield return $"'{Zone}' is no time zone of this machine; use an IANA name as Europe/Berlin.";
        }

        if (Every < TimeSpan.FromSeconds(1))
        {
            yield return $"'every' is {Every}; it is at least one second.";
        }

        if (Offset < TimeSpan.Zero || (Offset > TimeSpan.Zero && Offset >= (Every ?? TimeSpan.Zero)))
        {
            yield return $"'offset' is {Offset}; it is less than 'every', and not negative.";
        }

        if (UntilUtc <= FromUtc)
        {
            yield return $"'untilUtc' ({UntilUtc:O}) does not come after 'fromUtc' ({FromUtc:O}).";
        }
    }

    private static string? FaultOf(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (Exception exception) when (exception is FlowException or TimeZoneNotFoundException or InvalidTimeZoneException)
        {
            return exception.Message;
        }
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? left, DateTimeOffset? right) => left is null || right < left ? right : left;
}
