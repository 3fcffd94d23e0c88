using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Streaming.Operators;

/// <summary>What happens to rows: one instance a subtask. The engine calls one method at a time, in the order of what arrives.</summary>
public abstract class StreamOperator : StreamElement
{
    /// <summary>How often <see cref="OnTickAsync"/> is called. Default null: never. Read once, after the start; more than zero.</summary>
    public virtual TimeSpan? TickInterval => null;

    /// <summary>Whether checkpoints of it wait for a <see cref="CommitAsync"/>: a sink of two phases.</summary>
    public virtual bool IsCommitting => false;

    /// <summary>What the commit of the epoch needs; asked for right after <see cref="StreamElement.OnBarrierAsync"/> and stored in the checkpoint.</summary>
    public virtual ReadOnlyMemory<byte> CommitData => default;

    /// <summary>Takes rows, which then belong to the operator.</summary>
    /// <param name="batch">At least one row; dispose it or give it on.</param>
    /// <param name="input">Which input they came by; <see cref="OperatorContext.InputSides"/> says its side.</param>
    /// <param name="output">Where results go.</param>
    /// <param name="cancellationToken">The job ends.</param>
    public abstract ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken);

    /// <summary>Event time has moved on, over all inputs. Default: gives it on. Before <see cref="OnEndAsync"/> it is called with <see cref="Watermark.End"/>.</summary>
    public virtual ValueTask OnWatermarkAsync(Watermark watermark, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        return output.EmitWatermarkAsync(watermark, cancellationToken);
    }

    /// <summary>Time of the machine has passed; see <see cref="TickInterval"/>.</summary>
    public virtual ValueTask OnTickAsync(IOperatorOutput output, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>All inputs are complete: gives out what is left. Not called when the job is stopped.</summary>
    public virtual ValueTask OnEndAsync(IOperatorOutput output, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>The checkpoint of an epoch is durable: what was staged for it becomes visible. Repeating it changes nothing.</summary>
    /// <param name="epoch">The checkpoint.</param>
    /// <param name="commitData"><see cref="CommitData"/> of that epoch, perhaps of an earlier run and of another subtask; empty: what this one knows of the epoch.</param>
    /// <param name="cancellationToken">The job ends.</param>
    public virtual ValueTask CommitAsync(long epoch, ReadOnlyMemory<byte> commitData, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
