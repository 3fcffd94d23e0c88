using System.Text.Json.Serialization;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Tasks;

/// <summary>The head row of a partition: which of its other rows count. Written with every commit, so its etag is the commit.</summary>
internal sealed class TaskPartitionHead
{
    [JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }

    /// <summary>The first log row that is still needed.</summary>
    [JsonPropertyName("tail")]
    public long Tail { get; set; } = 1;

    /// <summary>The number that the next log row gets; all from the tail up to it are there.</summary>
    [JsonPropertyName("next")]
    public long Next { get; set; } = 1;

    /// <summary>The number that the next row of ended tasks gets.</summary>
    [JsonPropertyName("ended")]
    public int Ended { get; set; }

    /// <summary>The first row of ended tasks; those before it were swept.</summary>
    [JsonPropertyName("first_ended"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int FirstEnded { get; set; }
}

/// <summary>Tasks as one commit left them (a log row), or tasks that have ended and change no more.</summary>
internal sealed class TaskImagesRow
{
    [JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }

    /// <summary>For a row of ended tasks: when they were moved there, which is after the end of each.</summary>
    [JsonPropertyName("moved"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DateTimeOffset? MovedUtc { get; set; }

    [JsonPropertyName("tasks")]
    public List<TaskImageRow> Tasks { get; set; } = [];
}

/// <summary>One task of a <see cref="TaskImagesRow"/>. What it was submitted with is left out where an earlier log row has it.</summary>
internal sealed class TaskImageRow
{
    [JsonPropertyName("id")]
    public string Id { get; set; } = "";

    [JsonPropertyName("as"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public TaskSubmissionRow? Submission { get; set; }

    [JsonPropertyName("task")]
    public TaskLeaseRow Lease { get; set; } = new();

    /// <summary>Throws when the row makes no sense.</summary>
    public void Check()
    {
        TaskId.Standalone(Id);
        Lease.ToLease();
    }
}

/// <summary>Stored form of a <see cref="TaskSubmission"/>.</summary>
internal sealed class TaskSubmissionRow
{
    [JsonPropertyName("role")]
    public string Role { get; set; } = "";

    [JsonPropertyName("payload"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? PayloadJson { get; set; }

    [JsonPropertyName("priority"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Priority { get; set; }

    [JsonPropertyName("max_retries"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int MaxRetries { get; set; }

    [JsonPropertyName("backoff"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public TimeSpan Backoff { get; set; }

    [JsonPropertyName("labels"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public SortedDictionary<string, string>? Labels { get; set; }

    [JsonPropertyName("role_version"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? RoleVersion { get; set; }

    public static TaskSubmissionRow Of(TaskSubmission submission) => new()
    {
        Role = submission.Role,
        PayloadJson = submission.PayloadJson,
        Priority = submission.Priority,
        MaxRetries = submission.MaxRetries,
        Backoff = submission.Backoff,
        Labels = submission.Labels is { Count: > 0 } labels ? new SortedDictionary<string, string>(labels.ToDictionary(), StringComparer.Ordinal) : null,
        RoleVersion = submission.RoleVersion,
    };

    public TaskSubmission ToSubmission() =>
        new() { Role = Role, PayloadJson = PayloadJson, Priority = Priority, MaxRetries = MaxRetries, Backoff = Backoff, Labels = Labels, RoleVersion = RoleVersion };
}

/// <summary>Hashes of the tasks in a block of rows of ended tasks, so that a partition need not read those rows to know what they hold.</summary>
internal sealed class EndedIndexRow
{
    [JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }

    /// <summary>64-bit hashes, little-endian, in the order of rows and tasks.</summary>
    [JsonPropertyName("hashes")]
    public byte[] Hashes { get; set; } = [];
}

[JsonSerializable(typeof(TaskPartitionHead))]
[JsonSerializable(typeof(TaskImagesRow))]
[JsonSerializable(typeof(EndedIndexRow))]
internal sealed partial class TaskStateJson : JsonSerializerContext;
