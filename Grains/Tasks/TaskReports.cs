using System.Collections.Immutable;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Tasks;

/// <summary>Between what crosses grain boundaries and what is decided: reports in, views out.</summary>
internal static class TaskReports
{
    /// <summary>Longest result, in characters.</summary>
    private const int ResultCharsMax = 64 * 1024;

    private const int PathCharsMax = 1_024;

    /// <summary>Longest position of an input, in characters.</summary>
    private const int PositionCharsMax = 2_048;

    private const int MetricCountMax = 64;

    /// <summary>Lost inputs of one outcome that are looked at.</summary>
    private const int LostInputsMax = 64;

    private static readonly ImmutableSortedDictionary<string, double> NoMetrics = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>The command of a batch report; null when the report itself is wrong.</summary>
    public static AcceptBatch? ToCommand(BatchReport report) =>
        report.Index >= 0 && report.Rows >= 0 && report.Bytes >= 0 && IsInsideTheStore(report.Path)
        && !(report.InputPosition?.Length > PositionCharsMax)
        && report.Uid is null or { Length: <= TaskCheckpointData.UidCharsMax } && (report.Checkpoint is null || IsKept(report.Checkpoint))
            ? new AcceptBatch(
                report.Token.Epoch,
                report.Index,
                new AcceptedBatch(report.Token.Epoch, report.Rows, report.Bytes, report.Path) { Uid = report.Uid, InputPosition = report.InputPosition },
                Metrics(report.Metrics))
            {
                Checkpoint = ToCheckpoint(report.Checkpoint),
            }
            : null;

    /// <summary>The command of a checkpoint; null when it is longer than is kept.</summary>
    public static SaveCheckpoint? ToCommand(CheckpointReport report) =>
        IsKept(report.Checkpoint) ? new SaveCheckpoint(report.Token.Epoch, ToCheckpoint(report.Checkpoint)!) : null;

    /// <summary>What a grant hands on of what earlier attempts did.</summary>
    public static LeaseGrant WithPast(LeaseGrant grant, TaskLease lease)
    {
        if (lease.Checkpoint is { } checkpoint)
        {
            grant = grant with { Checkpoint = new TaskCheckpointData(checkpoint.Version, checkpoint.Json, checkpoint.OutputCount) };
        }

        if (lease.StandingCount == 0)
        {
            return grant;
        }

        var rows = 0L;
        List<KeyValuePair<int, string>>? uids = null;
        Dictionary<string, double>? metrics = null;
        var index = 0;
        foreach (var batch in lease.Batches.Take(lease.StandingCount))
        {
            rows += batch.Rows;
            foreach (var (name, value) in batch.Metrics ?? NoMetrics)
            {
                metrics ??= new Dictionary<string, double>(StringComparer.Ordinal);
                metrics[name] = metrics.GetValueOrDefault(name) + value;
            }

            if (batch.Uid is { } uid)
            {
                (uids ??= []).Add(new KeyValuePair<int, string>(index, uid));
            }

            index++;
        }

        return grant with { TotalRows = rows, TotalMetrics = metrics, AcceptedUids = uids };
    }

    /// <summary>The command of an attempt's end.</summary>
    public static LeaseCommand ToCommand(AttemptOutcome outcome) => outcome.End switch
    {
        AttemptEnd.Completed when outcome.ResultJson is { Length: > ResultCharsMax } result => new FailAttempt(outcome.Token.Epoch, new LeaseFailure(
            FlowErrorKind.Of(FlowErrorCode.LimitExceeded).Wire, true, $"The result has {result.Length} characters; at most {ResultCharsMax} are kept. Emit it as a batch.")),
        AttemptEnd.Completed => new CompleteAttempt(outcome.Token.Epoch, outcome.BatchCount, outcome.ResultJson, Metrics(outcome.Metrics)),
        AttemptEnd.Stopped => new StopAttempt(outcome.Token.Epoch),
        _ when outcome.LostInputs is { Count: > 0 } lost && !outcome.Token.TaskId.IsStandalone => new LoseInputs(
            outcome.Token.Epoch, [.. lost.Take(LostInputsMax).Select(batch => new LostInput(batch.Node, batch.TaskIndex, batch.Index, batch.Path))], FailureOf(outcome)),
        _ => new FailAttempt(outcome.Token.Epoch, FailureOf(outcome)),
    };

    private static LeaseFailure FailureOf(AttemptOutcome outcome) => outcome.Failure is { } failure
        ? new LeaseFailure(failure.Reason, failure.Permanent, failure.Message)
        : new LeaseFailure(FlowErrorKind.Of(FlowErrorCode.UnexpectedError).Wire, false, "The worker named no reason.");

    public static TaskFailure? ToFailure(LeaseFailure? failure) =>
        failure is null ? null : new TaskFailure(failure.Reason, failure.Permanent, failure.Message);

    public static TaskView ToView(TaskId task, string role, TaskLease lease) => new()
    {
        TaskId = task,
        Role = role,
        Status = lease.Status,
        Attempt = lease.Attempt,
        Epoch = lease.Epoch,
        Worker = lease.LastWorker,
        Batches = lease.Batches.Count,
        Progress = lease.Progress,
        Failure = ToFailure(lease.Failure),
        ResultJson = lease.ResultJson,
        CheckpointSize = lease.Checkpoint?.Json.Length ?? 0,
        CheckpointUtc = lease.Checkpoint?.SavedUtc,
        GrantedUtc = lease.Holder?.GrantedUtc,
        DueUtc = lease.Status switch
        {
            FlowTaskStatus.Leased => lease.Holder?.ExpiresUtc,
            FlowTaskStatus.BackingOff => lease.ReadyUtc,
            _ => null,
        },
    };

    /// <summary>Why a task changed, where it is not plain.</summary>
    public static string? ReasonOf(LeaseEvent change) => change switch
    {
        LeaseRevoked revoked => revoked.Reason,
        TaskBackedOff backedOff => backedOff.Failure.Reason,
        TaskFailed failed => failed.Failure.Reason,
        TaskCancelled => LeaseReasons.Cancelled,
        TaskWithheld withheld => withheld.Reason,
        TaskRemade => LeaseReasons.ArtifactLost,
        _ => null,
    };

    /// <summary>Whose attempt goes on although its lease ended, so that it must be told; null when nobody's does.</summary>
    public static (WorkerId Worker, long Epoch, string Reason)? ToStop(LeaseEvent change) => change switch
    {
        LeaseRevoked { Reason: not LeaseReasons.Stopped, IsReported: false } revoked => (revoked.Worker, revoked.Epoch, revoked.Reason),
        TaskBackedOff { Reported: false } backedOff => (backedOff.Worker, backedOff.Epoch, backedOff.Failure.Reason),
        TaskFailed { Reported: false } failed => (failed.Worker, failed.Epoch, failed.Failure.Reason),
        _ => null,
    };

    private static ImmutableSortedDictionary<string, double>? Metrics(IReadOnlyDictionary<string, double>? metrics) => metrics is null or { Count: 0 }
        ? null
        : metrics.OrderBy(metric => metric.Key, StringComparer.Ordinal)
            .Where(metric => double.IsFinite(metric.Value))
            .Take(MetricCountMax)
            .ToImmutableSortedDictionary(StringComparer.Ordinal);

    private static bool IsKept(TaskCheckpointData checkpoint) => checkpoint.Json.Length <= TaskCheckpointData.JsonCharsMax && checkpoint.OutputCount >= 0;

    private static LeaseCheckpoint? ToCheckpoint(TaskCheckpointData? data) => data is null ? null : new LeaseCheckpoint(data.Version, data.Json, data.OutputCount);

    /// <summary>A path is later opened below the artifact root, so it must not lead out of it.</summary>
    private static bool IsInsideTheStore(string path) =>
        path.Length is > 0 and <= PathCharsMax && !path.StartsWith('/') && !path.Contains('\\', StringComparison.Ordinal) && !path.Contains(':', StringComparison.Ordinal)
        && !path.Split('/').Any(part => part is "" or "." or "..");
}
