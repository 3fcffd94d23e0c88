using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>Makes the checkpoints of a run in one process count. One call at a time.</summary>
internal interface ICheckpointLog
{
    /// <summary>How long sinks may take to commit before the run fails.</summary>
    TimeSpan CommitTimeout { get; }

    /// <summary>All subtasks have stored their part. When it returns, the checkpoint counts, and sinks may commit it.</summary>
    /// <param name="manifest">The checkpoint; who its job is and what it follows is filled in.</param>
    /// <param name="cancellationToken">The process ends; whether the checkpoint counts is then for the next one to find out.</param>
    /// <exception cref="Errors.FlowException">It does not count, or nobody knows: the run must end.</exception>
    ValueTask PublishAsync(CheckpointManifest manifest, CancellationToken cancellationToken);

    /// <summary>All sinks have committed a checkpoint.</summary>
    /// <param name="manifest">What was published, or what the run began from.</param>
    /// <param name="cancellationToken">The process ends; the commits are then repeated by the next one.</param>
    ValueTask MarkCommittedAsync(CheckpointManifest manifest, CancellationToken cancellationToken);
}
