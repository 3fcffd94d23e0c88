using OrleansFlow.Arrow;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Spilling;

namespace OrleansFlow.Streaming.Operators;

/// <summary>What an operator knows of its place and what it works with.</summary>
public sealed class OperatorContext
{
    /// <summary>Its id in the program.</summary>
    public required string OperatorId { get; init; }

    /// <summary>Its node.</summary>
    public required uint NodeId { get; init; }

    /// <summary>Which subtask it is, from 0.</summary>
    public required int SubtaskIndex { get; init; }

    /// <summary>Subtasks of its node.</summary>
    public required int Parallelism { get; init; }

    /// <summary>Its tables. Used only inside the calls of the operator.</summary>
    public required ISubtaskState State { get; init; }

    /// <summary>The hashes of keys whose rows it gets.</summary>
    public KeyRange Keys => State.Keys;

    /// <summary>The side of each input: which of the node's incoming edges it belongs to; of a join 0 is left, 1 is right. Inside a chain one input of side 0.</summary>
    public required IReadOnlyList<int> InputSides { get; init; }

    /// <summary>Rows that come in, by side; null where the program does not say. Empty for a source.</summary>
    public required IReadOnlyList<ArrowSchema?> InputSchemas { get; init; }

    /// <summary>Rows that go out; null for a sink.</summary>
    public required ArrowSchema? OutputSchema { get; init; }

    /// <summary>The smallest watermark of the operator in the checkpoint that is restored, in microseconds; null for none.</summary>
    public long? RestoredWatermarkMicros => State.RestoredWatermarkMicros;

    /// <summary>The time of the machine, for time-outs and processing time.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>Memory for new batches.</summary>
    public required ArrowAllocator Allocator { get; init; }

    /// <summary>How much memory state may take. Default without a limit.</summary>
    public StreamMemory Memory { get; init; } = StreamMemory.Unbounded;

    /// <summary>Tells whoever watches the job of an error that does not end it, such as a row that cannot be read.</summary>
    public required Func<Exception, CancellationToken, ValueTask> ReportErrorAsync { get; init; }
}
