namespace OrleansFlow.Workflows.Nodes;

/// <summary>Says in which phase a node failed; the phases after it did not run.</summary>
public sealed class NodePhaseException : Exception
{
    /// <summary>A failure of a phase.</summary>
    /// <param name="phase">The phase.</param>
    /// <param name="innerException">What it threw. Whether the step is repeated is decided by it.</param>
    public NodePhaseException(NodePhase phase, Exception innerException)
        : base($"{phase} failed: {innerException?.Message}", innerException) => Phase = phase;

    /// <summary>The phase.</summary>
    public NodePhase Phase { get; }

    internal static async ValueTask<T> RunAsync<T>(NodePhase phase, Func<ValueTask<T>> run, CancellationToken cancellationToken)
    {
        try
        {
            return await run().ConfigureAwait(false);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NodePhaseException(phase, error);
        }
    }
}
