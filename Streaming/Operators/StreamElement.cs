using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Streaming.Operators;

/// <summary>An element of a chain: a source or an operator. The engine calls one method at a time.</summary>
public abstract class StreamElement : IAsyncDisposable
{
    /// <summary>Opens tables and restores from them. Called once, before anything else.</summary>
    public virtual ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Gives out what belongs before the line of a checkpoint, and adds changed state to the tables. The tables are frozen right after it.</summary>
    public virtual ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
