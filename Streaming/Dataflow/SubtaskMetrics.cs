using OrleansFlow.Streaming.State.Spilling;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>What one subtask has done so far; read at any time, written by the subtask alone.</summary>
/// <param name="memory">What its state may take.</param>
internal sealed class SubtaskMetrics(StreamMemory memory)
{
    private long _rowsReceived;
    private long _bytesReceived;
    private long _batchesReceived;
    private long _rowsSent;
    private long _bytesSent;
    private long _batchesSent;
    private long _errors;
    private long _channelStateBytes;
    private long _alignmentTicks;

    /// <summary>What its state may take.</summary>
    public StreamMemory Memory => memory;

    public void Received(long rows, long bytes)
    {
        Volatile.Write(ref _rowsReceived, _rowsReceived + rows);
        Volatile.Write(ref _bytesReceived, _bytesReceived + bytes);
        Volatile.Write(ref _batchesReceived, _batchesReceived + 1);
    }

    public void Sent(long rows, long bytes)
    {
        Volatile.Write(ref _rowsSent, _rowsSent + rows);
        Volatile.Write(ref _bytesSent, _bytesSent + bytes);
        Volatile.Write(ref _batchesSent, _batchesSent + 1);
    }

    public void NonfatalError() => Interlocked.Increment(ref _errors);

    /// <summary>A checkpoint held so many bytes of rows that its barrier overtook.</summary>
    public void Captured(long bytes) => Interlocked.Add(ref _channelStateBytes, bytes);

    /// <summary>Inputs waited so long for the barriers of others.</summary>
    public void Aligned(TimeSpan time) => Volatile.Write(ref _alignmentTicks, _alignmentTicks + time.Ticks);

    public SubtaskCounters Read(SubtaskPlan plan, IReadOnlyList<ISubtaskChannel> channels)
    {
        var (size, remaining, queued) = (0L, 0L, 0L);
        foreach (var channel in channels)
        {
            size += channel.CapacityRows;
            remaining += channel.RemainingRows;
            queued += channel.QueuedBytes;
        }

        return new SubtaskCounters
        {
            NodeId = plan.Node.Id,
            SubtaskIndex = plan.Index,
            OperatorName = plan.Node.Description,
            MessagesReceived = Volatile.Read(ref _rowsReceived),
            BytesReceived = Volatile.Read(ref _bytesReceived),
            BatchesReceived = Volatile.Read(ref _batchesReceived),
            MessagesSent = Volatile.Read(ref _rowsSent),
            BytesSent = Volatile.Read(ref _bytesSent),
            BatchesSent = Volatile.Read(ref _batchesSent),
            SendQueueSize = size,
            SendQueueRemaining = remaining,
            SendQueueBytes = queued,
            StateBytes = memory.UsedBytes,
            SpilledBytes = memory.SpilledBytes,
            SpilledFiles = memory.SpilledFiles,
            ChannelStateBytes = Volatile.Read(ref _channelStateBytes),
            AlignmentTime = new TimeSpan(Volatile.Read(ref _alignmentTicks)),
            NonfatalErrors = Volatile.Read(ref _errors),
        };
    }
}
