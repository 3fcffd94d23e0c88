using System.Text.Json.Serialization;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Tasks;

/// <summary>A standalone task as a value.</summary>
/// <param name="Submission">As submitted; null while there is none.</param>
/// <param name="Lease">Where it stands.</param>
internal sealed record TaskGrainState(TaskSubmission? Submission, TaskLease Lease);

/// <summary>Stored form of a standalone task.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.TaskRow")]
internal sealed class TaskRow
{
    [Id(0), JsonPropertyName("role")]
    public string Role { get; set; } = "";

    [Id(1), JsonPropertyName("payload"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? PayloadJson { get; set; }

    [Id(2), JsonPropertyName("priority"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Priority { get; set; }

    [Id(3), JsonPropertyName("max_retries"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int MaxRetries { get; set; }

    [Id(4), JsonPropertyName("backoff"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public TimeSpan Backoff { get; set; }

    [Id(5), JsonPropertyName("task")]
    public TaskLeaseRow Lease { get; set; } = new();

    [Id(6), JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }

    public static TaskRow Of(TaskGrainState state)
    {
        var submission = state.Submission!;
        return new TaskRow
        {
            Role = submission.Role,
            PayloadJson = submission.PayloadJson,
            Priority = submission.Priority,
            MaxRetries = submission.MaxRetries,
            Backoff = submission.Backoff,
            Lease = TaskLeaseRow.Of(state.Lease),
        };
    }

    public TaskGrainState ToState() => new(
        new TaskSubmission { Role = Role, PayloadJson = PayloadJson, Priority = Priority, MaxRetries = MaxRetries, Backoff = Backoff }, Lease.ToLease());
}

[JsonSerializable(typeof(TaskRow))]
internal sealed partial class TaskStateJson : JsonSerializerContext;
