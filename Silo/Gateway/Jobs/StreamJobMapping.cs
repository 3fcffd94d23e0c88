using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Errors;
using OrleansFlow.Jobs;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Tasks;
using Wire = OrleansFlow.Protocol.Streaming.Jobs.V1;

namespace OrleansFlow.Silo.Gateway.Jobs;

/// <summary>Streaming jobs as messages.</summary>
internal static class StreamJobMapping
{
    public static string CheckId(string id) => IdText.IsValid(id)
        ? id
        : throw new FlowException(FlowErrorCode.BadInput, $"'{(id.Length > 64 ? id[..64] + "..." : id)}' is no id of a job: use 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', the first a letter or digit.");

    public static Wire.Job ToWire(this StreamJobView view, string jobId)
    {
        var wire = new Wire.Job
        {
            JobId = jobId,
            State = System.Enum.Parse<Wire.JobState>(view.Status),
            Phase = view.Phase == "None" ? "" : view.Phase,
            Since = Timestamp.FromDateTimeOffset(view.SinceUtc),
            Generation = view.Generation,
            StopMode = (Wire.JobStopMode)view.StopMode,
            Slots = view.Slots,
            Restarts = view.RestartCount,
            FailureCode = view.FailureCode ?? "",
            Failure = view.Failure ?? "",
            CheckpointUrl = view.CheckpointUrl,
            CheckpointInterval = Duration.FromTimeSpan(view.CheckpointInterval),
            IsPreview = view.IsPreview,
            Previews = { view.Previews },
            Nodes = { view.Nodes.Select(node => new Wire.JobNode { Id = node.Id, Description = node.Description, Parallelism = (uint)node.Parallelism }) },
        };
        foreach (var (worker, slots) in view.WorkerSlots)
        {
            wire.Workers[worker] = slots;
        }

        if (view.Checkpoint is { } checkpoint)
        {
            wire.Checkpoint = checkpoint;
        }

        if (view.CheckpointUnderWay is { } underWay)
        {
            wire.CheckpointUnderWay = underWay;
        }

        return wire;
    }

    public static Wire.JobCheckpoint ToWire(this CheckpointManifest manifest, bool isCommitting)
    {
        var files = manifest.Operators.SelectMany(state => state.Tables).SelectMany(table => table.Files).DistinctBy(file => file.Path, StringComparer.Ordinal).ToList();
        return new Wire.JobCheckpoint
        {
            Epoch = manifest.Epoch,
            Generation = manifest.Generation,
            Started = manifest.Started,
            Finished = manifest.Finished,
            Files = files.Count,
            Bytes = files.Aggregate(0UL, (sum, file) => sum + file.Bytes),
            IsCommitting = isCommitting,
        };
    }
}
