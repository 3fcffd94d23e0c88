namespace OrleansFlow.Workflows.Definitions;

/// <summary>Makes the <see cref="Transition{TOut}"/> that a node returns.</summary>
public static class Transition
{
    /// <summary>Goes on with one output, to every successor; at a terminal node it is the branch's output.</summary>
    /// <typeparam name="TOut">The node's output.</typeparam>
    /// <param name="output">The output.</param>
    public static Transition<TOut> Next<TOut>(TOut output) => new(TransitionKind.Next, output);

    /// <summary>Goes on with each output in turn, each to every successor: element by element, then successor by successor.</summary>
    /// <typeparam name="TOut">The node's output.</typeparam>
    /// <param name="outputs">The outputs; none is the same as <see cref="Hold"/>. Not allowed in a node that branches.</param>
    public static Transition<TOut> NextAll<TOut>(IReadOnlyList<TOut> outputs)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        return new(TransitionKind.NextAll, default, outputs);
    }

    /// <summary>Ends this item without a successor and without an output; the context keeps what the node changed.</summary>
    /// <typeparam name="TOut">The node's output.</typeparam>
    public static Transition<TOut> Hold<TOut>() => new(TransitionKind.Hold, default);

    /// <summary>Fails the step, as throwing <paramref name="error"/> does: retries and fallback apply, and the context stays as it was.</summary>
    /// <typeparam name="TOut">The node's output.</typeparam>
    /// <param name="error">Why.</param>
    public static Transition<TOut> Abort<TOut>(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return new(TransitionKind.Abort, default, error);
    }

    /// <summary>Waits for a signal, then runs the node again with the same input and the signal in its scope.</summary>
    /// <typeparam name="TOut">The node's output.</typeparam>
    /// <param name="signal">The signal's name.</param>
    /// <param name="atMost">How long; then the node runs again without a signal. <see langword="null"/>: no limit.</param>
    public static Transition<TOut> WaitForSignal<TOut>(string signal, TimeSpan? atMost = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(signal);
        ArgumentOutOfRangeException.ThrowIfLessThan(atMost ?? TimeSpan.Zero, TimeSpan.Zero, nameof(atMost));
        return new(TransitionKind.WaitForSignal, default, signal, atMost?.Ticks ?? -1);
    }

    /// <summary>Runs the node again later, with the same input and what it saved. Its changes of the context are committed now.</summary>
    /// <typeparam name="TOut">The node's output.</typeparam>
    /// <param name="suspension">When, and with what.</param>
    public static Transition<TOut> Suspend<TOut>(Suspension suspension)
    {
        ArgumentNullException.ThrowIfNull(suspension);
        return new(TransitionKind.Suspend, default, suspension);
    }

    /// <summary>Begins the run again, with an empty log.</summary>
    /// <typeparam name="TOut">The node's output.</typeparam>
    /// <param name="continuation">With what.</param>
    public static Transition<TOut> ContinueAsNew<TOut>(Continuation continuation)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        return new(TransitionKind.ContinueAsNew, default, continuation);
    }

    /// <summary>Goes on with the output after a time. No worker is held meanwhile.</summary>
    /// <typeparam name="TOut">The node's output.</typeparam>
    /// <param name="time">How long; not negative.</param>
    /// <param name="output">The output.</param>
    public static Transition<TOut> Sleep<TOut>(TimeSpan time, TOut output)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        return new(TransitionKind.Sleep, output, ticks: time.Ticks);
    }

    /// <summary>Goes on with the output at a time; at once when it has passed. No worker is held meanwhile.</summary>
    /// <typeparam name="TOut">The node's output.</typeparam>
    /// <param name="timeUtc">When.</param>
    /// <param name="output">The output.</param>
    public static Transition<TOut> WaitUntil<TOut>(DateTimeOffset timeUtc, TOut output) => new(TransitionKind.WaitUntil, output, ticks: timeUtc.UtcTicks);
}
