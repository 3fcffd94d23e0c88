namespace OrleansFlow.Streaming.Dataflow;

/// <summary>What one subtask has done since it started. Rows count as messages.</summary>
public sealed record SubtaskCounters
{
    /// <summary>The node.</summary>
    public required uint NodeId { get; init; }

    /// <summary>Which subtask of it.</summary>
    public required int SubtaskIndex { get; init; }

    /// <summary>The node's description.</summary>
    public required string OperatorName { get; init; }

    /// <summary>Rows that came in.</summary>
    public long MessagesReceived { get; init; }

    /// <summary>Bytes of the buffers of batches that came in.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Batches that came in.</summary>
    public long BatchesReceived { get; init; }

    /// <summary>Rows that went out; once, however many edges there are.</summary>
    public long MessagesSent { get; init; }

    /// <summary>Bytes of the buffers of batches that went out.</summary>
    public long BytesSent { get; init; }

    /// <summary>Batches that went out.</summary>
    public long BatchesSent { get; init; }

    /// <summary>Rows that all outgoing queues hold at most.</summary>
    public long SendQueueSize { get; init; }

    /// <summary>Rows for which the outgoing queues have room now.</summary>
    public long SendQueueRemaining { get; init; }

    /// <summary>Bytes of the buffers of batches that wait in the outgoing queues.</summary>
    public long SendQueueBytes { get; init; }

    /// <summary>Bytes of memory that state takes which can go to files, and of totals and sessions.</summary>
    public long StateBytes { get; init; }

    /// <summary>Bytes of state that were written to files for want of memory.</summary>
    public long SpilledBytes { get; init; }

    /// <summary>Files of them.</summary>
    public long SpilledFiles { get; init; }

    /// <summary>Bytes of the batches that barriers overtook and checkpoints hold for it.</summary>
    public long ChannelStateBytes { get; init; }

    /// <summary>How long inputs whose barrier was there waited for those of others.</summary>
    public TimeSpan AlignmentTime { get; init; }

    /// <summary>Errors that did not end the subtask, such as rows that could not be read.</summary>
    public long NonfatalErrors { get; init; }

    /// <summary>How much of the outgoing queues is taken: 0 for none, towards 1 for all; 0 without an outgoing edge.</summary>
    public double BackPressure => SendQueueSize == 0 ? 0 : 1 - ((SendQueueRemaining + 1.0) / (SendQueueSize + 1.0));
}
