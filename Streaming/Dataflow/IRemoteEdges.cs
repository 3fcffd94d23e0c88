using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>Channels to and from subtasks of other workers.</summary>
public interface IRemoteEdges
{
    /// <summary>Opens the sending end of a channel whose receiver is another worker's. The engine disposes it.</summary>
    /// <param name="channel">Which one.</param>
    /// <param name="targetNode">The receiving node.</param>
    /// <param name="schema">Rows that will go over it; null where the program does not say.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<ISubtaskChannel> OpenAsync(ChannelKey channel, uint targetNode, ArrowSchema? schema, CancellationToken cancellationToken);

    /// <summary>Says where the messages of a channel go whose sender is another worker's.</summary>
    /// <param name="channel">Which one.</param>
    /// <param name="target">One writer at a time; a write waits while the receiver is full.</param>
    void Accept(ChannelKey channel, ISubtaskChannel target);
}
