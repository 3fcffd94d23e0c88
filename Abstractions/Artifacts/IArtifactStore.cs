using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;

namespace OrleansFlow.Artifacts;

/// <summary>Where output batches lie between producer and consumer: one Arrow IPC file per batch. Thread-safe.</summary>
/// <remarks>Which file counts is said by the task's owner alone: a file of an older epoch is garbage, never truth.</remarks>
public interface IArtifactStore
{
    /// <summary>Writes one batch; durable under its final name before it returns. Repeating it replaces the file by the same one.</summary>
    /// <param name="task">The producing task.</param>
    /// <param name="epoch">Epoch of its lease; part of the name, so that a fenced attempt cannot overwrite what was accepted.</param>
    /// <param name="index">0-based number of the batch within its task.</param>
    /// <param name="batch">The rows; stays the caller's.</param>
    /// <param name="cancellationToken">Gives up before the file has its final name.</param>
    /// <exception cref="FlowException"><c>store_full</c>, or <c>store_unavailable</c>; nothing of the write is kept.</exception>
    ValueTask<StoredArtifact> WriteAsync(TaskId task, long epoch, int index, RecordBatch batch, CancellationToken cancellationToken);

    /// <summary>Deletes what earlier attempts of a task wrote and nobody can accept any more. What cannot be deleted stays.</summary>
    /// <remarks>
    /// For the holder of a lease only: once its epoch is granted, no batch of an older one is accepted, so that every file of an older epoch
    /// from number <paramref name="acceptedCount"/> on is garbage for ever. A store that keeps everything, as by default, is right too.
    /// </remarks>
    /// <param name="task">The task.</param>
    /// <param name="epoch">Epoch of the lease that the caller holds; its files and those of later ones stay.</param>
    /// <param name="acceptedCount">Batches that were accepted when the lease was granted; files of these numbers stay.</param>
    /// <param name="cancellationToken">Leaves the rest where it is.</param>
    /// <returns>How many files were deleted.</returns>
    ValueTask<int> SweepAsync(TaskId task, long epoch, int acceptedCount, CancellationToken cancellationToken) => ValueTask.FromResult(0);

    /// <summary>Deletes everything that the tasks of a run wrote. What is gone already is fine.</summary>
    /// <remarks>For the owner of a run that has ended and is being deleted. A store that keeps everything, as by default, is right too.</remarks>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Leaves the rest where it is.</param>
    /// <exception cref="FlowException"><c>store_unavailable</c>: something cannot be deleted; repeat it.</exception>
    ValueTask DeleteAsync(RunId run, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Deletes everything that a standalone task wrote. What is gone already is fine.</summary>
    /// <remarks>For the owner of a task that ended long ago and is being forgotten. A store that keeps everything, as by default, is right too.</remarks>
    /// <param name="task">The task.</param>
    /// <param name="cancellationToken">Leaves the rest where it is.</param>
    /// <exception cref="FlowException"><c>store_unavailable</c>: something cannot be deleted; repeat it.</exception>
    ValueTask DeleteAsync(TaskId task, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Opens an artifact without copying it.</summary>
    /// <param name="path">As <see cref="StoredArtifact.Path"/>.</param>
    /// <exception cref="FlowException">
    /// <c>artifact_lost</c>: there is no such file, or it is damaged; <c>store_unavailable</c>: it cannot be read now; <c>bad_input</c>: the path is
    /// none that a store gives out.
    /// </exception>
    IArtifactReader OpenRead(string path);
}
