namespace OrleansFlow.Streaming.Functions.Typed;

/// <summary>A <see cref="ProcessFunction"/> over records: state by key, and timers.</summary>
/// <typeparam name="TKey">The key: a value, or a record whose properties are the key's columns in their order.</typeparam>
/// <typeparam name="TIn">The rows.</typeparam>
/// <typeparam name="TOut">The records that go out.</typeparam>
public abstract class ProcessFunction<TKey, TIn, TOut>
{
    /// <summary>Whether it sets timers of <see cref="TimerKind.Clock"/>. Default false: setting one fails. Read once, at the start.</summary>
    public virtual bool UsesClock => false;

    /// <summary>Takes a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="context">State and timers of its key, and where records go: with the row's event time, unless they say another.</param>
    public abstract void ProcessRow(TIn row, ProcessContext<TKey, TOut> context);

    /// <summary>A timer is due. It is no longer set, and it does not fire again, also after a restore. Default: nothing.</summary>
    /// <param name="kind">By which time it was set.</param>
    /// <param name="time">The time that it was set to.</param>
    /// <param name="context">State and timers of its key, and where records go: with the timer's time as event time, or the watermark where that is earlier.</param>
    public virtual void OnTimer(TimerKind kind, DateTime time, ProcessContext<TKey, TOut> context)
    {
    }
}
