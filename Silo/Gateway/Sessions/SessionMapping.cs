using System.Globalization;
using Google.Protobuf;
using OrleansFlow.Decisions.Inputs;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;
using OrleansFlow.Workflows.Runs;
using Wire = OrleansFlow.Protocol.Worker.V1;

namespace OrleansFlow.Silo.Gateway.Sessions;

/// <summary>Turns messages of the worker protocol into the grains' records and back; refuses what breaks their rules.</summary>
internal static partial class SessionMapping
{
    private const int PollMsDefault = 300;
    private const int BackoffMaxMsDefault = 4_000;

    public static LeaseToken ToToken(this Wire.Lease? lease)
    {
        if (lease is null || !TaskId.TryParse(lease.TaskId, out var task))
        {
            throw Bad($"'{Shorten(lease?.TaskId ?? "")}' is not a task id: expected 'ID' or 'RUN/NODE/INDEX'.");
        }

        return lease.Epoch > 0
            ? new LeaseToken(task, lease.Epoch)
            : throw Bad(string.Create(CultureInfo.InvariantCulture, $"Lease of task '{task}' has epoch {lease.Epoch}; epochs begin at 1."));
    }

    public static Wire.Lease ToWire(this LeaseToken token) => new() { TaskId = token.TaskId.Value, Epoch = token.Epoch };

    public static LeaseProgress ToProgress(this Wire.Progress progress) =>
        new(progress.Lease.ToToken(), double.IsNaN(progress.Fraction) ? 0 : Math.Clamp(progress.Fraction, 0, 1));

    public static BatchReport ToReport(this Wire.BatchReport report)
    {
        var token = report.Lease.ToToken();
        return report.Index >= 0 && report.Rows >= 0 && report.Bytes >= 0 && report.Path.Length > 0
            ? new BatchReport
            {
                Token = token,
                Index = report.Index,
                Rows = report.Rows,
                Bytes = report.Bytes,
                Path = report.Path,
                Metrics = report.Metrics.Count == 0 ? null : new Dictionary<string, double>(report.Metrics),
                Uid = report.Uid.Length == 0 ? null : report.Uid,
                Checkpoint = ToCheckpoint(report.Checkpoint),
                InputPosition = report.InputPosition.Length == 0 ? null : report.InputPosition,
            }
            : throw Bad(string.Create(
                CultureInfo.InvariantCulture,
                $"Batch {report.Index} of task '{token.TaskId}' with {report.Rows} rows, {report.Bytes} bytes and path '{Shorten(report.Path)}' is not possible: numbers are 0 or more, a path is needed."));
    }

    public static CheckpointReport ToReport(this Wire.CheckpointReport report)
    {
        var token = report.Lease.ToToken();
        return new CheckpointReport(token, ToCheckpoint(report.Checkpoint) ?? throw Bad($"The checkpoint of task '{token.TaskId}' is missing."));
    }

    public static AttemptOutcome ToOutcome(this Wire.Outcome outcome)
    {
        var token = outcome.Lease.ToToken();
        var end = outcome.Kind switch
        {
            Wire.Outcome.Types.Kind.Completed => AttemptEnd.Completed,
            Wire.Outcome.Types.Kind.Failed => AttemptEnd.Failed,
            Wire.Outcome.Types.Kind.Stopped => AttemptEnd.Stopped,
            _ => throw Bad(string.Create(CultureInfo.InvariantCulture, $"Outcome of task '{token.TaskId}' is of kind {(int)outcome.Kind}, which this gateway does not know.")),
        };
        return new AttemptOutcome
        {
            Token = token,
            End = end,
            Failure = end == AttemptEnd.Failed
                ? new TaskFailure(outcome.Reason.Length == 0 ? FlowErrorKind.Of(FlowErrorCode.UnexpectedError).Wire : outcome.Reason, outcome.Permanent, outcome.Message)
                : null,
            ResultJson = outcome.ResultJson.Length == 0 ? null : outcome.ResultJson,
            Metrics = outcome.Metrics.Count == 0 ? null : new Dictionary<string, double>(outcome.Metrics),
            BatchCount = outcome.BatchCount,
            LostInputs = outcome.LostInputs.Count == 0
                ? null : [.. outcome.LostInputs.Select(input => new LostBatch(input.Node, input.TaskIndex, input.Index, input.Path))],
            Step = new Payload(outcome.Step.Memory),
        };
    }

    public static Wire.SiloMessage ToWire(this WorkerCommand command)
    {
        if (command.Offers is { } grants)
        {
            var offers = new Wire.Offers();
            foreach (var grant in grants)
            {
                offers.Offers_.Add(grant.ToWire());
            }

            return new Wire.SiloMessage { Offers = offers };
        }

        return command.Stopped is { } stopped
            ? Revoked(stopped, command.Reason ?? FlowErrorKind.Of(FlowErrorCode.LeaseLost).Wire, command.Grace)
            : new Wire.SiloMessage { Drain = new Wire.Drain { Reason = command.Reason ?? "" } };
    }

    public static Wire.SiloMessage Revoked(LeaseToken token, string reason, TimeSpan? grace = null) =>
        new() { Revoked = new Wire.Revoked { Lease = token.ToWire(), Reason = reason, GraceMs = (long)(grace ?? TimeSpan.Zero).TotalMilliseconds } };

    /// <summary>What an input adapter asks for, from a place on.</summary>
    public static InputPull ToPull(this Wire.ReadInputs request, long after) => new()
    {
        Nodes = [.. request.Nodes],
        After = after,
        KeepOpen = request.KeepOpen,
        ShareIndex = request.ShareIndex,
        ShareCount = request.ShareCount,
    };

    /// <summary>How long to wait before a run that could not be reached is asked again.</summary>
    public static PullBackoff ToBackoff(this Wire.ReadInputs request) => new(
        TimeSpan.FromMilliseconds(request.PollMs > 0 ? request.PollMs : PollMsDefault),
        TimeSpan.FromMilliseconds(request.BackoffMaxMs > 0 ? request.BackoffMaxMs : BackoffMaxMsDefault));

    public static Wire.InputRef ToWire(this ArtifactRef artifact) => new()
    {
        Node = artifact.Node,
        TaskIndex = artifact.TaskIndex,
        Index = artifact.Index,
        Rows = artifact.Rows,
        Bytes = artifact.Bytes,
        Path = artifact.Path,
        Uid = artifact.Uid ?? "",
        Epoch = artifact.Epoch,
        Sequence = artifact.Sequence,
    };

    public static Wire.Offer ToWire(this LeaseGrant grant)
    {
        if (!grant.Step.IsDefault)
        {
            return new Wire.Offer
            {
                Lease = grant.Token.ToWire(),
                Role = grant.Role,
                Attempt = grant.Attempt,
                TaskCount = 1,
                TimeoutMs = ToWire(grant.Timeout),
                Step = UnsafeByteOperations.UnsafeWrap(grant.Step.Utf8),
            };
        }

        var offer = new Wire.Offer
        {
            Lease = grant.Token.ToWire(),
            Role = grant.Role,
            Attempt = grant.Attempt,
            TaskCount = grant.TaskCount,
            ParamsJson = grant.ParamsJson ?? "",
            AcceptedBatches = grant.AcceptedBatches,
            TimeoutMs = ToWire(grant.Timeout),
            InputAdapter = grant.InputAdapter ?? "",
            InputArgsJson = grant.InputArgsJson ?? "",
            InputPosition = grant.InputPosition ?? "",
            CheckpointInputPosition = grant.CheckpointInputPosition ?? "",
        };
        offer.Parents.Add(grant.Parents);
        offer.ParentFailures.Add(grant.ParentFailures.Select(failure => new Wire.ParentFailure { Node = failure.Node, Reason = failure.Reason, Message = failure.Message }));
        foreach (var (name, path) in grant.Files ?? new Dictionary<string, string>())
        {
            offer.Files[name] = path;
        }

        if (grant.Checkpoint is { } checkpoint)
        {
            offer.Checkpoint = new Wire.Checkpoint { Version = checkpoint.Version, Json = checkpoint.Json, OutputCount = checkpoint.OutputCount };
        }

        if (grant.AcceptedBatches > 0)
        {
            offer.Totals = new Wire.Totals { Rows = grant.TotalRows };
            offer.Totals.Metrics.Add(grant.TotalMetrics?.ToDictionary() ?? []);
            offer.AcceptedUids.Add(grant.AcceptedUids?.Select(one => new Wire.AcceptedUid { Index = one.Key, Uid = one.Value }) ?? []);
        }

        return offer;
    }

    private static long ToWire(TimeSpan? timeout) => timeout is { } limit ? Math.Max(1, (long)limit.TotalMilliseconds) : 0;

    private static TaskCheckpointData? ToCheckpoint(Wire.Checkpoint? checkpoint) =>
        checkpoint is null ? null : new TaskCheckpointData(checkpoint.Version, checkpoint.Json, checkpoint.OutputCount);

    private static FlowException Bad(string message) => new(FlowErrorCode.BadInput, message);

    private static string Shorten(string text) => text.Length <= IdText.MaxLength ? text : text[..IdText.MaxLength] + "...";
}
