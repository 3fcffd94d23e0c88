using System.Text.Json.Serialization;
using OrleansFlow.Grains.Commits;

namespace OrleansFlow.Grains.Workers;

/// <summary>The head row of a queue. Its segments are the numbers from first up to, not including, next; those that are empty have no row.</summary>
internal sealed class QueueHeadState
{
    [JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }

    /// <summary>True once any worker has announced the role.</summary>
    public bool Known { get; set; }

    public long FirstSegment { get; set; } = 1;

    public long NextSegment { get; set; } = 1;

    /// <summary>Activations that shared a limit with other queues: what one of them says is newer than what any before it said.</summary>
    public long Term { get; set; }
}

/// <summary>Some stored tasks of a queue.</summary>
internal sealed class QueueSegmentState
{
    [JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }

    public List<QueueItemState> Items { get; set; } = [];
}

/// <summary>One stored task. Short member names: there are many of them.</summary>
internal sealed record QueueItemState(
    [property: JsonPropertyName("t")] string Task,
    [property: JsonPropertyName("p")] int Priority,
    [property: JsonPropertyName("r")] DateTimeOffset ReadyUtc,
    [property: JsonPropertyName("n"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Needs = null,
    [property: JsonPropertyName("k"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? LimitKey = null,
    [property: JsonPropertyName("l"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int Limit = 0);

[JsonSerializable(typeof(QueueHeadState))]
[JsonSerializable(typeof(QueueSegmentState))]
[JsonSerializable(typeof(WorkerGrainState))]
[JsonSerializable(typeof(WorkerCatalogState))]
[JsonSerializable(typeof(Limits.LimitGrainState))]
internal sealed partial class WorkerStateJson : JsonSerializerContext;
