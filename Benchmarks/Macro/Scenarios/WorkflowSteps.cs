using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>Runs of five sequential steps through one worker process, each step's result on disk before the next one starts, from start to result.</summary>
/// <param name="store">One of <see cref="StorageWrites.Stores"/>.</param>
internal sealed class WorkflowSteps(string store) : StoredTasks(store)
{
    private const int Runs = 2_000;
    private const int Steps = 5;
    private const int Slots = 2_000;

    /// <summary>Rounds before the first that counts: the compiler rewrites the path for hundreds of thousands of steps.</summary>
    private const int WarmUps = 12;

    private int _round;

    public override string Name => "workflow-steps";

    public override string Question => $"How many durable steps a second, {Runs} runs of {Steps} sequential steps, one worker process? --store {string.Join('|', StorageWrites.Stores)}";

    public override string Unit => "steps/s";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        await StartSiloAsync(static _ => { }, cancellationToken);
        await Silo.AddWorkerAsync(typeof(WorkflowSteps).Assembly.Location, BenchWorkflows.Argument, Slots, cancellationToken);
        for (var round = 0; round < WarmUps; round++)
        {
            await MeasureAsync(cancellationToken);
        }
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var round = _round++;
        var grains = Silo.Silo.Services.GetRequiredService<IGrainFactory>();
        using var process = Process.GetCurrentProcess();
        var (cpuBefore, peerBefore) = (process.TotalProcessorTime, Silo.WorkersCpu);
        var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        var began = Clock.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Runs).Select(run => RunAsync(grains.GetGrain<IWorkflowRunGrain>($"w{round}-{run}"), run, cancellationToken)));
        var elapsed = Clock.GetElapsedTime(began);
        process.Refresh();
        return new Sample(
            Runs * Steps / elapsed.TotalSeconds,
            AllocatedBytesPerOperation: (double)(GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore) / (Runs * Steps),
            CpuMicrosPerOperation: (process.TotalProcessorTime - cpuBefore).TotalMicroseconds / (Runs * Steps),
            PeerCpuMicrosPerOperation: (Silo.WorkersCpu - peerBefore).TotalMicroseconds / (Runs * Steps));
    }

    private static async Task RunAsync(IWorkflowRunGrain run, int input, CancellationToken cancellationToken)
    {
        await run.StartAsync(
            new WorkflowStart
            {
                Workflow = BenchWorkflows.Chain5.Compiled.Name,
                Version = 1,
                Input = new Payload(JsonSerializer.SerializeToUtf8Bytes(input)),
            },
            cancellationToken);
        await foreach (var ended in run.WatchEndAsync(cancellationToken))
        {
            if (ended.Status != WorkflowRunStatus.Completed || ended.Output.ToString() != (input + Steps).ToString(System.Globalization.CultureInfo.InvariantCulture))
            {
                throw new InvalidOperationException($"Run {ended.RunId} ended as {ended.Status} with {ended.Output}: {ended.Failure}");
            }
        }
    }
}
