using System.Collections.Immutable;

namespace OrleansFlow.Workflows.Runs;

/// <summary>What a worker proposes to commit for a step: all of it or nothing.</summary>
public sealed record StepOutcome
{
    /// <summary>What the step changed in the context; <c>default</c> for nothing.</summary>
    public Payload Delta { get; init; }

    /// <summary>What follows, in order.</summary>
    public ImmutableArray<ItemSeed> Successors { get; init; } = [];

    /// <summary>What the run gets as outputs, in order.</summary>
    public ImmutableArray<Payload> Outputs { get; init; } = [];

    /// <summary>
    /// When successors and outputs are to come, or with <see cref="Repeat"/> when the node is to run again; <see langword="null"/>: at once. With a signal
    /// or awaited children: how long to wait for them at most.
    /// </summary>
    public DateTimeOffset? DueUtc { get; init; }

    /// <summary>
    /// <see cref="DueUtc"/> as a time from the commit on, by the clock of whoever decides: the worker's own may be wrong. Not negative; at most one of the two.
    /// </summary>
    public TimeSpan? DueIn { get; init; }

    /// <summary>The signal after which the node is to run again; <see langword="null"/>: the step is done.</summary>
    public string? Signal { get; init; }

    /// <summary>True: the step is not done, and its node runs again with the same input.</summary>
    public bool Repeat { get; init; }

    /// <summary>What the node wants to find in <see cref="WorkItem.Saved"/> when it runs again; <c>default</c> leaves what is there.</summary>
    public Payload Saved { get; init; }

    /// <summary>Child runs to start. When one of them is awaited the node runs again once all awaited ones have ended.</summary>
    public ImmutableArray<ChildOrder> Children { get; init; } = [];

    /// <summary>The run begins again, with a new input and log; all its other items are dropped. <see langword="null"/>: it does not.</summary>
    public NewRun? ContinueAsNew { get; init; }

    /// <summary>Search attributes to set; <see langword="null"/> as a value removes one.</summary>
    public ImmutableArray<KeyValuePair<string, string?>> Attributes { get; init; } = [];

    /// <summary>Of an update: what its sender gets.</summary>
    public Payload Result { get; init; }

    /// <summary>A snapshot that replaces the deltas it holds, before <see cref="Delta"/> is added; one that is of no use any more is passed over.</summary>
    public ContextFold? Fold { get; init; }

    /// <summary>True when the node runs again instead of being done.</summary>
    internal bool GoesOn
    {
        get
        {
            if (Signal is not null || Repeat)
            {
                return true;
            }

            foreach (var child in Children)
            {
                if (child.Await)
                {
                    return true;
                }
            }

            return false;
        }
    }
}
