namespace Orleans;

/// <summary>A life in stages that observers can subscribe to.</summary>
public interface ILifecycleObservable
{
    /// <summary>Subscribes to a stage.</summary>
    /// <param name="observerName">Name for logs.</param>
    /// <param name="stage">Stages start in ascending and stop in descending order.</param>
    /// <param name="observer">Called when the stage starts and stops.</param>
    /// <returns>Disposing it ends the subscription.</returns>
    IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer);
}

/// <summary>Takes part in one stage.</summary>
public interface ILifecycleObserver
{
    /// <summary>The stage starts.</summary>
    /// <param name="cancellationToken">Cancelled when starting is abandoned.</param>
    /// <returns>A task; its failure fails the start.</returns>
    Task OnStart(CancellationToken cancellationToken = default);

    /// <summary>The stage stops.</summary>
    /// <param name="cancellationToken">Cancelled when stopping must be quick.</param>
    /// <returns>A task; its failure is logged.</returns>
    Task OnStop(CancellationToken cancellationToken = default);
}

/// <summary>Subscribes itself to a lifecycle; registered in the container.</summary>
/// <typeparam name="TLifecycleObservable">The lifecycle.</typeparam>
public interface ILifecycleParticipant<TLifecycleObservable>
    where TLifecycleObservable : ILifecycleObservable
{
    /// <summary>Subscribes.</summary>
    /// <param name="lifecycle">The lifecycle.</param>
    void Participate(TLifecycleObservable lifecycle);
}

/// <summary>A lifecycle that can be driven.</summary>
public interface ILifecycleSubject : ILifecycleObservable, ILifecycleObserver
{
}
