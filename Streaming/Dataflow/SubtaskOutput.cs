using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>The end of a chain: all outgoing edges of a subtask.</summary>
/// <param name="edges">Those by which results go.</param>
/// <param name="sideEdges">Those by which rows of the second output go.</param>
/// <param name="metrics">Counts rows.</param>
internal sealed class SubtaskOutput(IReadOnlyList<EdgeOutput> edges, IReadOnlyList<EdgeOutput> sideEdges, SubtaskMetrics metrics) : IOperatorOutput
{
    public ValueTask EmitAsync(RecordBatch batch, CancellationToken cancellationToken) => SendAsync(edges, batch, cancellationToken);

    public ValueTask EmitSideAsync(RecordBatch batch, CancellationToken cancellationToken) => SendAsync(sideEdges, batch, cancellationToken);

    public ValueTask EmitWatermarkAsync(Watermark watermark, CancellationToken cancellationToken) => SignalAsync(StreamMessage.Of(watermark), cancellationToken);

    public async ValueTask SignalAsync(StreamMessage signal, CancellationToken cancellationToken)
    {
        foreach (var edge in edges)
        {
            await edge.SignalAsync(signal, cancellationToken);
        }

        foreach (var edge in sideEdges)
        {
            await edge.SignalAsync(signal, cancellationToken);
        }
    }

    private async ValueTask SendAsync(IReadOnlyList<EdgeOutput> targets, RecordBatch batch, CancellationToken cancellationToken)
    {
        if (batch.RowCount == 0 || targets.Count == 0)
        {
            batch.Dispose();
            return;
        }

        metrics.Sent(batch.RowCount, batch.ByteCount);
        var sent = 0;
        try
        {
            for (; sent < targets.Count - 1; sent++)
            {
                await targets[sent].SendAsync(batch.Retain(), cancellationToken);
            }
        }
        catch
        {
            batch.Dispose();
            throw;
        }

        await targets[sent].SendAsync(batch, cancellationToken);
    }
}
