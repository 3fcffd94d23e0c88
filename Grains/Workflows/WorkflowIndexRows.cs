using System.Text.Json.Serialization;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <summary>The head row of a shard of the index. Its segments are the numbers from first up to, not including, next; those that are empty have no row.</summary>
internal sealed class WorkflowIndexHead
{
    [JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }

    [JsonPropertyName("first")]
    public long FirstSegment { get; set; } = 1;

    [JsonPropertyName("next")]
    public long NextSegment { get; set; } = 1;
}

/// <summary>Stored form of a <see cref="WorkflowIndexSegment"/>.</summary>
internal sealed class WorkflowIndexRow
{
    [JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }

    [JsonPropertyName("runs")]
    public List<WorkflowIndexLine> Runs { get; set; } = [];
}

/// <summary>One run of the index, as it is kept and stored. Immutable.</summary>
internal sealed record WorkflowIndexLine
{
    [JsonPropertyName("run")]
    public required string Run { get; init; }

    [JsonPropertyName("of")]
    public required string Workflow { get; init; }

    [JsonPropertyName("v")]
    public required int Version { get; init; }

    [JsonPropertyName("status")]
    public required WorkflowRunStatus Status { get; init; }

    [JsonPropertyName("at")]
    public required DateTimeOffset StartedUtc { get; init; }

    [JsonPropertyName("order")]
    public required long Order { get; init; }

    [JsonPropertyName("end"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DateTimeOffset? EndedUtc { get; init; }

    [JsonPropertyName("wake"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DateTimeOffset? WakeUtc { get; init; }

    [JsonPropertyName("parent"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? Parent { get; init; }

    [JsonPropertyName("attributes"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Dictionary<string, string>? Attributes { get; init; }

    [JsonPropertyName("failure"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? Failure { get; init; }

    [JsonIgnore]
    public bool HasEnded => Status is WorkflowRunStatus.Completed or WorkflowRunStatus.Failed or WorkflowRunStatus.Cancelled;

    /// <summary>Whether the run must be woken when it was lost: it goes on, or it has ended and owes others something.</summary>
    [JsonIgnore]
    public bool IsLive => WakeUtc == (HasEnded ? WorkflowLine.Owing : null);

    /// <summary>When it is to be woken; null: never by time.</summary>
    [JsonIgnore]
    public DateTimeOffset? DueUtc => HasEnded || WakeUtc == DateTimeOffset.MaxValue ? null : WakeUtc;

    [JsonIgnore]
    public (DateTimeOffset StartedUtc, string Run) Place => (StartedUtc, Run);

    public static WorkflowIndexLine Of(WorkflowLine line) => new()
    {
        Run = line.Run.Value,
        Workflow = line.Workflow,
        Version = line.Version,
        Status = line.Status,
        StartedUtc = line.StartedUtc,
        Order = line.Order,
        EndedUtc = line.EndedUtc,
        WakeUtc = line.WakeUtc,
        Parent = line.Parent.IsDefault ? null : line.Parent.Value,
        Attributes = line.Attributes is { Count: > 0 } attributes ? new Dictionary<string, string>(attributes, StringComparer.Ordinal) : null,
        Failure = line.Failure,
    };

    public WorkflowLine ToLine() => new()
    {
        Run = new RunId(Run),
        Workflow = Workflow,
        Version = Version,
        Status = Status,
        StartedUtc = StartedUtc,
        Order = Order,
        EndedUtc = EndedUtc,
        WakeUtc = HasEnded ? null : WakeUtc,
        Parent = Parent is null ? default : new RunId(Parent),
        Attributes = Attributes,
        Failure = Failure,
    };

    /// <summary>Oldest first; of one moment, the smaller id first.</summary>
    public static int Compare((DateTimeOffset StartedUtc, string Run) left, (DateTimeOffset StartedUtc, string Run) right) =>
        left.StartedUtc != right.StartedUtc ? left.StartedUtc.CompareTo(right.StartedUtc) : string.CompareOrdinal(left.Run, right.Run);
}

[JsonSerializable(typeof(WorkflowIndexHead))]
[JsonSerializable(typeof(WorkflowIndexRow))]
internal sealed partial class WorkflowIndexJson : JsonSerializerContext;
