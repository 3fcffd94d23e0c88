using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Grains.Jobs;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Simulation.Invariants;
using JobOrder = OrleansFlow.Decisions.Jobs.JobOrder;

namespace OrleansFlow.Tests.Simulation.Mutations;

/// <summary>Checkpoints of streaming jobs that are kept badly.</summary>
internal sealed class JobCheckpointsMutation : Mutation
{
    /// <summary>Whether a manifest is said to be kept, and is not.</summary>
    public bool SaysThatItKeeps { get; init; }

    /// <summary>Whether a job is told that what it found is committed.</summary>
    public bool ForgetsCommits { get; init; }

    /// <summary>Whether compaction names files that nobody wrote.</summary>
    public bool CompactsIntoNothing { get; init; }

    public override IJobCheckpoints JobCheckpoints(IJobCheckpoints checkpoints) => new Broken(this, checkpoints);

    private sealed class Broken(JobCheckpointsMutation how, IJobCheckpoints checkpoints) : IJobCheckpoints
    {
        public async Task<JobRestore> PrepareAsync(JobCheckpointsPlace place, long generation, JobCheckpoint? known, long ignoreBefore, CancellationToken cancellationToken)
        {
            var restore = await checkpoints.PrepareAsync(place, generation, known, ignoreBefore, cancellationToken);
            if (restore.Checkpoint is not { } found || !how.ForgetsCommits)
            {
                return restore;
            }

            await checkpoints.MarkCommittedAsync(place, generation, found.Epoch, cancellationToken);
            return restore with { Checkpoint = found with { IsCommitted = found.NeedsCommit, Commits = [] } };
        }

        public Task<JobPublished> PublishAsync(JobCheckpointsPlace place, CheckpointManifest manifest, CancellationToken cancellationToken) => how.SaysThatItKeeps
            ? Task.FromResult(new JobPublished(PublishOutcome.Kept, $"generations/{manifest.Generation}/checkpoints/checkpoint-{manifest.Epoch}/manifest.pb", ""))
            : checkpoints.PublishAsync(place, manifest, cancellationToken);

        public Task MarkCommittedAsync(JobCheckpointsPlace place, long generation, long epoch, CancellationToken cancellationToken) =>
            checkpoints.MarkCommittedAsync(place, generation, epoch, cancellationToken);

        public Task DeleteAsync(JobCheckpointsPlace place, CancellationToken cancellationToken) => checkpoints.DeleteAsync(place, cancellationToken);

        public Task CleanUpAsync(JobCheckpointsPlace place, JobOrder.CleanUp order, CancellationToken cancellationToken) => checkpoints.CleanUpAsync(place, order, cancellationToken);

        public async Task<IReadOnlyList<TableState>> CompactAsync(JobCheckpointsPlace place, JobOrder.Compact order, CancellationToken cancellationToken)
        {
            var tables = await checkpoints.CompactAsync(place, order, cancellationToken);
            foreach (var file in tables.SelectMany(table => table.Files).Where(_ => how.CompactsIntoNothing))
            {
                file.Path += "-lost";
            }

            return tables;
        }
    }
}
