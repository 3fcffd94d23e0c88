namespace OrleansFlow.Streaming.Dataflow;

/// <summary>How much an engine holds, and how long it gathers.</summary>
public sealed record StreamEngineLimits
{
    /// <summary>Defaults.</summary>
    public static readonly StreamEngineLimits Default = new();

    /// <summary>Rows in the queue of each channel before its sender waits. Default 8 192. At least 1. Larger: more memory, and later checkpoints.</summary>
    public int QueueRows { get; init; } = SubtaskInbox.DefaultCapacityRows;

    /// <summary>Rows that a source gathers to a batch. Default 2 048, as many as the local engine takes in one piece. At least 1. Larger: fewer, larger batches, and more memory.</summary>
    public int SourceBatchRows { get; init; } = 2_048;

    /// <summary>How long the first row of a batch waits for others at a source. Default 100 ms. Not negative. Longer: later results.</summary>
    public TimeSpan SourceBatchLinger { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Events of the engine that wait to be read before subtasks wait. Default 128. At least 1.</summary>
    public int EventsMax { get; init; } = 128;

    /// <summary>How long the engine waits at its disposal for operators that do not end. Default 30 s. Positive. Longer: later known, less left behind.</summary>
    public TimeSpan DisposeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether operators that need no exchange are put into one subtask. Default true.</summary>
    public bool IsChaining { get; init; } = true;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(QueueRows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(SourceBatchRows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(SourceBatchLinger, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(EventsMax, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(DisposeTimeout, TimeSpan.Zero);
    }
}
