namespace OrleansFlow.Streaming.Dataflow;

/// <summary>The sending end between two subtasks: in this process or to another one. Messages arrive in the order of their writes.</summary>
/// <remarks>One writer at a time. Readers see each edge between two subtasks as a channel of its own.</remarks>
public interface ISubtaskChannel : IAsyncDisposable
{
    /// <summary>Rows that it holds at most before a writer waits.</summary>
    int CapacityRows { get; }

    /// <summary>Rows that can be written now without waiting. Thread-safe.</summary>
    int RemainingRows { get; }

    /// <summary>Bytes of the batches that it holds now. Thread-safe.</summary>
    long QueuedBytes { get; }

    /// <summary>Hands a message over; waits while the channel is full. The message belongs to the channel from the call on, whatever comes of it.</summary>
    /// <param name="message">What to send.</param>
    /// <param name="cancellationToken">Gives up waiting; the message's batch is then disposed.</param>
    /// <returns>False when the receiver reads no more: the message was disposed, and more would be in vain.</returns>
    ValueTask<bool> WriteAsync(StreamMessage message, CancellationToken cancellationToken);
}
