namespace Orleans.Embedded;

/// <summary>Something an activation does in its turns. Generated requests derive from it; nothing else outside the runtime does.</summary>
public abstract class ActivationWork
{
    // Link of the activation's inbox.
    internal ActivationWork? _next;

    internal ActivationWork()
    {
    }

    internal abstract void Execute(Activation activation);
}

/// <summary>A task that was queued to the activation's scheduler: mostly the rest of an async method.</summary>
internal sealed class TaskWork(Task task) : ActivationWork
{
    internal override void Execute(Activation activation) => activation.RunTask(task);
}

/// <summary>An action to run in a turn.</summary>
internal sealed class ActionWork(Action<Activation, object?> action, object? state) : ActivationWork
{
    internal override void Execute(Activation activation) => action(activation, state);
}

/// <summary>The caller of a request no longer waits for it.</summary>
internal sealed class CancelWork(GrainRequest request) : ActivationWork
{
    internal override void Execute(Activation activation) => activation.CancelRequest(request, this);
}

/// <summary>The collector found the activation idle for longer than its age.</summary>
internal sealed class CollectWork(IdleCollector collector) : ActivationWork
{
    internal override void Execute(Activation activation)
    {
        collector.Return(this);
        activation.CollectIdle(collector);
    }
}
