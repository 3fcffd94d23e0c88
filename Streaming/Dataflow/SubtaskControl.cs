using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>What the engine tells one subtask.</summary>
internal abstract record SubtaskControl
{
    /// <summary>To sources: begin a checkpoint.</summary>
    public sealed record Checkpoint(CheckpointBarrier Barrier) : SubtaskControl;

    /// <summary>To sinks: what was stored for an epoch becomes visible.</summary>
    public sealed record Commit(string OperatorId, long Epoch, ReadOnlyMemory<byte> CommitData) : SubtaskControl;

    /// <summary>An epoch is given up.</summary>
    public sealed record Abort(long Epoch) : SubtaskControl;

    /// <summary>To sources: end, and let the end flow through.</summary>
    public sealed record Stop : SubtaskControl;

    /// <summary>Files of an operator's tables were compacted.</summary>
    public sealed record Replace(string OperatorId, IReadOnlyList<TableState> Tables) : SubtaskControl;
}
