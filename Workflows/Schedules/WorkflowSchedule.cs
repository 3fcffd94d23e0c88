using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;

namespace OrleansFlow.Workflows.Schedules;

/// <summary>Starts runs of a workflow again and again. Immutable; written as JSON in camel case.</summary>
public sealed class WorkflowSchedule
{
    /// <summary>Longest id of a schedule, in characters: the ids of its runs begin with it.</summary>
    public const int IdCharsMax = 96;

    /// <summary>Most runs that may wait for their turn.</summary>
    public const int BufferedMax = 1_000;

    /// <summary>When its runs start.</summary>
    public required ScheduleTimes Times { get; init; }

    /// <summary>What is started.</summary>
    public required ScheduledRun Run { get; init; }

    /// <summary>What happens while a run has not ended.</summary>
    /// <value>Default <see cref="ScheduleOverlap.Skip"/>.</value>
    public ScheduleOverlap Overlap { get; init; }

    /// <summary>How late a run may start, as after the loss of every process; times that are older count as missed.</summary>
    /// <value>Default 1 h; 10 s to 365 days.</value>
    public TimeSpan CatchUp { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How many runs it starts before it has ended.</summary>
    /// <value>Default null: any number. At least 1.</value>
    public long? Runs { get; init; }

    /// <summary>Whether it pauses when a run of it fails.</summary>
    /// <value>Default false.</value>
    public bool PauseOnFailure { get; init; }

    /// <summary>Whether it is paused from the beginning.</summary>
    /// <value>Default false.</value>
    public bool Paused { get; init; }

    internal static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        WriteIndented = false,
    };

    /// <summary>Reads a schedule and checks it.</summary>
    /// <param name="utf8">JSON.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.BadInput"/> with everything that is wrong.</exception>
    public static WorkflowSchedule Parse(ReadOnlySpan<byte> utf8)
    {
        WorkflowSchedule schedule;
        try
        {
            schedule = JsonSerializer.Deserialize<WorkflowSchedule>(utf8, Json) ?? throw new JsonException("it is null");
        }
        catch (JsonException exception)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The schedule cannot be read: {exception.Message}", exception);
        }

        schedule.Check();
        return schedule;
    }

    /// <summary>Checks that it can be used.</summary>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.BadInput"/> with everything that is wrong.</exception>
    public void Check()
    {
        var faults = Times.Faults().Concat(Run.Faults()).ToList();
        if (!Enum.IsDefined(Overlap))
        {
            faults.Add($"'overlap' {(int)Overlap} is none that is known.");
        }

        if (CatchUp < TimeSpan.FromSeconds(10) || CatchUp > TimeSpan.FromDays(365))
        {
            faults.Add($"'catchUp' is {CatchUp}; it is 10 s to 365 days.");
        }

        if (Runs < 1)
        {
            faults.Add($"'runs' is {Runs}; it is at least 1.");
        }

        if (faults.Count > 0)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The schedule is wrong: {string.Join(' ', faults)}");
        }
    }

    /// <summary>UTF-8 JSON.</summary>
    public byte[] ToUtf8() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>Checks the id of a schedule.</summary>
    /// <param name="id">The id.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.BadInput"/>.</exception>
    public static string CheckId(string id) => IdText.IsValid(id) && id.Length <= IdCharsMax
        ? id
        : throw new FlowException(FlowErrorCode.BadInput, $"'{id}' is not the id of a schedule: use 1 to {IdCharsMax} letters, digits, '_', '-' or '.', the first a letter or digit.");
}
