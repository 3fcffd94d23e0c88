using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>The end of a chain: all outgoing edges of a subtask.</summary>
internal sealed class SubtaskOutput(IReadOnlyList<EdgeOutput> edges, SubtaskMetrics metrics) : IOperatorOutput
{
    public async ValueTask EmitAsync(RecordBatch batch, CancellationToken cancellationToken)
    {
        if (batch.RowCount == 0 || edges.Count == 0)
        {
            batch.Dispose();
            return;
        }

        metrics.Sent(batch.RowCount, batch.ByteCount);
        var sent = 0;
        try
        {
            for (; sent < edges.Count - 1; sent++)
            {
                await edges[sent].SendAsync(batch.Retain(), cancellationToken);
            }
        }
        catch
        {
            batch.Dispose();
            throw;
        }

        await edges[sent].SendAsync(batch, cancellationToken);
    }

    public ValueTask EmitWatermarkAsync(Watermark watermark, CancellationToken cancellationToken) => SignalAsync(StreamMessage.Of(watermark), cancellationToken);

    public async ValueTask SignalAsync(StreamMessage signal, CancellationToken cancellationToken)
    {
        foreach (var edge in edges)
        {
            await edge.SignalAsync(signal, cancellationToken);
        }
    }
}
