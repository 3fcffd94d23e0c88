using System.Globalization;
using OrleansFlow.Benchmarks.Macro.Baselines;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>One small run after the other, from the call that submits it to the answer that it has completed; one worker process, everything over gRPC.</summary>
/// <param name="name">Name on the command line.</param>
/// <param name="question">For <c>--list</c>.</param>
/// <param name="document">What is submitted.</param>
/// <param name="runs">Runs of one round.</param>
internal sealed class RunLatency(string name, string question, string document, int runs) : Scenario
{
    private const int Slots = 512;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(12);
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly BenchSilo _silo = new();

    public override string Name => name;

    public override string Question => question;

    public override string Unit => "ms";

    public override bool HigherIsBetter => false;

    public override string BaselineName => "one fsync, ms";

    public override string? Durability => "SQLite, WAL, synchronous=FULL";

    public static RunLatency OneTask() => new("task-latency", "How long does a run of one task take, submit to completed?", Document(Node("n0")), 300);

    public static RunLatency Chain() => new(
        "chain-5", "How long does a chain of five tasks take, submit to completed?", Document([Node("n0"), .. Enumerable.Range(1, 4).Select(node => Node($"n{node}", [$"n{node - 1}"]))]), 150);

    public static RunLatency FanOut() => new(
        "fan-out-1000",
        "How long do 1 000 nodes and the node that joins them take, submit to completed?",
        Document([.. Enumerable.Range(0, 1_000).Select(node => Node($"n{node}")), Node("join", [.. Enumerable.Range(0, 1_000).Select(node => $"n{node}")])]),
        5);

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        await _silo.StartAsync(cancellationToken);
        await _silo.AddWorkerAsync(typeof(RunLatency).Assembly.Location, NoOpWorker.Argument, Slots, cancellationToken);

        // Until then the compiler rewrites the path, on one of the cores: it would be most of what is measured.
        for (var began = _clock.GetTimestamp(); _clock.GetElapsedTime(began) < WarmUp;)
        {
            await _silo.RunAsync(document, cancellationToken);
        }
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var latencies = new double[runs];
        for (var index = 0; index < runs; index++)
        {
            var began = _clock.GetTimestamp();
            await _silo.RunAsync(document, cancellationToken);
            latencies[index] = _clock.GetElapsedTime(began).TotalMilliseconds;
        }

        double[] sorted = [.. latencies.Order()];
        return new Sample(sorted[sorted.Length / 2], latencies);
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) => Task.FromResult(1000 / RawFsync.PerSecond(_silo.Folder, _clock));

    public override async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        await base.DisposeAsync();
    }

    internal static string Node(string id, params IReadOnlyList<string> parents) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"id":"{{id}}","role":"{{NoOpWorker.Role}}"{{(parents.Count > 0 ? $",\"depends_on\":[{string.Join(',', parents.Select(parent => $"\"{parent}\""))}]" : "")}}}""");

    internal static string Document(params IEnumerable<string> nodes) => $$"""{"name":"bench","nodes":[{{string.Join(',', nodes)}}]}""";
}
