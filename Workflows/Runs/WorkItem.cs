using System.Collections.Immutable;

namespace OrleansFlow.Workflows.Runs;

/// <summary>One step that a live run has to do, or waits to do.</summary>
public sealed record WorkItem
{
    /// <summary>Unique in its run, from 1, in the order in which items came to be.</summary>
    public required long Id { get; init; }

    /// <summary>Place of its node.</summary>
    public required int Node { get; init; }

    /// <summary>The node's input.</summary>
    public Payload Input { get; init; }

    /// <summary>What it waits for.</summary>
    public WorkItemStatus Status { get; init; }

    /// <summary>Attempts that were begun and not lost with their worker.</summary>
    public int Attempts { get; init; }

    /// <summary>Fencing number of its last lease; 0 before the first. A step is accepted only with it.</summary>
    public long Epoch { get; init; }

    /// <summary>While it is in progress: whom its changes of the context are counted for. No other item in progress has the same.</summary>
    public int Lane { get; init; }

    /// <summary>When it goes on by itself.</summary>
    public DateTimeOffset? DueUtc { get; init; }

    /// <summary>The signal it waits or waited for.</summary>
    public string? Signal { get; init; }

    /// <summary>True once the signal came.</summary>
    public bool HasSignal { get; init; }

    /// <summary>What the signal carried.</summary>
    public Payload SignalPayload { get; init; }

    /// <summary>Of a join: what has come.</summary>
    public ImmutableList<Payload> Parts { get; init; } = [];

    /// <summary>Of a sleeping step: what follows from it.</summary>
    public ImmutableArray<ItemSeed> Successors { get; init; } = [];

    /// <summary>Of a sleeping step: the outputs that it ends with.</summary>
    public ImmutableArray<Payload> Outputs { get; init; } = [];
}
