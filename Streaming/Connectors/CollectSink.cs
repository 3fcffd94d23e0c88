using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Connectors;

/// <summary>Gives rows to a collector of this process as they come: after a restart those behind the checkpoint come again.</summary>
/// <param name="rows">Where they go; shared by all subtasks, not disposed.</param>
public sealed class CollectSink(RowCollector rows) : StreamOperator
{
    /// <summary>Usual kind in programs.</summary>
    public const string Kind = "collect";

    /// <inheritdoc/>
    public override ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        rows.Add(batch);
        return ValueTask.CompletedTask;
    }
}
