using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.State;

/// <summary>
/// What the tables of a subtask held at a barrier. It is written while the operator goes on. Disposing one that was not written
/// abandons it: its rows are in the next one.
/// </summary>
public interface IStateSnapshot : IAsyncDisposable
{
    /// <summary>Number of the checkpoint.</summary>
    long Epoch { get; }

    /// <summary>Writes what changed. When it returns, all of it is durable. Once only.</summary>
    /// <param name="cancellationToken">Stops writing; the rows stay for the next snapshot.</param>
    /// <returns>What the checkpoint says of the subtask.</returns>
    /// <exception cref="FlowException">The store failed; the rows stay for the next snapshot.</exception>
    ValueTask<SubtaskState> WriteAsync(CancellationToken cancellationToken);
}
