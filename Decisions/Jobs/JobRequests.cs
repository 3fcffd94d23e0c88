using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Decisions.Jobs;

/// <summary>Orders of a job, as what a worker is told.</summary>
/// <param name="JobId">The job.</param>
public readonly record struct JobRequests(string JobId)
{
    /// <summary>Start subtasks.</summary>
    /// <param name="order">Which.</param>
    /// <param name="program">The program with the parallelism that the assignment was made for.</param>
    /// <param name="checkpointUrl">Where the job's checkpoints are, as stores know it.</param>
    /// <param name="interval">Time between checkpoints.</param>
    public StartExecutionRequest ToRequest(JobOrder.Start order, Program program, string checkpointUrl, TimeSpan interval)
    {
        ArgumentNullException.ThrowIfNull(order);
        var request = new StartExecutionRequest
        {
            Context = ContextOf(order, order.Worker),
            Program = program,
            StartEpoch = order.StartEpoch,
            MinEpoch = order.MinEpoch,
            CheckpointUrl = checkpointUrl,
            CheckpointInterval = Duration.FromTimeSpan(interval),
        };
        if (order.Restore is { } restore)
        {
            (request.RestoreEpoch, request.RestoreManifest) = (restore.Epoch, restore.Manifest);
        }

        var workers = order.Assignment.Workers.ToDictionary(worker => worker.Id, StringComparer.Ordinal);
        request.Tasks.AddRange(order.Assignment.Placements.Select(placement => new TaskAssignment
        {
            NodeId = placement.Subtask.NodeId,
            SubtaskIndex = (uint)placement.Subtask.Index,
            WorkerId = placement.Worker,
            WorkerDataAddress = workers[placement.Worker].DataAddress,
            WorkerRpcAddress = workers[placement.Worker].RpcAddress,
        }));
        return request;
    }

    /// <summary>Send barriers.</summary>
    public CheckpointRequest ToRequest(JobOrder.Checkpoint order)
    {
        ArgumentNullException.ThrowIfNull(order);
        return new CheckpointRequest
        {
            Context = ContextOf(order, order.Worker),
            Epoch = order.Epoch,
            MinEpoch = order.MinEpoch,
            Timestamp = Timestamp.FromDateTimeOffset(order.TimestampUtc),
            ThenStop = order.ThenStop,
        };
    }

    /// <summary>Commit.</summary>
    public CommitRequest ToRequest(JobOrder.Commit order)
    {
        ArgumentNullException.ThrowIfNull(order);
        return new CommitRequest { Context = ContextOf(order, order.Worker), Epoch = order.Epoch, Commits = { order.Commits.AsEnumerable() } };
    }

    /// <summary>Use compacted files.</summary>
    public LoadCompactedDataRequest ToRequest(JobOrder.LoadCompacted order)
    {
        ArgumentNullException.ThrowIfNull(order);
        return new LoadCompactedDataRequest { Context = ContextOf(order, order.Worker), OperatorId = order.OperatorId, Tables = { order.Tables.AsEnumerable() } };
    }

    /// <summary>Stop subtasks.</summary>
    public StopExecutionRequest ToRequest(JobOrder.StopTasks order)
    {
        ArgumentNullException.ThrowIfNull(order);
        return new StopExecutionRequest { Context = ContextOf(order, order.Worker), Mode = order.Mode };
    }

    /// <summary>Let go of the job: one for each worker.</summary>
    public ImmutableArray<JobFinishedRequest> ToRequests(JobOrder.TearDown order)
    {
        ArgumentNullException.ThrowIfNull(order);
        var requests = this;
        return [.. order.Workers.Select(worker => new JobFinishedRequest { Context = requests.ContextOf(order, worker) })];
    }

    private JobContext ContextOf(JobOrder.OfGeneration order, string worker) => new() { WorkerId = worker, JobId = JobId, Generation = order.Generation };
}
