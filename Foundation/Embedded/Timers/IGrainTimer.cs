namespace Orleans.Runtime;

/// <summary>A timer of an activation.</summary>
public interface IGrainTimer : IDisposable
{
    /// <summary>Changes when it ticks.</summary>
    /// <param name="dueTime">Time to the next tick; <see cref="Timeout.InfiniteTimeSpan"/> never.</param>
    /// <param name="period">Time from the end of a callback to the next tick; <see cref="Timeout.InfiniteTimeSpan"/> ticks once.</param>
    void Change(TimeSpan dueTime, TimeSpan period);
}
