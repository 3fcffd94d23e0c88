namespace Orleans.Streams;

/// <summary>Subscribing to batches with functions in place of an observer.</summary>
public static class AsyncBatchObservableExtensions
{
    /// <summary>Subscribes from now on.</summary>
    /// <typeparam name="T">The event.</typeparam>
    /// <param name="obs">The stream.</param>
    /// <param name="onNextAsync">Takes events.</param>
    /// <param name="onErrorAsync">Takes a failure.</param>
    /// <param name="onCompletedAsync">Learns of the end.</param>
    /// <returns>The subscription.</returns>
    public static Task<StreamSubscriptionHandle<T>> SubscribeAsync<T>(
        this IAsyncBatchObservable<T> obs, Func<IList<SequentialItem<T>>, Task> onNextAsync, Func<Exception, Task> onErrorAsync, Func<Task> onCompletedAsync)
    {
        ArgumentNullException.ThrowIfNull(obs);
        return obs.SubscribeAsync(new FunctionBatchObserver<T>(onNextAsync, onErrorAsync, onCompletedAsync));
    }

    /// <summary>Subscribes from now on.</summary>
    /// <typeparam name="T">The event.</typeparam>
    /// <param name="obs">The stream.</param>
    /// <param name="onNextAsync">Takes events.</param>
    /// <param name="onErrorAsync">Takes a failure.</param>
    /// <returns>The subscription.</returns>
    public static Task<StreamSubscriptionHandle<T>> SubscribeAsync<T>(
        this IAsyncBatchObservable<T> obs, Func<IList<SequentialItem<T>>, Task> onNextAsync, Func<Exception, Task> onErrorAsync) =>
        obs.SubscribeAsync(onNextAsync, onErrorAsync, null!);

    /// <summary>Subscribes from now on.</summary>
    /// <typeparam name="T">The event.</typeparam>
    /// <param name="obs">The stream.</param>
    /// <param name="onNextAsync">Takes events.</param>
    /// <param name="onCompletedAsync">Learns of the end.</param>
    /// <returns>The subscription.</returns>
    public static Task<StreamSubscriptionHandle<T>> SubscribeAsync<T>(
        this IAsyncBatchObservable<T> obs, Func<IList<SequentialItem<T>>, Task> onNextAsync, Func<Task> onCompletedAsync) =>
        obs.SubscribeAsync(onNextAsync, null!, onCompletedAsync);

    /// <summary>Subscribes from now on.</summary>
    /// <typeparam name="T">The event.</typeparam>
    /// <param name="obs">The stream.</param>
    /// <param name="onNextAsync">Takes events.</param>
    /// <returns>The subscription.</returns>
    public static Task<StreamSubscriptionHandle<T>> SubscribeAsync<T>(
        this IAsyncBatchObservable<T> obs, Func<IList<SequentialItem<T>>, Task> onNextAsync) => obs.SubscribeAsync(onNextAsync, null!, null!);
}

internal sealed class FunctionBatchObserver<T>(
    Func<IList<SequentialItem<T>>, Task> onNext, Func<Exception, Task>? onError, Func<Task>? onCompleted) : IAsyncBatchObserver<T>
{
    public Task OnNextAsync(IList<SequentialItem<T>> items) => onNext(items);

    public Task OnCompletedAsync() => onCompleted?.Invoke() ?? Task.CompletedTask;

    public Task OnErrorAsync(Exception ex) => onError?.Invoke(ex) ?? Task.CompletedTask;
}
