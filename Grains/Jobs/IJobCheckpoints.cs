using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Grains.Jobs;

/// <summary>The stores of checkpoints, as streaming jobs see them. The silo implements it over object stores.</summary>
public interface IJobCheckpoints
{
    /// <summary>Makes a generation the owner of the job's checkpoints, and finds the newest one that counts.</summary>
    Task<JobRestore> PrepareAsync(JobCheckpointsPlace place, long generation, JobCheckpoint? known, long ignoreBefore, CancellationToken cancellationToken);

    /// <summary>Keeps a manifest. Repeating it gives the same answer. A throw means that nobody knows whether it is kept.</summary>
    Task<JobPublished> PublishAsync(JobCheckpointsPlace place, CheckpointManifest manifest, CancellationToken cancellationToken);

    /// <summary>Notes that all sinks have committed an epoch. Repeating it changes nothing.</summary>
    Task MarkCommittedAsync(JobCheckpointsPlace place, long generation, long epoch, CancellationToken cancellationToken);

    /// <summary>Deletes files that no kept checkpoint names.</summary>
    Task CleanUpAsync(JobCheckpointsPlace place, JobOrder.CleanUp order, CancellationToken cancellationToken);

    /// <summary>Deletes all that is kept of the job, savepoints too. Repeating it changes nothing.</summary>
    Task DeleteAsync(JobCheckpointsPlace place, CancellationToken cancellationToken);

    /// <summary>Puts the small files of a table together.</summary>
    /// <returns>The operator's tables that have other files now.</returns>
    Task<IReadOnlyList<TableState>> CompactAsync(JobCheckpointsPlace place, JobOrder.Compact order, CancellationToken cancellationToken);
}

/// <summary>Where a job's checkpoints are.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Url">The folder of all jobs' checkpoints, as stores know it.</param>
public sealed record JobCheckpointsPlace(string JobId, string Url)
{
    /// <summary>Name of the job's savepoint that it begins from where there is no checkpoint; null for none.</summary>
    public string? Savepoint { get; init; }
}

/// <summary>What a job begins from.</summary>
/// <param name="Checkpoint">The newest that counts; null for none.</param>
/// <param name="NewestEpoch">The highest epoch that is used up; 0 for none.</param>
/// <param name="NewestGeneration">The highest generation that the store knows.</param>
public sealed record JobRestore(JobCheckpoint? Checkpoint, long NewestEpoch, long NewestGeneration);

/// <summary>What became of a manifest.</summary>
/// <param name="Outcome">Whether it is kept.</param>
/// <param name="Manifest">Name of the object; empty unless it is kept.</param>
/// <param name="Message">Why not; empty when it is.</param>
public sealed record JobPublished(PublishOutcome Outcome, string Manifest, string Message);
