using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Fencing;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>The checkpoints of one generation of a local job, published one behind the other.</summary>
/// <param name="checkpoints">The job's checkpoints.</param>
/// <param name="generation">The generation.</param>
/// <param name="taken">What it began with.</param>
/// <param name="setup">The job.</param>
internal sealed class StoredCheckpoints(CheckpointStore checkpoints, long generation, TakenOver taken, LocalJobSetup setup) : ICheckpointLog
{
    private const int AttemptsMax = 6;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    private readonly ByteString _programHash = ByteString.CopyFrom(StateCompatibility.HashOf(setup.Program));
    private readonly DateTimeOffset _startedAtUtc = setup.Clock.GetUtcNow();
    private string _parent = taken.Latest is null ? "" : CheckpointStore.NameOf(taken.Latest);

    /// <summary>The checkpoint that counts last; null before the first one.</summary>
    public CheckpointManifest? Latest { get; private set; } = taken.Latest;

    /// <summary>When the checkpoint under way began; its manifest says so.</summary>
    public DateTimeOffset? BeganAtUtc { get; set; }

    public TimeSpan CommitTimeout => setup.CommitTimeout;

    public async ValueTask PublishAsync(CheckpointManifest manifest, CancellationToken cancellationToken)
    {
        (manifest.JobId, manifest.Generation, manifest.Parent, manifest.ProgramHash) = (setup.Job, generation, _parent, _programHash);
        manifest.Started = Timestamp.FromDateTimeOffset(BeganAtUtc ?? _startedAtUtc);
        manifest.Finished = Timestamp.FromDateTimeOffset(setup.Clock.GetUtcNow());

        // A store that does not answer leaves open whether the checkpoint counts, and repeating the call tells.
        var outcome = await RepeatAsync(token => checkpoints.PublishAsync(manifest, token), cancellationToken);
        if (outcome is not (PublishOutcome.Ready or PublishOutcome.CommitRequired))
        {
            throw Lost(manifest, outcome);
        }

        (_parent, Latest) = (CheckpointStore.NameOf(manifest), manifest);
        if (!manifest.NeedsCommit)
        {
            setup.CheckpointTaken?.Invoke(manifest);
        }
    }

    public async ValueTask MarkCommittedAsync(CheckpointManifest manifest, CancellationToken cancellationToken)
    {
        // A savepoint was committed before it was made; of another job it has no record here at all.
        var isBase = taken is { Outcome: PublishOutcome.CommitRequired, Latest: { } latest } && CheckpointStore.NameOf(latest) == CheckpointStore.NameOf(manifest);
        if (manifest.Generation != generation && !isBase)
        {
            return;
        }

        var outcome = await RepeatAsync(token => checkpoints.MarkCommittedAsync(manifest, token), cancellationToken);
        if (outcome != PublishOutcome.Ready)
        {
            throw Lost(manifest, outcome);
        }

        setup.CheckpointTaken?.Invoke(manifest);
    }

    private async ValueTask<PublishOutcome> RepeatAsync(Func<CancellationToken, ValueTask<PublishOutcome>> call, CancellationToken cancellationToken)
    {
        for (var (attempt, pause) = (1, FirstPause); ; attempt++, pause *= 2)
        {
            try
            {
                return await call(cancellationToken);
            }
            catch (FlowException exception) when (attempt < AttemptsMax && exception.Kind.Retry == RetryAdvice.Later)
            {
                await Task.Delay(pause, setup.Clock, cancellationToken);
            }
        }
    }

    private FlowException Lost(CheckpointManifest manifest, PublishOutcome outcome) => new(
        FlowErrorCode.LeaseLost,
        $"Generation {generation} of job '{setup.Job}' does not own it any more ({outcome} for checkpoint {manifest.Epoch}): another process has begun from the same folder. Run a job in one process at a time.");
}
