using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Functions;

/// <summary>
/// Code of a user that sees the rows of each key in turn, keeps state by key, and is woken by timers. One instance a subtask, one call at a time.
/// What it remembers between calls belongs into the state of the context: fields of the instance are in no checkpoint.
/// </summary>
public abstract class ProcessFunction
{
    /// <summary>Whether it sets timers of <see cref="TimerKind.Clock"/>. Default false: setting one fails. Read once, at the start.</summary>
    public virtual bool UsesClock => false;

    /// <summary>Takes a row.</summary>
    /// <param name="context">State and timers of the row's key, and where results go.</param>
    /// <param name="rows">The batch of the row; valid during the call.</param>
    /// <param name="row">Which row of it, from 0.</param>
    public abstract void ProcessRow(ProcessContext context, RecordBatch rows, int row);

    /// <summary>A timer is due. It is no longer set, and it does not fire again, also after a restore. Default: nothing.</summary>
    /// <param name="context">State and timers of the timer's key.</param>
    /// <param name="kind">By which time it was set.</param>
    /// <param name="timeMicros">The time that it was set to: microseconds since 1970-01-01 UTC.</param>
    public virtual void OnTimer(ProcessContext context, TimerKind kind, long timeMicros)
    {
    }
}

/// <summary>By which time a timer fires.</summary>
public enum TimerKind
{
    /// <summary>When the watermark has reached its time; at the end of the data all that are set then.</summary>
    EventTime = 0,

    /// <summary>When the machine's clock has reached its time, at most 100 ms later. Not at the end of the data.</summary>
    Clock = 1,
}
