using OrleansFlow.Benchmarks.Macro.Baselines;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>A graph of 100 000 nodes in a hundred layers, each node after two of the layer before: how soon it is accepted, and what a node costs in memory.</summary>
/// <remarks>
/// Value is the time until the acceptance is durable. Each round then runs the graph to its end on one worker process; the nodes a second
/// are the latency members' stand-in (<c>p50_ms</c> is the milliseconds of the whole run), and the held bytes are what is there of the run in the silo's process, for each node: when
/// half of them have completed or after its end, whichever is more.
/// </remarks>
internal sealed class GraphLarge : Scenario
{
    private const int Layers = 100;
    private const int Width = 1_000;
    private const int Slots = 512;
    private static readonly string Text = Make();
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly BenchSilo _silo = new();

    public override string Name => "graph-100k";

    public override string Question => "How soon is a graph of 100 000 nodes accepted, how long does it run (p50_ms), what does a node hold in memory?";

    public override string Unit => "s";

    public override bool HigherIsBetter => false;

    public override string BaselineName => "the document written and fsynced, s";

    public override string? Durability => "SQLite, WAL, synchronous=FULL";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        await _silo.StartAsync(cancellationToken);
        await _silo.AddWorkerAsync(typeof(GraphLarge).Assembly.Location, NoOpWorker.Argument, Slots, cancellationToken);
        await _silo.RunAsync(RunLatency.Document(RunLatency.Node("n0")), cancellationToken);
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var heldBefore = Held();
        var began = _clock.GetTimestamp();
        var run = await _silo.Client.SubmitGraphAsync(Text, cancellationToken: cancellationToken);
        var accepted = _clock.GetElapsedTime(began);
        var ending = _silo.WaitAsync(run, cancellationToken);
        var heldHalfway = await HalfwayAsync(run, ending, cancellationToken) ? Held() : 0;
        await ending;
        var ran = _clock.GetElapsedTime(began);
        var held = Math.Max(heldHalfway, Held()) - heldBefore;
        return new Sample(accepted.TotalSeconds, [ran.TotalMilliseconds], HeldBytesPerOperation: (double)held / (Layers * Width));
    }

    public override async Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        var path = Path.Combine(_silo.Folder, "document.probe");
        var began = _clock.GetTimestamp();
        using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write))
        {
            await RandomAccess.WriteAsync(file, System.Text.Encoding.UTF8.GetBytes(Text), 0, cancellationToken);
            RandomAccess.FlushToDisk(file);
        }

        var elapsed = _clock.GetElapsedTime(began);
        File.Delete(path);
        return elapsed.TotalSeconds;
    }

    public override Task<double?> FsyncMsAsync(CancellationToken cancellationToken) =>
        Task.FromResult<double?>(1000 / RawFsync.PerSecond(_silo.Folder, _clock));

    public override async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>What a full collection leaves; not what was allocated since, which is much while a run is under way.</summary>
    private static long Held()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
        return GC.GetGCMemoryInfo(GCKind.FullBlocking).PromotedBytes;
    }

    /// <summary>True when half of the nodes have completed; false when the run ended before that was seen.</summary>
    private async Task<bool> HalfwayAsync(RunId run, Task ending, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100), _clock);
        while (await timer.WaitForNextTickAsync(cancellationToken) && !ending.IsCompleted)
        {
            var states = (await _silo.Client.GetRunAsync(run, cancellationToken)).NodeStates;
            if (states.Where(state => state.Status == RunStatus.Completed).Sum(state => state.Nodes) >= Layers * Width / 2)
            {
                return true;
            }
        }

        return false;
    }

    private static string Make() => RunLatency.Document(
        from layer in Enumerable.Range(0, Layers)
        from place in Enumerable.Range(0, Width)
        select layer == 0
            ? RunLatency.Node($"n{layer}-{place}")
            : RunLatency.Node($"n{layer}-{place}", $"n{layer - 1}-{place}", $"n{layer - 1}-{(place + 1) % Width}"));
}
