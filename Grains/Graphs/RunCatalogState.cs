using System.Text.Json.Serialization;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Graphs;

/// <summary>The head row of a shard of the run listing. Its segments are the numbers from first up to, not including, next; those that are empty have no row.</summary>
internal sealed class RunCatalogState
{
    /// <summary>The form whose lines are in segments. Up to 1 they are in this row.</summary>
    public const int Segmented = 2;

    [JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value, newest: Segmented); }

    /// <summary>The lines of the first form.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public List<RunLine>? Runs { get; set; }

    public long FirstSegment { get; set; } = 1;

    public long NextSegment { get; set; } = 1;
}

/// <summary>Stored form of a <see cref="RunCatalogSegment"/>.</summary>
internal sealed class RunCatalogSegmentState
{
    [JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }

    public List<RunLine> Runs { get; set; } = [];
}

/// <summary>One line of the listing. Immutable.</summary>
internal sealed class RunLine
{
    public required string Run { get; init; }

    public required string Graph { get; init; }

    public required RunStatus Status { get; init; }

    public required DateTimeOffset SubmittedUtc { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DateTimeOffset? StartedUtc { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DateTimeOffset? EndedUtc { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? FailureReason { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool FailurePermanent { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? FailureMessage { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? CancelReason { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long ArtifactBytes { get; init; }

    public required long Version { get; init; }

    public static RunLine Of(RunEntry entry) => new()
    {
        Run = entry.Run.RunId.Value,
        Graph = entry.Run.GraphName,
        Status = entry.Run.Status,
        SubmittedUtc = entry.Run.SubmittedUtc,
        StartedUtc = entry.Run.StartedUtc,
        EndedUtc = entry.Run.EndedUtc,
        FailureReason = entry.Run.Failure?.Reason,
        FailurePermanent = entry.Run.Failure?.Permanent ?? false,
        FailureMessage = entry.Run.Failure?.Message,
        CancelReason = entry.Run.CancelReason,
        ArtifactBytes = entry.Run.ArtifactBytes,
        Version = entry.Version,
    };

    public RunEntry ToEntry() => new()
    {
        Version = Version,
        Run = new RunView
        {
            RunId = new RunId(Run),
            GraphName = Graph,
            Status = Status,
            SubmittedUtc = SubmittedUtc,
            StartedUtc = StartedUtc,
            EndedUtc = EndedUtc,
            Failure = FailureReason is { } reason ? new TaskFailure(reason, FailurePermanent, FailureMessage ?? "") : null,
            CancelReason = CancelReason,
            ArtifactBytes = ArtifactBytes,
        },
    };

    /// <summary>Oldest first; of one moment, the smaller id first.</summary>
    public static int Compare((DateTimeOffset SubmittedUtc, string Run) left, (DateTimeOffset SubmittedUtc, string Run) right) =>
        left.SubmittedUtc != right.SubmittedUtc ? left.SubmittedUtc.CompareTo(right.SubmittedUtc) : string.CompareOrdinal(left.Run, right.Run);

    [JsonIgnore]
    public (DateTimeOffset SubmittedUtc, string Run) Place => (SubmittedUtc, Run);
}

[JsonSerializable(typeof(RunCatalogState))]
[JsonSerializable(typeof(RunCatalogSegmentState))]
internal sealed partial class RunCatalogJson : JsonSerializerContext;
