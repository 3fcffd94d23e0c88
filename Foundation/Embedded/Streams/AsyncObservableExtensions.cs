namespace Orleans.Streams;

/// <summary>Subscribing with functions in place of an observer.</summary>
public static class AsyncObservableExtensions
{
    /// <summary>Subscribes from now on.</summary>
    /// <typeparam name="T">The event.</typeparam>
    /// <param name="obs">The stream.</param>
    /// <param name="onNextAsync">Takes an event.</param>
    /// <param name="onErrorAsync">Takes a failure.</param>
    /// <param name="onCompletedAsync">Learns of the end.</param>
    /// <returns>The subscription.</returns>
    public static Task<StreamSubscriptionHandle<T>> SubscribeAsync<T>(
        this IAsyncObservable<T> obs, Func<T, StreamSequenceToken, Task> onNextAsync, Func<Exception, Task> onErrorAsync, Func<Task> onCompletedAsync)
    {
        ArgumentNullException.ThrowIfNull(obs);
        return obs.SubscribeAsync(new FunctionObserver<T>(onNextAsync, onErrorAsync, onCompletedAsync));
    }

    /// <summary>Subscribes from now on.</summary>
    /// <typeparam name="T">The event.</typeparam>
    /// <param name="obs">The stream.</param>
    /// <param name="onNextAsync">Takes an event.</param>
    /// <param name="onErrorAsync">Takes a failure.</param>
    /// <returns>The subscription.</returns>
    public static Task<StreamSubscriptionHandle<T>> SubscribeAsync<T>(
        this IAsyncObservable<T> obs, Func<T, StreamSequenceToken, Task> onNextAsync, Func<Exception, Task> onErrorAsync) =>
        obs.SubscribeAsync(onNextAsync, onErrorAsync, null!);

    /// <summary>Subscribes from now on.</summary>
    /// <typeparam name="T">The event.</typeparam>
    /// <param name="obs">The stream.</param>
    /// <param name="onNextAsync">Takes an event.</param>
    /// <param name="onCompletedAsync">Learns of the end.</param>
    /// <returns>The subscription.</returns>
    public static Task<StreamSubscriptionHandle<T>> SubscribeAsync<T>(
        this IAsyncObservable<T> obs, Func<T, StreamSequenceToken, Task> onNextAsync, Func<Task> onCompletedAsync) =>
        obs.SubscribeAsync(onNextAsync, null!, onCompletedAsync);

    /// <summary>Subscribes from now on.</summary>
    /// <typeparam name="T">The event.</typeparam>
    /// <param name="obs">The stream.</param>
    /// <param name="onNextAsync">Takes an event.</param>
    /// <returns>The subscription.</returns>
    public static Task<StreamSubscriptionHandle<T>> SubscribeAsync<T>(this IAsyncObservable<T> obs, Func<T, StreamSequenceToken, Task> onNextAsync) =>
        obs.SubscribeAsync(onNextAsync, null!, null!);
}

/// <summary>Resuming with functions in place of an observer.</summary>
public static class StreamSubscriptionHandleExtensions
{
    /// <summary>Takes events with other functions, as after an activation.</summary>
    /// <typeparam name="T">The event.</typeparam>
    /// <param name="handle">The subscription.</param>
    /// <param name="onNextAsync">Takes an event.</param>
    /// <param name="onErrorAsync">Takes a failure.</param>
    /// <param name="onCompletedAsync">Learns of the end.</param>
    /// <param name="token">The first event wanted; null goes on where delivery is.</param>
    /// <returns>The handle to use from now on.</returns>
    public static Task<StreamSubscriptionHandle<T>> ResumeAsync<T>(
        this StreamSubscriptionHandle<T> handle,
        Func<T, StreamSequenceToken, Task> onNextAsync,
        Func<Exception, Task> onErrorAsync,
        Func<Task> onCompletedAsync,
        StreamSequenceToken? token = null)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return handle.ResumeAsync(new FunctionObserver<T>(onNextAsync, onErrorAsync, onCompletedAsync), token);
    }

    /// <summary>Takes events with other functions, as after an activation.</summary>
    /// <typeparam name="T">The event.</typeparam>
    /// <param name="handle">The subscription.</param>
    /// <param name="onNextAsync">Takes an event.</param>
    /// <param name="onErrorAsync">Takes a failure.</param>
    /// <param name="token">The first event wanted; null goes on where delivery is.</param>
    /// <returns>The handle to use from now on.</returns>
    public static Task<StreamSubscriptionHandle<T>> ResumeAsync<T>(
        this StreamSubscriptionHandle<T> handle,
        Func<T, StreamSequenceToken, Task> onNextAsync,
        Func<Exception, Task> onErrorAsync,
        StreamSequenceToken? token = null) => handle.ResumeAsync(onNextAsync, onErrorAsync, null!, token);

    /// <summary>Takes events with another function, as after an activation.</summary>
    /// <typeparam name="T">The event.</typeparam>
    /// <param name="handle">The subscription.</param>
    /// <param name="onNextAsync">Takes an event.</param>
    /// <param name="token">The first event wanted; null goes on where delivery is.</param>
    /// <returns>The handle to use from now on.</returns>
    public static Task<StreamSubscriptionHandle<T>> ResumeAsync<T>(
        this StreamSubscriptionHandle<T> handle, Func<T, StreamSequenceToken, Task> onNextAsync, StreamSequenceToken? token = null) =>
        handle.ResumeAsync(onNextAsync, null!, null!, token);
}

internal sealed class FunctionObserver<T>(
    Func<T, StreamSequenceToken, Task> onNext, Func<Exception, Task>? onError, Func<Task>? onCompleted) : IAsyncObserver<T>
{
    public Task OnNextAsync(T item, StreamSequenceToken? token = null) => onNext(item, token!);

    public Task OnCompletedAsync() => onCompleted?.Invoke() ?? Task.CompletedTask;

    public Task OnErrorAsync(Exception ex) => onError?.Invoke(ex) ?? Task.CompletedTask;
}
