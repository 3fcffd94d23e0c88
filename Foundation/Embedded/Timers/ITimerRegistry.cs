namespace Orleans.Timers;

/// <summary>Registers grain timers.</summary>
public interface ITimerRegistry
{
    /// <summary>Registers a timer whose callback may interleave with requests.</summary>
    /// <param name="grainContext">The activation.</param>
    /// <param name="callback">Called at each tick.</param>
    /// <param name="state">Passed to the callback.</param>
    /// <param name="dueTime">Time to the first tick.</param>
    /// <param name="period">Time from the end of a callback to the next tick.</param>
    /// <returns>Disposing it stops the timer.</returns>
    [Obsolete("Use RegisterGrainTimer; its callback does not interleave unless the options say so.")]
    IDisposable RegisterTimer(IGrainContext grainContext, Func<object?, Task> callback, object? state, TimeSpan dueTime, TimeSpan period);

    /// <summary>Registers a timer.</summary>
    /// <typeparam name="TState">The type of the state.</typeparam>
    /// <param name="grainContext">The activation.</param>
    /// <param name="callback">Called at each tick.</param>
    /// <param name="state">Passed to the callback.</param>
    /// <param name="options">When it ticks, and how.</param>
    /// <returns>The timer.</returns>
    IGrainTimer RegisterGrainTimer<TState>(
        IGrainContext grainContext, Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options);
}
