using Microsoft.Extensions.Hosting;
using OrleansFlow.Client;

namespace OrleansFlow.Samples.Client;

/// <summary>Submits the flights graph, watches it, reads its report, and stops its host.</summary>
internal sealed class FlightsService(FlowClient flow, IHostApplicationLifetime lifetime) : BackgroundService
{
    private const string Graph = "samples/flights/graph.json";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var run = await flow.SubmitGraphFileAsync(Graph, cancellationToken: stoppingToken);
        await foreach (var change in flow.WatchRunAsync(run, stoppingToken))
        {
            if (change is RunChange.NodeChanged node)
            {
                Console.WriteLine($"{node.NodeId}: {node.Status}");
            }
        }

        await using var report = await flow.GetResultAsync(run.Value, "report", stoppingToken);
        await foreach (var batch in report.ReadBatchesAsync(stoppingToken))
        {
            using (batch)
            {
                Console.WriteLine($"{batch.RowCount} rows of {string.Join(", ", report.Schema.Fields.Select(field => field.Name))}");
            }
        }

        lifetime.StopApplication();
    }
}
