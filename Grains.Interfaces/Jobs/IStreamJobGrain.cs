namespace OrleansFlow.Jobs;

/// <summary>
/// One streaming job: where its subtasks run, when it takes checkpoints, how it stops and comes back. Key: the job's id. Durable. Rows never pass through it.
/// </summary>
[Alias("OrleansFlow.IStreamJobGrain")]
public interface IStreamJobGrain : IGrainWithStringKey
{
    /// <summary>Makes the job and starts it. Durable before it returns. Repeating it with the same program changes nothing.</summary>
    /// <exception cref="Errors.FlowException"><c>bad_input</c>: the program or a setting cannot be (all faults are listed), or the job has another program.</exception>
    [Alias("Submit")]
    Task SubmitAsync(StreamJobSubmission submission, CancellationToken cancellationToken);

    /// <summary>Stops the job. Returns when that is decided and stored, not when it has stopped. A harder mode takes over from a softer one.</summary>
    /// <exception cref="Errors.FlowException"><c>not_found</c>; <c>bad_input</c>: it finishes by itself.</exception>
    [Alias("Stop")]
    Task StopAsync(StreamJobStopMode mode, CancellationToken cancellationToken);

    /// <summary>Starts a stopped or failed job; one that stops begins again once it has stopped.</summary>
    /// <param name="ignoreState">It begins from nothing, not from its newest checkpoint.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="Errors.FlowException"><c>not_found</c>; <c>bad_input</c>: it has finished, or fails right now.</exception>
    [Alias("Start")]
    Task StartAsync(bool ignoreState, CancellationToken cancellationToken);

    /// <summary>Makes the job begin again.</summary>
    /// <param name="isForced">It takes no last checkpoint.</param>
    /// <param name="ignoreState">It begins from nothing.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="Errors.FlowException"><c>not_found</c>; <c>bad_input</c>: it is in a state in which that cannot be.</exception>
    [Alias("Restart")]
    Task RestartAsync(bool isForced, bool ignoreState, CancellationToken cancellationToken);

    /// <summary>Runs the job with other numbers of subtasks, from a last checkpoint.</summary>
    /// <param name="parallelism">By node; those that are not named keep theirs.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="Errors.FlowException"><c>not_found</c>; <c>bad_input</c>: the numbers cannot be, or the job ends.</exception>
    [Alias("Rescale")]
    Task RescaleAsync(IReadOnlyDictionary<uint, int> parallelism, CancellationToken cancellationToken);

    /// <summary>Takes a checkpoint now, or right after the one that is under way.</summary>
    /// <exception cref="Errors.FlowException"><c>not_found</c>; <c>bad_input</c>: it does not run.</exception>
    [Alias("TakeCheckpoint")]
    Task TakeCheckpointAsync(CancellationToken cancellationToken);

    /// <summary>What workers say of the job. Sent again when it is not answered; what is known, or comes of an older generation, changes nothing.</summary>
    /// <param name="events">Messages <c>orleansflow.streaming.v1.WorkerEvent</c>, in the order of their worker.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Runs that the events came of and that nobody wants any more: an older generation, a job that rests or never was, a worker without a part in it.</returns>
    [Alias("Report")]
    Task<IReadOnlyList<StaleJobRun>> ReportAsync(IReadOnlyList<byte[]> events, CancellationToken cancellationToken);

    /// <summary>A worker is gone, or (drain) has announced that it will be.</summary>
    /// <param name="worker">Its id.</param>
    /// <param name="isDraining">It is still there: the job takes a last checkpoint and moves.</param>
    /// <param name="reason">How that is known.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [Alias("LoseWorker")]
    Task LoseWorkerAsync(string worker, bool isDraining, string reason, CancellationToken cancellationToken);

    /// <summary>Removes a job that rests, with all that its store keeps of it. Files go first: what was cut off is done again by repeating it.</summary>
    /// <exception cref="Errors.FlowException"><c>not_found</c>; <c>bad_input</c>: it does not rest; <c>store_unavailable</c>.</exception>
    [Alias("Delete")]
    Task DeleteAsync(CancellationToken cancellationToken);

    /// <summary>Where the job stands; null when there is none.</summary>
    [Alias("Get")]
    Task<StreamJobView?> GetAsync(CancellationToken cancellationToken);
}
