namespace OrleansFlow.Workflows.Runs;

/// <summary>A child run that a step wants to start.</summary>
public sealed record ChildOrder
{
    /// <summary>The child's run id; <see langword="null"/>: the parent's id, a dot and the number of the order.</summary>
    public string? Id { get; init; }

    /// <summary>Name of the child's workflow.</summary>
    public required string Workflow { get; init; }

    /// <summary>Its version; 0 for the newest.</summary>
    public int Version { get; init; }

    /// <summary>The child's input.</summary>
    public Payload Input { get; init; }

    /// <summary>The context that the child begins with; <c>default</c> for an empty one.</summary>
    public Payload Context { get; init; }

    /// <summary>True: the item waits for the child's end, and then its node runs again with the result. False: the child is on its own.</summary>
    public bool Await { get; init; }

    /// <summary>True: the child is cancelled when the parent ends before it.</summary>
    public bool CancelWithParent { get; init; }
}
