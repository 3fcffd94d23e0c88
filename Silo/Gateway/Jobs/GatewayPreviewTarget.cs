using OrleansFlow.Arrow;
using OrleansFlow.Silo.Gateway.Streams;
using OrleansFlow.Worker.Jobs.Previews;

namespace OrleansFlow.Silo.Gateway.Jobs;

/// <summary>The live streams of the same process, for workers that run in it.</summary>
internal sealed class GatewayPreviewTarget(StreamLogs logs) : IPreviewTarget
{
    public async Task AppendAsync(string stream, ArrowSchema schema, IAsyncEnumerable<RecordBatch> batches, CancellationToken cancellationToken)
    {
        var log = await logs.GetOrMakeAsync(stream, schema, cancellationToken);
        await foreach (var batch in batches.WithCancellation(cancellationToken))
        {
            using (batch)
            {
                await log.AppendAsync([batch], cancellationToken);
            }
        }
    }
}
