using System.Collections.Immutable;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Schedules;

/// <summary>Where a schedule stands: all that its decisions need, as a value.</summary>
public sealed record ScheduleState
{
    /// <summary>The schedule's id.</summary>
    public required string Id { get; init; }

    /// <summary>What it is to do.</summary>
    public required WorkflowSchedule Schedule { get; init; }

    /// <summary>Whether it starts nothing.</summary>
    public bool IsPaused { get; init; }

    /// <summary>Why it is paused, or goes on; as whoever asked for it said.</summary>
    public string? Note { get; init; }

    /// <summary>Times up to this one have been seen to.</summary>
    public required DateTimeOffset SeenUtc { get; init; }

    /// <summary>How many runs it may still start; <see langword="null"/>: any number.</summary>
    public long? RunsLeft { get; init; }

    /// <summary>Runs that have not ended, as far as it is known; those that are started beside others are not followed.</summary>
    public ImmutableList<ScheduleStart> Running { get; init; } = [];

    /// <summary>Runs that wait for the end of another one, the next first.</summary>
    public ImmutableList<ScheduleStart> Buffer { get; init; } = [];

    /// <summary>What is to be done outside; each is done at least once.</summary>
    public ImmutableList<ScheduleOrder> Owed { get; init; } = [];

    /// <summary>The newest runs, the oldest of them first.</summary>
    public ImmutableList<ScheduleStart> Recent { get; init; } = [];

    /// <summary>Runs that were started.</summary>
    public long StartedCount { get; init; }

    /// <summary>Times that were left out because a run had not ended.</summary>
    public long SkippedCount { get; init; }

    /// <summary>Times that came too late, as after the loss of every process.</summary>
    public long MissedCount { get; init; }

    /// <summary>Runs that could not be started.</summary>
    public long RefusedCount { get; init; }

    /// <summary>How often somebody asked for a run at once.</summary>
    public long TriggerCount { get; init; }

    /// <summary>Number of the newest order.</summary>
    public long LastOrder { get; init; }

    /// <summary>When it acts next by itself; <see langword="null"/>: never, as it is.</summary>
    public DateTimeOffset? NextUtc() => IsPaused || RunsLeft == 0 ? null : Schedule.Times.NextAfter(SeenUtc);

    /// <summary>The next times, the first first.</summary>
    /// <param name="count">How many; 1 to 100.</param>
    public IReadOnlyList<DateTimeOffset> NextTimes(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 100);
        var times = new List<DateTimeOffset>();
        for (var next = NextUtc(); next is { } time && times.Count < count && !(RunsLeft <= times.Count); next = Schedule.Times.NextAfter(time))
        {
            times.Add(time);
        }

        return times;
    }

    /// <summary>Writes the state.</summary>
    public Payload ToPayload() => new(JsonSerializer.SerializeToUtf8Bytes(this, WorkflowSchedule.Json));

    /// <summary>Reads what <see cref="ToPayload"/> made.</summary>
    /// <param name="payload">JSON.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.StateCorrupt"/>.</exception>
    public static ScheduleState Parse(Payload payload)
    {
        try
        {
            return JsonSerializer.Deserialize<ScheduleState>(payload.Utf8.Span, WorkflowSchedule.Json) ?? throw new JsonException("it is null");
        }
        catch (JsonException exception)
        {
            throw new FlowException(FlowErrorCode.StateCorrupt, $"The stored schedule cannot be read: {exception.Message}", exception);
        }
    }
}

/// <summary>A run of a schedule.</summary>
/// <param name="Run">Its id, made from the schedule's and the time, so that starting it again is harmless.</param>
/// <param name="TimeUtc">The time of the schedule that it is for.</param>
/// <param name="Failure">Why it could not be started, or failed; <see langword="null"/> for neither.</param>
public sealed record ScheduleStart(string Run, DateTimeOffset TimeUtc, string? Failure = null);

/// <summary>What a schedule wants done outside.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Kind">What.</param>
/// <param name="Run">The run.</param>
public sealed record ScheduleOrder(long Number, ScheduleOrderKind Kind, string Run);

/// <summary>Kinds of orders.</summary>
public enum ScheduleOrderKind
{
    /// <summary>Start the run.</summary>
    Start = 1,

    /// <summary>Cancel it.</summary>
    Cancel = 2,

    /// <summary>Terminate it.</summary>
    Terminate = 3,
}
