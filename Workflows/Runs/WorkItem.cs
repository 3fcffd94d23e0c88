using System.Collections.Immutable;

namespace OrleansFlow.Workflows.Runs;

/// <summary>One step that a live run has to do, or waits to do; or an update that a worker is to answer.</summary>
public sealed record WorkItem
{
    /// <summary><see cref="Node"/> of an update, which belongs to none.</summary>
    public const int NoNode = -1;

    /// <summary>Unique in its run, from 1, in the order in which items came to be.</summary>
    public required long Id { get; init; }

    /// <summary>Place of its node; <see cref="NoNode"/> for an update.</summary>
    public required int Node { get; init; }

    /// <summary>The node's input, or what the update carries.</summary>
    public Payload Input { get; init; }

    /// <summary>What it waits for.</summary>
    public WorkItemStatus Status { get; init; }

    /// <summary>Attempts that were begun and not lost with their worker.</summary>
    public int Attempts { get; init; }

    /// <summary>How often its worker was lost since its last step was committed.</summary>
    public int Takeovers { get; init; }

    /// <summary>Fencing number of its last lease; 0 before the first. A step is accepted only with it.</summary>
    public long Epoch { get; init; }

    /// <summary>While it is in progress: whom its changes of the context are counted for. No other item in progress has the same.</summary>
    public int Lane { get; init; }

    /// <summary>Who has or had its last lease.</summary>
    public string? Worker { get; init; }

    /// <summary>That worker's session.</summary>
    public string? Session { get; init; }

    /// <summary>When its last lease began.</summary>
    public DateTimeOffset? LeasedUtc { get; init; }

    /// <summary>While it is in progress: when the attempt has to be over, by its node's time limit and the run's deadline.</summary>
    public DateTimeOffset? LimitUtc { get; init; }

    /// <summary>When it goes on by itself.</summary>
    public DateTimeOffset? DueUtc { get; init; }

    /// <summary>The signal it waits or waited for.</summary>
    public string? Signal { get; init; }

    /// <summary>True once the signal came.</summary>
    public bool HasSignal { get; init; }

    /// <summary>What the signal carried.</summary>
    public Payload SignalPayload { get; init; }

    /// <summary>What its node keeps from one run of the node to the next.</summary>
    public Payload Saved { get; init; }

    /// <summary>The child runs that its last step waits or waited for, in the order in which it started them.</summary>
    public ImmutableArray<ChildResult> Children { get; init; } = [];

    /// <summary>Of a join: what has come.</summary>
    public ImmutableList<Payload> Parts { get; init; } = [];

    /// <summary>Of a sleeping step: what follows from it.</summary>
    public ImmutableArray<ItemSeed> Successors { get; init; } = [];

    /// <summary>Of a sleeping step: the outputs that it ends with.</summary>
    public ImmutableArray<Payload> Outputs { get; init; } = [];

    /// <summary>Name of the update that it is; <see langword="null"/> for a step.</summary>
    public string? Update { get; init; }

    /// <summary>Id of the update that it is.</summary>
    public string? UpdateId { get; init; }

    /// <summary>True for a question about the context, which has the shape of an update that nobody gave an id. A run keeps none of them.</summary>
    public bool IsQuery => Update is not null && UpdateId is null;
}
