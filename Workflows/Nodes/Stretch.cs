namespace OrleansFlow.Workflows.Nodes;

/// <summary>How a stretch of a long-running node ended.</summary>
/// <typeparam name="TOut">The node's output.</typeparam>
/// <typeparam name="TState">What it saves.</typeparam>
public readonly record struct Stretch<TOut, TState>
{
    private Stretch(bool isComplete, TOut? output, TState? state, TimeSpan? resumeAfter) =>
        (IsComplete, Output, State, ResumeAfter) = (isComplete, output, state, resumeAfter);

    /// <summary>True when the node is done.</summary>
    public bool IsComplete { get; }

    /// <summary>The output of a complete node.</summary>
    public TOut? Output { get; }

    /// <summary>What a suspended node saved.</summary>
    public TState? State { get; }

    /// <summary>When a suspended node goes on by itself; <see langword="null"/>: only by the signal.</summary>
    public TimeSpan? ResumeAfter { get; }

    /// <summary>The node is done; what it saved is dropped.</summary>
    /// <param name="output">Its output.</param>
#pragma warning disable CA1000 // Both type parameters are known where a node returns one, and say themselves there.
    public static Stretch<TOut, TState> Complete(TOut output) => new(isComplete: true, output, default, null);

    /// <summary>The node goes on when its signal comes, or after a time.</summary>
    /// <param name="state">What the next stretch gets.</param>
    /// <param name="resumeAfter">When it goes on by itself; <see langword="null"/>: only by the signal.</param>
    public static Stretch<TOut, TState> Suspend(TState state, TimeSpan? resumeAfter = null) => new(isComplete: false, default, state, resumeAfter);
#pragma warning restore CA1000
}
