using Microsoft.Extensions.Hosting;
using OrleansFlow.Client;
using OrleansFlow.Graphs;
using OrleansFlow.Samples.GrainClient.Grains;

namespace OrleansFlow.Samples.GrainClient;

/// <summary>Calls a grain of its own, and a run's grain of the project, and stops its host.</summary>
internal sealed class GuestService(IClusterClient grains, FlowClient flow, IHostApplicationLifetime lifetime) : BackgroundService
{
    private const string Graph = """{"name":"greeting","nodes":[{"id":"greet","role":"sql","params":{"statement":"SELECT 'welcome' AS word"}}]}""";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // 1. A grain of one's own.
        var book = grains.GetGrain<IGuestBookGrain>("seaside");

        // The grain calls back; it holds the object by this reference, and the runtime holds it weakly.
        var watcher = new GuestWatcher();
        await book.WatchAsync(grains.CreateObjectReference<IGuestWatcher>(watcher));
        await book.SignAsync(new GuestEntry("Ada", "lovely weather"));
        var count = await book.SignAsync(new GuestEntry("Grace", "the sea is near"));
        Console.WriteLine($"{count} entries");
        GC.KeepAlive(watcher);
        await foreach (var entry in book.ReadAsync(stoppingToken))
        {
            Console.WriteLine($"{entry.Guest}: {entry.Text}");
        }

        // 2. A failure arrives as the exception that the grain threw.
        try
        {
            await book.SignAsync(new GuestEntry("", "nobody"));
        }
        catch (ArgumentException exception)
        {
            Console.WriteLine($"refused: {exception.Message}");
        }

        // 3. A grain of the project: the run that the flow client has submitted.
        var runId = await flow.SubmitGraphAsync(Graph, cancellationToken: stoppingToken);
        await flow.WaitForRunAsync(runId, stoppingToken);
        var run = await grains.GetGrain<IGraphRunGrain>(runId.Value).GetAsync(stoppingToken);
        Console.WriteLine($"run {run?.GraphName}: {run?.Status}");
        lifetime.StopApplication();
    }
}
