using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Stores;

/// <summary>One item of a run, with its attempts.</summary>
/// <param name="Id">Unique in its run, from 1, in the order in which items came to be.</param>
/// <param name="Node">Its node's name.</param>
/// <param name="State">What it waits for, or how it ended.</param>
/// <param name="Attempts">Attempts that were begun and not lost with their worker.</param>
/// <param name="Input">The node's input.</param>
public sealed record WorkItemSummary(long Id, string Node, WorkItemState State, int Attempts, Payload Input)
{
    /// <summary>Who has it or had it last; <see langword="null"/> before the first lease.</summary>
    public string? Worker { get; init; }

    /// <summary>When it goes on by itself.</summary>
    public DateTimeOffset? DueUtc { get; init; }

    /// <summary>The signal it waits for.</summary>
    public string? Signal { get; init; }
}
