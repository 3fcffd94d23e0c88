using OrleansFlow.Client.Jobs;
using OrleansFlow.Errors;
using Wire = OrleansFlow.Protocol.Streaming.Jobs.V1;

namespace OrleansFlow.Client.Protocol;

/// <summary>Turns messages about streaming jobs into records. Enum numbers are equal on both sides.</summary>
internal static class StreamJobViews
{
    public static FlowStreamJob ToJob(this Wire.Job job) => new()
    {
        JobId = job.JobId,
        State = (StreamJobState)job.State,
        Phase = job.Phase,
        SinceUtc = job.Since?.ToDateTimeOffset() ?? default,
        Generation = job.Generation,
        StopMode = job.StopMode == Wire.JobStopMode.Unspecified ? null : (StreamJobStop)job.StopMode,
        Slots = job.Slots,
        Workers = new SortedDictionary<string, int>(job.Workers, StringComparer.Ordinal),
        Checkpoint = job.HasCheckpoint ? job.Checkpoint : null,
        CheckpointUnderWay = job.HasCheckpointUnderWay ? job.CheckpointUnderWay : null,
        RestartCount = job.Restarts,
        FailureKind = job.FailureCode.Length == 0 ? null : FlowErrorKind.OfWire(job.FailureCode),
        Failure = job.Failure,
        CheckpointUrl = job.CheckpointUrl,
        CheckpointInterval = job.CheckpointInterval?.ToTimeSpan() ?? default,
        IsPreview = job.IsPreview,
        Previews = [.. job.Previews],
        Nodes = [.. job.Nodes.Select(node => new StreamJobNode(node.Id, node.Description, (int)node.Parallelism))],
    };

    public static StreamJobCheckpoint ToCheckpoint(this Wire.JobCheckpoint checkpoint) => new(
        checkpoint.Epoch,
        checkpoint.Generation,
        checkpoint.Started?.ToDateTimeOffset(),
        checkpoint.Finished?.ToDateTimeOffset(),
        checkpoint.Files,
        checkpoint.Bytes,
        checkpoint.IsCommitting);

    public static StreamJobSavepoint ToSavepoint(this Wire.Savepoint savepoint) => new(savepoint.Name, savepoint.Checkpoint.ToCheckpoint());
}
