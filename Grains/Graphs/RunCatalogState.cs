using System.Text.Json.Serialization;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Graphs;

namespace OrleansFlow.Grains.Graphs;

/// <summary>Stored form of a shard of the run listing, newest first.</summary>
internal sealed class RunCatalogState
{
    [JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }

    public List<RunLine> Runs { get; set; } = [];
}

/// <summary>One line of it.</summary>
internal sealed class RunLine
{
    public required string Run { get; init; }

    public required string Graph { get; init; }

    public required RunStatus Status { get; init; }

    public required DateTimeOffset SubmittedUtc { get; init; }

    public DateTimeOffset? StartedUtc { get; init; }

    public DateTimeOffset? EndedUtc { get; init; }

    public string? FailureReason { get; init; }

    public bool FailurePermanent { get; init; }

    public string? FailureMessage { get; init; }

    public string? CancelReason { get; init; }

    public required long Version { get; init; }
}

[JsonSerializable(typeof(RunCatalogState))]
internal sealed partial class RunCatalogJson : JsonSerializerContext;
