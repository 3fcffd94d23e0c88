namespace Orleans.Runtime;

/// <summary>Runs work in an activation's turns.</summary>
public interface IWorkItemScheduler
{
    /// <summary>Queues an action.</summary>
    /// <param name="action">What to run.</param>
    void QueueAction(Action action);

    /// <summary>Queues a task that has not been started.</summary>
    /// <param name="task">What to run.</param>
    void QueueTask(Task task);

    /// <summary>Queues an action with its state.</summary>
    /// <param name="action">What to run.</param>
    /// <param name="state">Passed to the action.</param>
    void QueueAction(Action<object> action, object state);
}
