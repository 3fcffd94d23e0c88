using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Streaming.Operators;

/// <summary>Where an operator's rows and watermarks go. One call at a time; a call waits while those behind are full.</summary>
public interface IOperatorOutput
{
    /// <summary>Gives rows on; the batch belongs to the receiver from the call on, whatever comes of it. A batch without rows is dropped.</summary>
    ValueTask EmitAsync(RecordBatch batch, CancellationToken cancellationToken);

    /// <summary>Gives rows to the second output of the node, beside its results; as <see cref="EmitAsync"/> else. Watermarks and barriers go there by themselves.</summary>
    /// <exception cref="InvalidOperationException">The operator is not the last one of its chain.</exception>
    ValueTask EmitSideAsync(RecordBatch batch, CancellationToken cancellationToken) => throw new InvalidOperationException("Only the last operator of a chain has a second output.");

    /// <summary>Gives a watermark on. It must not be before an earlier one.</summary>
    ValueTask EmitWatermarkAsync(Watermark watermark, CancellationToken cancellationToken);
}
