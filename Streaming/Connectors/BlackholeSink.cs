using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Connectors;

/// <summary>Throws rows away.</summary>
public sealed class BlackholeSink : StreamOperator
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "blackhole";

    /// <inheritdoc/>
    public override ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Dispose();
        return ValueTask.CompletedTask;
    }
}
