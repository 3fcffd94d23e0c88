namespace OrleansFlow.Streaming.Dataflow;

/// <summary>Names the channel of an edge between two subtasks; the same at every worker that has the program.</summary>
/// <param name="Edge">Place of the edge in the (chained) program.</param>
/// <param name="Source">Index of the sending subtask.</param>
/// <param name="Target">Index of the receiving subtask.</param>
public readonly record struct ChannelKey(int Edge, int Source, int Target)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Edge}/{Source}/{Target}";
}
