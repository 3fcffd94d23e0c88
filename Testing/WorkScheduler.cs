namespace OrleansFlow.Testing;

/// <summary>Runs tasks on the thread pool and counts them, from the moment when they can run to the end of each step.</summary>
internal sealed class WorkScheduler(WorkCount work) : TaskScheduler
{
    /// <summary>Runs asynchronous work here; all that it awaits continues here, too, and so does the end of the task.</summary>
    public Task<T> RunAsync<T>(Func<Task<T>> action) =>
        Task.Factory.StartNew(async () => await action(), CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    /// <inheritdoc cref="RunAsync{T}(Func{Task{T}})"/>
    public Task RunAsync(Func<Task> action) =>
        Task.Factory.StartNew(async () => await action(), CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    protected override void QueueTask(Task task)
    {
        work.Begin();
        ThreadPool.UnsafeQueueUserWorkItem(static step => step.Scheduler.Run(step.Task), (Scheduler: this, Task: task), preferLocal: false);
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && ReferenceEquals(Current, this) && TryExecuteTask(task);

    protected override IEnumerable<Task>? GetScheduledTasks() => null;

    private void Run(Task task)
    {
        try
        {
            TryExecuteTask(task);
        }
        finally
        {
            work.End();
        }
    }
}
