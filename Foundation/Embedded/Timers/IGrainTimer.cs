namespace Orleans.Runtime;

/// <summary>A timer of an activation.</summary>
public interface IGrainTimer : IDisposable
{
    /// <summary>Changes when it ticks; has no effect on a disposed timer.</summary>
    /// <param name="dueTime">Time to the next tick; <see cref="Timeout.InfiniteTimeSpan"/> never.</param>
    /// <param name="period">Time from the end of a callback to the next tick; <see cref="Timeout.InfiniteTimeSpan"/> ticks once.</param>
    /// <exception cref="ArgumentOutOfRangeException">A time is negative, or longer than 4294967294 ms.</exception>
    void Change(TimeSpan dueTime, TimeSpan period);
}
