namespace OrleansFlow.Streaming.Functions.Typed;

/// <summary>
/// Code of a user that waits for something, such as an answer over the network, for each record; several calls of one instance are under way at a time, each on
/// the subtask's thread until its first wait. One instance a subtask. A row that was not through at a checkpoint is called again after a restore.
/// </summary>
/// <typeparam name="TIn">The record that comes in; what JSON can hold, for it is part of the checkpoints while its call is under way.</typeparam>
/// <typeparam name="TOut">The record that goes out, with the same event time.</typeparam>
public abstract class AsyncFunction<TIn, TOut> : IAsyncDisposable
{
    /// <summary>Makes the record.</summary>
    /// <param name="row">What comes in.</param>
    /// <param name="cancellationToken">The time for the call is over, or the job ends.</param>
    /// <returns>The record; null leaves the row out.</returns>
    public abstract Task<TOut?> InvokeAsync(TIn row, CancellationToken cancellationToken);

    /// <summary>What goes out for a row whose last attempt has failed. Default: the exception is thrown on, which fails the job.</summary>
    /// <param name="row">What came in.</param>
    /// <param name="failure">What went wrong; a <see cref="TimeoutException"/> when the time was over.</param>
    /// <returns>The record; null leaves the row out.</returns>
    public virtual TOut? OnFailure(TIn row, Exception failure)
    {
        System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure ?? throw new ArgumentNullException(nameof(failure)));
        return default;
    }

    /// <summary>Called once, when the subtask ends and no call is under way. Default: nothing.</summary>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
