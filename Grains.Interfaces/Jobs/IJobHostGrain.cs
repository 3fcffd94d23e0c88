namespace OrleansFlow.Jobs;

/// <summary>
/// What one worker does for streaming jobs: its slots, which jobs have them, and the way to its session. Key: the worker's id. Not durable: after the loss of its silo the worker
/// registers again and says which jobs it runs.
/// </summary>
[Alias("OrleansFlow.IJobHostGrain")]
public interface IJobHostGrain : IGrainWithStringKey
{
    /// <summary>A session begins, or takes a lost one up again. Jobs that the worker does not run any more are lost to it; runs that nobody wants are let go.</summary>
    [Alias("Attach")]
    Task AttachAsync(JobHostRegistration registration, CancellationToken cancellationToken);

    /// <summary>What the session must send to its worker. One reader; ends when another session begins.</summary>
    [Alias("Orders")]
    IAsyncEnumerable<JobHostOrder> OrdersAsync(string sessionId, CancellationToken cancellationToken);

    /// <summary>What the worker says of orders. Receipts of another session change nothing.</summary>
    [Alias("Answer")]
    Task AnswerAsync(string sessionId, IReadOnlyList<JobHostReceipt> receipts, CancellationToken cancellationToken);

    /// <summary>The worker takes no more jobs; those that it has take a last checkpoint and move.</summary>
    [Alias("Drain")]
    Task DrainAsync(string sessionId, CancellationToken cancellationToken);

    /// <summary>The stream of the session is gone.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="isClean">The worker said good-bye: its jobs are lost now. Else they are after the reconnect grace.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [Alias("Detach")]
    Task DetachAsync(string sessionId, bool isClean, CancellationToken cancellationToken);

    /// <summary>Where the worker stands, as a job sees it; null without a session.</summary>
    [Alias("Get")]
    Task<JobHostView?> GetAsync(string jobId, CancellationToken cancellationToken);

    /// <summary>Keeps slots for a job that is about to start. What the job has here already counts as free for it. Kept for three minutes, unless it starts.</summary>
    /// <returns>How many are kept: as many as wanted, or fewer, or none.</returns>
    [Alias("Reserve")]
    Task<int> ReserveAsync(string jobId, int slots, CancellationToken cancellationToken);

    /// <summary>Gives back what is kept for a job that has not started here.</summary>
    [Alias("Release")]
    Task ReleaseAsync(string jobId, CancellationToken cancellationToken);

    /// <summary>Tells the worker one thing and waits for its receipt, for some seconds at most. Orders are repeatable.</summary>
    /// <param name="order">A message <c>orleansflow.streaming.v1.JobOrder</c> without its id.</param>
    /// <param name="cancellationToken">Stops waiting; the order may have been heard.</param>
    [Alias("Order")]
    Task<JobHostAnswer> OrderAsync(byte[] order, CancellationToken cancellationToken);
}
