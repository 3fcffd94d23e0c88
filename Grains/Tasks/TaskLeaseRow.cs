using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Tasks;

/// <summary>Stored form of a <see cref="TaskLease"/>. Short member names: a run holds thousands.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.TaskLeaseRow")]
internal sealed class TaskLeaseRow
{
    [Id(0), JsonPropertyName("status"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Status { get; set; }

    [Id(1), JsonPropertyName("attempt"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Attempt { get; set; }

    [Id(2), JsonPropertyName("epoch"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Epoch { get; set; }

    [Id(3), JsonPropertyName("worker"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? Worker { get; set; }

    [Id(4), JsonPropertyName("lease"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public LeaseHolderRow? Lease { get; set; }

    [Id(5), JsonPropertyName("ready"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DateTimeOffset? ReadyUtc { get; set; }

    [Id(6), JsonPropertyName("batches"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public List<BatchRow>? Batches { get; set; }

    [Id(7), JsonPropertyName("retries"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int RetriesSpent { get; set; }

    [Id(8), JsonPropertyName("reported"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long ReportedEpoch { get; set; }

    [Id(9), JsonPropertyName("failure"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public FailureRow? Failure { get; set; }

    [Id(10), JsonPropertyName("result"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? ResultJson { get; set; }

    /// <summary>Name of the row that holds the result instead; null when it stands here or there is none.</summary>
    [Id(11), JsonPropertyName("result_row"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? ResultRow { get; set; }

    [Id(13), JsonPropertyName("takeovers"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Takeovers { get; set; }

    /// <summary>The checkpoint of a standalone task; those of a run's tasks have rows of their own.</summary>
    [Id(12), JsonPropertyName("checkpoint"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public CheckpointRow? Checkpoint { get; set; }

    /// <summary>Epoch below which, and at which, batches do not count any more.</summary>
    [Id(14), JsonPropertyName("base"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long BaseEpoch { get; set; }

    /// <summary>How often it began to make lost batches again.</summary>
    [Id(15), JsonPropertyName("remakes"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Remakes { get; set; }

    /// <summary>How many of them stand again; null when all do.</summary>
    [Id(16), JsonPropertyName("remade"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int? Remade { get; set; }

    /// <summary>Whether it had completed before.</summary>
    [Id(17), JsonPropertyName("had_completed"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HadCompleted { get; set; }

    /// <summary>The stored form.</summary>
    /// <param name="lease">The task.</param>
    /// <param name="withBatches">False where batches and checkpoints have rows of their own.</param>
    public static TaskLeaseRow Of(TaskLease lease, bool withBatches = true) => new()
    {
        Status = (int)lease.Status,
        Attempt = lease.Attempt,
        Epoch = lease.Epoch,
        BaseEpoch = lease.BaseEpoch,
        Worker = lease.LastWorker.IsDefault ? null : lease.LastWorker.Value,
        Lease = lease.Holder is { } holder
            ? new LeaseHolderRow { Session = holder.SessionId, GrantedUtc = holder.GrantedUtc, ExpiresUtc = holder.ExpiresUtc }
            : null,
        ReadyUtc = lease.ReadyUtc,
        Batches = lease.Batches.IsEmpty || !withBatches ? null : [.. lease.Batches.Select(BatchRow.Of)],
        RetriesSpent = lease.RetriesSpent,
        Remakes = lease.Remake?.Times ?? 0,
        Remade = lease.Remake?.Standing,
        HadCompleted = lease.Remake is { HadCompleted: true },
        Takeovers = lease.Takeovers,
        ReportedEpoch = lease.ReportedEpoch,
        Failure = FailureRow.Of(lease.Failure),
        ResultJson = lease.ResultJson,
        Checkpoint = withBatches ? CheckpointRow.Of(lease.Checkpoint) : null,
    };

    public TaskLease ToLease()
    {
        var worker = Worker is { } text ? new WorkerId(text) : default;
        return new TaskLease
        {
            Status = (FlowTaskStatus)Status,
            Attempt = Attempt,
            Epoch = Epoch,
            BaseEpoch = BaseEpoch,
            LastWorker = worker,
            Holder = Lease is { } lease ? new LeaseHolder(worker, lease.Session, lease.GrantedUtc, lease.ExpiresUtc) : null,
            ReadyUtc = ReadyUtc,
            Batches = Batches is null ? [] : [.. Batches.Select(batch => batch.ToBatch())],
            RetriesSpent = RetriesSpent,
            Remake = Remakes == 0 ? null : new LeaseRemake(Remakes, Remade, HadCompleted),
            Takeovers = Takeovers,
            ReportedEpoch = ReportedEpoch,
            Failure = Failure?.ToFailure(),
            ResultJson = ResultJson,
            Checkpoint = Checkpoint?.ToCheckpoint(),
            Progress = Status == (int)FlowTaskStatus.Completed ? 1 : 0,
        };
    }
}

/// <summary>Stored form of a lease's holder; the worker is stored with the task.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.LeaseHolderRow")]
internal sealed class LeaseHolderRow
{
    [Id(0), JsonPropertyName("session")]
    public string Session { get; set; } = "";

    [Id(1), JsonPropertyName("granted")]
    public DateTimeOffset GrantedUtc { get; set; }

    [Id(2), JsonPropertyName("expires")]
    public DateTimeOffset ExpiresUtc { get; set; }
}

/// <summary>Stored form of an accepted batch; its number is its place in the list.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.BatchRow")]
internal sealed class BatchRow
{
    [Id(0), JsonPropertyName("e")]
    public long Epoch { get; set; }

    [Id(1), JsonPropertyName("r")]
    public long Rows { get; set; }

    [Id(2), JsonPropertyName("b")]
    public long Bytes { get; set; }

    [Id(3), JsonPropertyName("p")]
    public string Path { get; set; } = "";

    [Id(4), JsonPropertyName("s"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Sequence { get; set; }

    [Id(5), JsonPropertyName("u"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? Uid { get; set; }

    [Id(6), JsonPropertyName("i"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? InputPosition { get; set; }

    /// <summary>What was reported with it.</summary>
    [Id(7), JsonPropertyName("m"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Dictionary<string, double>? Metrics { get; set; }

    public static BatchRow Of(AcceptedBatch batch) => new()
    {
        Epoch = batch.Epoch,
        Rows = batch.Rows,
        Bytes = batch.Bytes,
        Path = batch.Path,
        Sequence = batch.Sequence,
        Uid = batch.Uid,
        InputPosition = batch.InputPosition,
        Metrics = batch.Metrics is { } metrics ? new Dictionary<string, double>(metrics) : null,
    };

    public AcceptedBatch ToBatch() => new(Epoch, Rows, Bytes, Path, Sequence, Metrics?.ToImmutableSortedDictionary(StringComparer.Ordinal)) { Uid = Uid, InputPosition = InputPosition };
}

/// <summary>Stored form of a failure.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.FailureRow")]
internal sealed class FailureRow
{
    [Id(0), JsonPropertyName("reason")]
    public string Reason { get; set; } = "";

    [Id(1), JsonPropertyName("permanent")]
    public bool Permanent { get; set; }

    [Id(2), JsonPropertyName("message")]
    public string Message { get; set; } = "";

    public static FailureRow? Of(LeaseFailure? failure) =>
        failure is null ? null : new FailureRow { Reason = failure.Reason, Permanent = failure.Permanent, Message = failure.Message };

    public LeaseFailure ToFailure() => new(Reason, Permanent, Message);
}
