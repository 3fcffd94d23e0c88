namespace OrleansFlow.Workflows.Definitions;

/// <summary>What a node returns. Made by the methods of <see cref="Transition"/>; allocates nothing for a plain <see cref="TransitionKind.Next"/>.</summary>
/// <typeparam name="TOut">The node's output.</typeparam>
public readonly struct Transition<TOut>
{
    private readonly object? _part;
    private readonly long _ticks;

    internal Transition(TransitionKind kind, TOut? output, object? part = null, long ticks = 0)
    {
        (Kind, Output) = (kind, output);
        (_part, _ticks) = (part, ticks);
    }

    /// <summary>How to go on; 0 for <c>default</c>, which is refused where a node returns it.</summary>
    public TransitionKind Kind { get; }

    /// <summary>The output of Next, Sleep and WaitUntil.</summary>
    public TOut? Output { get; }

    /// <summary>The outputs of NextAll; empty for the others.</summary>
    public IReadOnlyList<TOut> Outputs => _part as IReadOnlyList<TOut> ?? [];

    /// <summary>Why the node aborts.</summary>
    public Exception? Error => _part as Exception;

    /// <summary>The awaited signal's name.</summary>
    public string? Signal => Kind switch
    {
        TransitionKind.WaitForSignal => (string?)_part,
        TransitionKind.Suspend => Suspension!.Signal,
        _ => null,
    };

    /// <summary>When a node that suspends itself runs again, and with what.</summary>
    public Suspension? Suspension => _part as Suspension;

    /// <summary>How long to sleep, or how long at most to wait for a signal; <see langword="null"/> for no limit.</summary>
    public TimeSpan? Wait => Kind is TransitionKind.Sleep or TransitionKind.WaitForSignal && _ticks >= 0 ? TimeSpan.FromTicks(_ticks) : null;

    /// <summary>When to go on, for WaitUntil.</summary>
    public DateTimeOffset? Until => Kind == TransitionKind.WaitUntil ? new DateTimeOffset(_ticks, TimeSpan.Zero) : null;

    /// <summary>How the run begins again.</summary>
    public Continuation? Continuation => _part as Continuation;

    /// <summary>Goes on with this output: <c>return output;</c>.</summary>
    /// <param name="output">The output.</param>
    public static implicit operator Transition<TOut>(TOut output) => new(TransitionKind.Next, output);

    /// <summary>Runs again later: <c>return Suspension.For(time, state);</c>.</summary>
    /// <param name="suspension">When, and with what.</param>
    public static implicit operator Transition<TOut>(Suspension suspension) => Transition.Suspend<TOut>(suspension);

    /// <summary>Begins the run again: <c>return Continuation.AsNew(input);</c>.</summary>
    /// <param name="continuation">With what.</param>
    public static implicit operator Transition<TOut>(Continuation continuation) => Transition.ContinueAsNew<TOut>(continuation);
}
