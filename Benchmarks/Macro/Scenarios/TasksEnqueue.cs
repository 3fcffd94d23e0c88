using System.Diagnostics;
using System.Globalization;
using OrleansFlow.Tasks;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>Enqueue calls with one task each by many callers, each task on disk before its call returns. Nobody runs them.</summary>
/// <param name="store">One of <see cref="StorageWrites.Stores"/>.</param>
/// <param name="isShared">Calls of one client that are made at the same time share requests; else each is a request of its own, as of 64 clients.</param>
internal sealed class TasksEnqueue(string store, bool isShared) : StoredTasks(store)
{
    /// <summary>Rounds before the first that counts, beside the runner's own: the compiler rewrites the path for that long.</summary>
    private const int WarmUps = 12;

    private const int Callers = 64;
    private const int CallsEach = 400;
    private int _round;

    public override string Name => isShared ? "tasks-enqueue" : "tasks-enqueue-calls";

    public override string Question => $"How many durable enqueue calls a second, {Callers} callers with one task a call, {(isShared ? "by one client" : "each call a request")}? --store {string.Join('|', StorageWrites.Stores)}";

    public override string Unit => "calls/s";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        await StartSiloAsync(_ => { }, cancellationToken);
        for (var round = 0; round < WarmUps; round++)
        {
            await MeasureAsync(cancellationToken);
        }
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var round = _round++;
        var latencies = new double[Callers * CallsEach];
        using var process = Process.GetCurrentProcess();
        var cpuBefore = process.TotalProcessorTime;
        var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        var began = Clock.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => CallAsync(round, caller, latencies.AsMemory(caller * CallsEach, CallsEach), cancellationToken)));
        var elapsed = Clock.GetElapsedTime(began);
        process.Refresh();
        return new Sample(
            latencies.Length / elapsed.TotalSeconds,
            latencies,
            AllocatedBytesPerOperation: (double)(GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore) / latencies.Length,
            CpuMicrosPerOperation: (process.TotalProcessorTime - cpuBefore).TotalMicroseconds / latencies.Length);
    }

    private async Task CallAsync(int round, int caller, Memory<double> latenciesMs, CancellationToken cancellationToken)
    {
        var task = new TaskSubmission { Role = "bench.unserved" };
        for (var call = 0; call < latenciesMs.Length; call++)
        {
            var id = TaskId.Standalone(string.Create(CultureInfo.InvariantCulture, $"e{round}-{caller}-{call}"));
            var began = Clock.GetTimestamp();
            if (isShared)
            {
                await Silo.Client.SubmitTaskAsync(task, id, allowUnknownRoles: true, cancellationToken);
            }
            else
            {
                await Silo.Client.SubmitTasksAsync([(id, task)], allowUnknownRoles: true, cancellationToken);
            }

            latenciesMs.Span[call] = Clock.GetElapsedTime(began).TotalMilliseconds;
        }
    }
}
