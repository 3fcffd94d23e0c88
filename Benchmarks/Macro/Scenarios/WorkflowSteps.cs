using System.Diagnostics;
using OrleansFlow.Client.Workflows;
using OrleansFlow.Workflows.Contexts;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>Runs of five sequential steps through one worker process, each step's result on disk before the next one starts, from start to result.</summary>
/// <param name="store">One of <see cref="StorageWrites.Stores"/>.</param>
internal sealed class WorkflowSteps(string store) : StoredTasks(store)
{
    private const int Runs = 2_000;
    private const int Steps = 5;
    private const int Slots = 2_000;

    /// <summary>Rounds before the first that counts: the compiler rewrites the path for hundreds of thousands of steps.</summary>
    private const int WarmUps = 30;

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
        using var process = Process.GetCurrentProcess();
        var (cpuBefore, peerBefore) = (process.TotalProcessorTime, Silo.WorkersCpu);
        var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        var began = Clock.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Runs).Select(run => RunAsync(round, run, cancellationToken)));
        var elapsed = Clock.GetElapsedTime(began);
        process.Refresh();
        return new Sample(
            Runs * Steps / elapsed.TotalSeconds,
            AllocatedBytesPerOperation: (double)(GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore) / (Runs * Steps),
            CpuMicrosPerOperation: (process.TotalProcessorTime - cpuBefore).TotalMicroseconds / (Runs * Steps),
            PeerCpuMicrosPerOperation: (Silo.WorkersCpu - peerBefore).TotalMicroseconds / (Runs * Steps));
    }

    private async Task RunAsync(int round, int run, CancellationToken cancellationToken)
    {
        var handle = await Silo.Client.Workflows.StartAsync(
            BenchWorkflows.Chain5, NoContext.Empty, run, new WorkflowStartOptions { RunId = new($"w{round}-{run}") }, cancellationToken);
        var output = await handle.ResultAsync(cancellationToken);
        if (output != run + Steps)
        {
            throw new InvalidOperationException($"Run {handle.Id} returned {output} instead of {run + Steps}.");
        }
    }
}
