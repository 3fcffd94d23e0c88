namespace Orleans;

/// <summary>Shorthands over tasks.</summary>
public static class PublicOrleansTaskExtensions
{
    /// <summary>Says that nobody looks at the end of a task: its failure is observed and forgotten.</summary>
    /// <param name="task">The task.</param>
    public static void Ignore(this Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        _ = task.ContinueWith(
            static ended => _ = ended.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }
}
