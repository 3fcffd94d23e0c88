using System.Text.Json.Serialization;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Schedules;

namespace OrleansFlow.Grains.Workflows;

/// <summary>Stored form of a schedule.</summary>
internal sealed class WorkflowScheduleRow
{
    [JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }

    /// <summary>JSON of a <see cref="ScheduleState"/>; <c>default</c> for none.</summary>
    [JsonPropertyName("schedule")]
    public Payload Schedule { get; set; }
}

/// <summary>Stored form of <see cref="WorkflowScheduleListGrain"/>.</summary>
internal sealed class WorkflowScheduleListRow
{
    [JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }

    [JsonPropertyName("schedules")]
    public List<string> Schedules { get; set; } = [];
}

[JsonSerializable(typeof(WorkflowScheduleRow))]
[JsonSerializable(typeof(WorkflowScheduleListRow))]
internal sealed partial class WorkflowScheduleJson : JsonSerializerContext;
