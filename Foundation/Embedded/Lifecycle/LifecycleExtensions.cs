namespace Orleans;

/// <summary>Shorthands over <see cref="ILifecycleObservable"/>.</summary>
public static class LifecycleExtensions
{
    /// <summary>Subscribes with delegates.</summary>
    /// <param name="observable">The lifecycle.</param>
    /// <param name="observerName">Name for logs.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="onStart">Called when the stage starts.</param>
    /// <param name="onStop">Called when it stops; null does nothing.</param>
    /// <returns>Disposing it ends the subscription.</returns>
    public static IDisposable Subscribe(
        this ILifecycleObservable observable,
        string observerName,
        int stage,
        Func<CancellationToken, Task> onStart,
        Func<CancellationToken, Task>? onStop)
    {
        ArgumentNullException.ThrowIfNull(observable);
        ArgumentNullException.ThrowIfNull(onStart);
        return observable.Subscribe(observerName, stage, new Observer(onStart, onStop));
    }

    /// <summary>Subscribes with a delegate.</summary>
    /// <param name="observable">The lifecycle.</param>
    /// <param name="observerName">Name for logs.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="onStart">Called when the stage starts.</param>
    /// <returns>Disposing it ends the subscription.</returns>
    public static IDisposable Subscribe(
        this ILifecycleObservable observable, string observerName, int stage, Func<CancellationToken, Task> onStart) =>
        observable.Subscribe(observerName, stage, onStart, null);

    /// <summary>Subscribes under the name of a type.</summary>
    /// <typeparam name="TObserver">The type.</typeparam>
    /// <param name="observable">The lifecycle.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="observer">Called when the stage starts and stops.</param>
    /// <returns>Disposing it ends the subscription.</returns>
    public static IDisposable Subscribe<TObserver>(this ILifecycleObservable observable, int stage, ILifecycleObserver observer) =>
        observable.Subscribe(typeof(TObserver).FullName!, stage, observer);

    /// <summary>Subscribes with delegates under the name of a type.</summary>
    /// <typeparam name="TObserver">The type.</typeparam>
    /// <param name="observable">The lifecycle.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="onStart">Called when the stage starts.</param>
    /// <param name="onStop">Called when it stops.</param>
    /// <returns>Disposing it ends the subscription.</returns>
    public static IDisposable Subscribe<TObserver>(
        this ILifecycleObservable observable, int stage, Func<CancellationToken, Task> onStart, Func<CancellationToken, Task> onStop) =>
        observable.Subscribe(typeof(TObserver).FullName!, stage, onStart, onStop);

    /// <summary>Subscribes with a delegate under the name of a type.</summary>
    /// <typeparam name="TObserver">The type.</typeparam>
    /// <param name="observable">The lifecycle.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="onStart">Called when the stage starts.</param>
    /// <returns>Disposing it ends the subscription.</returns>
    public static IDisposable Subscribe<TObserver>(this ILifecycleObservable observable, int stage, Func<CancellationToken, Task> onStart) =>
        observable.Subscribe(typeof(TObserver).FullName!, stage, onStart, null);

    /// <summary>Subscribes under the name of the observer's type.</summary>
    /// <param name="observable">The lifecycle.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="observer">Called when the stage starts and stops.</param>
    /// <returns>Disposing it ends the subscription.</returns>
    public static IDisposable Subscribe(this ILifecycleObservable observable, int stage, ILifecycleObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return observable.Subscribe(observer.GetType().FullName!, stage, observer);
    }

    private sealed class Observer(Func<CancellationToken, Task> onStart, Func<CancellationToken, Task>? onStop) : ILifecycleObserver
    {
        public Task OnStart(CancellationToken cancellationToken) => onStart(cancellationToken);

        public Task OnStop(CancellationToken cancellationToken) => onStop?.Invoke(cancellationToken) ?? Task.CompletedTask;
    }
}
