namespace OrleansFlow.Streaming.Operators;

/// <summary>How a source ended.</summary>
public enum SourceEnd
{
    /// <summary>It was told to stop; what is under way goes through, nothing is given out early.</summary>
    Graceful = 0,

    /// <summary>It ends where it stands, and says nothing to those behind it.</summary>
    Immediate = 1,

    /// <summary>There is no more data: everything that is held behind it is given out.</summary>
    Final = 2,
}

/// <summary>Where rows come from: one instance a subtask.</summary>
public abstract class StreamSource : StreamElement
{
    /// <summary>
    /// Reads until the end. Between two rows it asks <see cref="SourceContext.PollAsync"/> or waits by <see cref="SourceContext.WaitAsync(TimeSpan, CancellationToken)"/>:
    /// only there a checkpoint is taken, so its position and the rows that it has given out agree.
    /// </summary>
    /// <param name="context">Takes the rows and brings what the engine says.</param>
    /// <param name="cancellationToken">The job ends at once.</param>
    public abstract Task<SourceEnd> RunAsync(SourceContext context, CancellationToken cancellationToken);
}
