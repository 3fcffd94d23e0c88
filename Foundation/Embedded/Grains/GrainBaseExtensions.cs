using Microsoft.Extensions.DependencyInjection;
using Orleans.Timers;

namespace Orleans;

/// <summary>What a grain may ask of its activation.</summary>
public static class GrainBaseExtensions
{
    /// <summary>Ends the activation as soon as no request is running.</summary>
    /// <param name="grain">The grain.</param>
    public static void DeactivateOnIdle(this IGrainBase grain) => grain.GrainContext.Deactivate(
        new DeactivationReason(DeactivationReasonCode.ApplicationRequested, $"{nameof(DeactivateOnIdle)} was called."));

    /// <summary>Ends the activation as soon as no request is running; the next call places the grain anew.</summary>
    /// <param name="grain">The grain.</param>
    public static void MigrateOnIdle(this IGrainBase grain)
    {
        ArgumentNullException.ThrowIfNull(grain);
        grain.GrainContext.Migrate(null);
    }

    /// <summary>Registers a timer.</summary>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="grain">The grain.</param>
    /// <param name="callback">Called at each tick; the token is cancelled when the timer is disposed or the activation ends.</param>
    /// <param name="state">Passed to the callback.</param>
    /// <param name="options">When it ticks, and how.</param>
    /// <returns>The timer; disposing it stops it.</returns>
    public static IGrainTimer RegisterGrainTimer<TState>(
        this IGrainBase grain, Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options)
    {
        ArgumentNullException.ThrowIfNull(grain);
        ArgumentNullException.ThrowIfNull(callback);
        var registry = grain is Grain derived
            ? derived.Runtime.TimerRegistry
            : grain.GrainContext.ActivationServices.GetRequiredService<ITimerRegistry>();
        return registry.RegisterGrainTimer(grain.GrainContext, callback, state, options);
    }

    /// <summary>Registers a timer.</summary>
    /// <param name="grain">The grain.</param>
    /// <param name="callback">Called at each tick.</param>
    /// <param name="options">When it ticks, and how.</param>
    /// <returns>The timer; disposing it stops it.</returns>
    public static IGrainTimer RegisterGrainTimer(this IGrainBase grain, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return grain.RegisterGrainTimer(static (state, token) => state(token), callback, options);
    }

    /// <summary>Registers a timer.</summary>
    /// <param name="grain">The grain.</param>
    /// <param name="callback">Called at each tick.</param>
    /// <param name="options">When it ticks, and how.</param>
    /// <returns>The timer; disposing it stops it.</returns>
    public static IGrainTimer RegisterGrainTimer(this IGrainBase grain, Func<Task> callback, GrainTimerCreationOptions options)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return grain.RegisterGrainTimer(static (state, _) => state(), callback, options);
    }

    /// <summary>Registers a timer.</summary>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="grain">The grain.</param>
    /// <param name="callback">Called at each tick.</param>
    /// <param name="state">Passed to the callback.</param>
    /// <param name="options">When it ticks, and how.</param>
    /// <returns>The timer; disposing it stops it.</returns>
    public static IGrainTimer RegisterGrainTimer<TState>(this IGrainBase grain, Func<TState, Task> callback, TState state, GrainTimerCreationOptions options)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return grain.RegisterGrainTimer(static (pair, _) => pair.callback(pair.state), (callback, state), options);
    }

    /// <summary>Registers a timer.</summary>
    /// <param name="grain">The grain.</param>
    /// <param name="callback">Called at each tick.</param>
    /// <param name="dueTime">Time to the first tick; <see cref="Timeout.InfiniteTimeSpan"/> never.</param>
    /// <param name="period">Time from the end of a callback to the next tick; <see cref="Timeout.InfiniteTimeSpan"/> ticks once.</param>
    /// <returns>The timer; disposing it stops it.</returns>
    public static IGrainTimer RegisterGrainTimer(this IGrainBase grain, Func<Task> callback, TimeSpan dueTime, TimeSpan period) =>
        grain.RegisterGrainTimer(callback, new GrainTimerCreationOptions { DueTime = dueTime, Period = period });

    /// <summary>Registers a timer.</summary>
    /// <param name="grain">The grain.</param>
    /// <param name="callback">Called at each tick.</param>
    /// <param name="dueTime">Time to the first tick; <see cref="Timeout.InfiniteTimeSpan"/> never.</param>
    /// <param name="period">Time from the end of a callback to the next tick; <see cref="Timeout.InfiniteTimeSpan"/> ticks once.</param>
    /// <returns>The timer; disposing it stops it.</returns>
    public static IGrainTimer RegisterGrainTimer(this IGrainBase grain, Func<CancellationToken, Task> callback, TimeSpan dueTime, TimeSpan period) =>
        grain.RegisterGrainTimer(callback, new GrainTimerCreationOptions { DueTime = dueTime, Period = period });

    /// <summary>Registers a timer.</summary>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="grain">The grain.</param>
    /// <param name="callback">Called at each tick.</param>
    /// <param name="state">Passed to the callback.</param>
    /// <param name="dueTime">Time to the first tick; <see cref="Timeout.InfiniteTimeSpan"/> never.</param>
    /// <param name="period">Time from the end of a callback to the next tick; <see cref="Timeout.InfiniteTimeSpan"/> ticks once.</param>
    /// <returns>The timer; disposing it stops it.</returns>
    public static IGrainTimer RegisterGrainTimer<TState>(
        this IGrainBase grain, Func<TState, Task> callback, TState state, TimeSpan dueTime, TimeSpan period) =>
        grain.RegisterGrainTimer(callback, state, new GrainTimerCreationOptions { DueTime = dueTime, Period = period });

    /// <summary>Registers a timer.</summary>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="grain">The grain.</param>
    /// <param name="callback">Called at each tick.</param>
    /// <param name="state">Passed to the callback.</param>
    /// <param name="dueTime">Time to the first tick; <see cref="Timeout.InfiniteTimeSpan"/> never.</param>
    /// <param name="period">Time from the end of a callback to the next tick; <see cref="Timeout.InfiniteTimeSpan"/> ticks once.</param>
    /// <returns>The timer; disposing it stops it.</returns>
    public static IGrainTimer RegisterGrainTimer<TState>(
        this IGrainBase grain, Func<TState, CancellationToken, Task> callback, TState state, TimeSpan dueTime, TimeSpan period) =>
        grain.RegisterGrainTimer(callback, state, new GrainTimerCreationOptions { DueTime = dueTime, Period = period });
}
