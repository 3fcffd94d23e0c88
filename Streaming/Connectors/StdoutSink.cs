using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Formats;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Connectors;

/// <summary>Writes rows as records, lines of JSON unless told otherwise, as they come. After a restart those behind the checkpoint come again.</summary>
/// <param name="target">Where they go: the standard output. Disposed with the sink.</param>
/// <param name="config">Which columns, and how; null for all, as JSON.</param>
public sealed class StdoutSink(Stream target, RowSinkConfig? config = null) : StreamOperator
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "stdout";

    private SinkRows? _rows;

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        using var owned = batch;
        _rows ??= new SinkRows(config, batch.Schema);

        // One write a batch, so that lines of several subtasks do not mix.
        await target.WriteAsync(_rows.Write(batch), cancellationToken);
        await target.FlushAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _rows?.Dispose();
        await target.DisposeAsync();
        await base.DisposeAsync();
    }
}
