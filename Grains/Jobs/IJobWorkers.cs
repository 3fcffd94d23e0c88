using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Grains.Jobs;

/// <summary>The workers, as streaming jobs see them. The silo implements it over the sessions of workers.</summary>
/// <remarks>Calls to one worker arrive in their order. A call that throws means that the worker could not be told, after the tries that the implementation makes.</remarks>
public interface IJobWorkers
{
    /// <summary>Workers with free slots for streaming jobs, in the order in which they are to be filled. Nothing is started for it.</summary>
    Task<IReadOnlyList<JobWorker>> FindAsync(string jobId, int slotsNeeded, CancellationToken cancellationToken);

    /// <summary>Starts subtasks. Repeating it for the same generation changes nothing.</summary>
    Task StartAsync(StartExecutionRequest request, CancellationToken cancellationToken);

    /// <summary>Sends a barrier. Repeating it changes nothing.</summary>
    Task CheckpointAsync(CheckpointRequest request, CancellationToken cancellationToken);

    /// <summary>Calls the barriers of a checkpoint off.</summary>
    Task GiveUpAsync(JobContext context, long epoch, CancellationToken cancellationToken);

    /// <summary>Makes sinks commit. Repeating it makes them commit the same again, and answer again.</summary>
    Task CommitAsync(CommitRequest request, CancellationToken cancellationToken);

    /// <summary>Makes subtasks use compacted files.</summary>
    Task LoadCompactedAsync(LoadCompactedDataRequest request, CancellationToken cancellationToken);

    /// <summary>Stops subtasks.</summary>
    Task StopAsync(StopExecutionRequest request, CancellationToken cancellationToken);

    /// <summary>Makes a worker let go of a job. Returns when nothing of that generation runs there any more.</summary>
    Task FinishAsync(JobFinishedRequest request, CancellationToken cancellationToken);
}
