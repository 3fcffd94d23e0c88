namespace OrleansFlow.Worker.Sessions;

/// <summary>Cancels where the caller runs.</summary>
internal static class SchedulerCancellation
{
    /// <summary>
    /// As <see cref="CancellationTokenSource.CancelAsync"/>, but the token's callbacks run on the caller's scheduler. On the thread pool both are
    /// the same; under a simulation nothing may leave its scheduler.
    /// </summary>
    public static Task CancelOnSchedulerAsync(this CancellationTokenSource source) => TaskScheduler.Current == TaskScheduler.Default
        ? source.CancelAsync()
        : Task.Factory.StartNew(
            static state => ((CancellationTokenSource)state!).Cancel(), source, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Current);

    /// <summary>Awaits a task that a completion source ends, so that whoever combines it with others sees its end on the caller's scheduler.</summary>
    public static async Task OnSchedulerAsync(this Task task) => await task;
}
