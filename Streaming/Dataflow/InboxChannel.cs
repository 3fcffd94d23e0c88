namespace OrleansFlow.Streaming.Dataflow;

/// <summary>One input of a <see cref="SubtaskInbox"/>, as its sender in this process sees it. Batches go over by reference.</summary>
internal sealed class InboxChannel(SubtaskInbox inbox, int index, int capacityRows) : ISubtaskChannel
{
    public Queue<StreamMessage> Messages { get; } = new();

    public int Index => index;

    public Wakeup Writer { get; } = new();

    public int UsedRows { get; set; }

    public bool IsBlocked { get; set; }

    public bool IsClosed { get; set; }

    /// <summary>The newest barrier that was ever queued.</summary>
    public CheckpointBarrier? LastBarrier { get; set; }

    /// <summary>Whether the last message was queued.</summary>
    public bool HasEnded { get; set; }

    public int CapacityRows => capacityRows;

    public int RemainingRows => Math.Max(0, capacityRows - inbox.UsedRowsOf(this));

    public long QueuedBytes => inbox.QueuedBytesOf(this);

    public ValueTask<bool> WriteAsync(StreamMessage message, CancellationToken cancellationToken) => inbox.WriteAsync(this, message, cancellationToken);

    public void WakeWriter() => inbox.Wake(Writer);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
