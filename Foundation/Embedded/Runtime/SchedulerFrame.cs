using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Orleans.Embedded;

/// <summary>
/// Makes a task scheduler the current one without a task for each turn. <see cref="TaskScheduler.Current"/> is the scheduler of the task
/// that runs on the thread, and a task can run only once; a finished task that is put back into the runtime's slot serves as well and costs
/// nothing. Where the slot is not what it was when this was written, every turn gets a task of its own.
/// </summary>
internal static class SchedulerFrame
{
    private static readonly bool IsReusable = Probe();

    /// <summary>Runs an action so that <see cref="TaskScheduler.Current"/> is the scheduler in it.</summary>
    /// <param name="frame">Kept by the scheduler between calls; null at the first.</param>
    /// <param name="scheduler">A scheduler that runs tasks inline on this thread.</param>
    /// <param name="action">Must not throw.</param>
    /// <param name="state">Given to the action.</param>
    public static void Run(ref Task? frame, TaskScheduler scheduler, Action<object?> action, object state)
    {
        if (frame is null || !IsReusable)
        {
            var task = new Task(action, state, CancellationToken.None, TaskCreationOptions.DenyChildAttach);
            task.RunSynchronously(scheduler);
            frame = task;
            return;
        }

        ref var current = ref CurrentTask(null);
        var previous = current;
        current = frame;
        try
        {
            action(state);
        }
        finally
        {
            current = previous;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.StaticField, Name = "t_currentTask")]
    private static extern ref Task? CurrentTask(Task? type);

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever fails here, the other way works.")]
    private static bool Probe()
    {
        try
        {
            var scheduler = new InlineScheduler();
            var frame = new Task(static () => { }, TaskCreationOptions.DenyChildAttach);
            frame.RunSynchronously(scheduler);
            ref var current = ref CurrentTask(null);
            var previous = current;
            current = frame;
            try
            {
                return ReferenceEquals(TaskScheduler.Current, scheduler);
            }
            finally
            {
                current = previous;
            }
        }
        catch (Exception)
        {
            return false;
        }
    }

    private sealed class InlineScheduler : TaskScheduler
    {
        protected override void QueueTask(Task task) => TryExecuteTask(task);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => TryExecuteTask(task);

        protected override IEnumerable<Task>? GetScheduledTasks() => null;
    }
}
