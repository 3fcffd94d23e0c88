using OrleansFlow.Benchmarks.Macro.Baselines;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>One workflow run after the other, from the call that starts it to its result; one worker process, everything over gRPC.</summary>
/// <param name="name">Name on the command line.</param>
/// <param name="question">For <c>--list</c>.</param>
/// <param name="workflow">What is run.</param>
/// <param name="input">Its input.</param>
/// <param name="expected">Its output.</param>
/// <param name="runs">Runs of one round.</param>
/// <param name="fsyncs">Fsyncs that depend on one another; more than 0 makes them the baseline.</param>
internal sealed class WorkflowLatency(
    string name, string question, WorkflowDefinition<int, int, NoContext> workflow, int input, int expected, int runs, int fsyncs) : Scenario
{
    private const int Slots = 512;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly BenchSilo _silo = new();

    public override string Name => name;

    public override string Question => question;

    public override string Unit => "ms";

    public override bool HigherIsBetter => false;

    public override string BaselineName => fsyncs == 1 ? "one fsync, ms" : $"{fsyncs} fsyncs, one after the other, ms";

    public override string? Durability => "SQLite, WAL, synchronous=FULL";

    /// <summary>Accepted, and each of three steps: four commits that wait for one another.</summary>
    public static WorkflowLatency ThreeSteps() => new(
        "workflow-latency", "How long does a workflow run of three steps take, start to result?", BenchWorkflows.Chain3, 1, 4, 300, 4);

    public static WorkflowLatency FanOut() => new(
        "workflow-fan-out-1000", "How long do 1 000 items and the join of all of them take, start to result?", BenchWorkflows.FanOut, 1_000, 1_000, 5, 1);

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        await _silo.StartAsync(cancellationToken);
        await _silo.AddWorkerAsync(typeof(WorkflowLatency).Assembly.Location, BenchWorkflows.Argument, Slots, cancellationToken);

        await WarmUp.UntilSteadyAsync(RunAsync, _clock, cancellationToken);
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var latencies = new double[runs];
        for (var index = 0; index < runs; index++)
        {
            var began = _clock.GetTimestamp();
            await RunAsync(cancellationToken);
            latencies[index] = _clock.GetElapsedTime(began).TotalMilliseconds;
        }

        double[] sorted = [.. latencies.Order()];
        return new Sample(sorted[sorted.Length / 2], latencies);
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) => Task.FromResult(fsyncs * 1000 / RawFsync.PerSecond(_silo.Folder, _clock));

    public override async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        await base.DisposeAsync();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var run = await _silo.Client.Workflows.StartAsync(workflow, NoContext.Empty, input, cancellationToken: cancellationToken);
        var output = await run.ResultAsync(cancellationToken);
        if (output != expected)
        {
            throw new InvalidOperationException($"Run {run.Id} returned {output} instead of {expected}.");
        }
    }
}
