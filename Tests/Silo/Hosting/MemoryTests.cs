using OrleansFlow.Tasks;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Hosting;

/// <summary>What a silo holds must not grow with the number of tasks that have ended. Alone, because it measures the memory of the process.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
[Collection(nameof(MemoryTests))]
public sealed class MemoryTests
{
    private const int TasksPerCall = 1_000;
    private const int CallsAtOnce = 4;
    private const int EarlyCount = 20_000;
    private const int LateCount = 100_000;

    /// <summary>50 bytes for each further task: less than the smallest thing that could be kept for it.</summary>
    private const long GrowthMax = (LateCount - EarlyCount) * 50L;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task Silo_After100000Tasks_HoldsNoMoreMemoryThanAfter20000()
    {
        await using var silo = await RunningSilo.StartAsync(options => options.WorkerSlots = 256);

        await RunAsync(silo, 0, EarlyCount);
        var early = await SettledBytesAsync();
        await RunAsync(silo, EarlyCount, LateCount);
        var late = await SettledBytesAsync();

        Assert.True(late - early < GrowthMax, $"The heap grew from {early:N0} to {late:N0} bytes; less than {GrowthMax:N0} more was expected.");
    }

    private static Task RunAsync(RunningSilo silo, int begin, int end) => Parallel.ForEachAsync(
        Enumerable.Range(begin / TasksPerCall, (end - begin) / TasksPerCall),
        new ParallelOptions { MaxDegreeOfParallelism = CallsAtOnce, CancellationToken = CancellationToken },
        async (call, token) =>
        {
            var tasks = Enumerable.Range(call * TasksPerCall, TasksPerCall)
                .Select(number => (TaskId.Standalone($"memory-{number}"), new TaskSubmission { Role = "echo", PayloadJson = "1" }))
                .ToArray();
            var ids = await silo.Client.SubmitTasksAsync(tasks, cancellationToken: token);
            var endedCount = 0;
            await foreach (var view in silo.Client.WatchTasksAsync(ids, token))
            {
                Assert.Equal(FlowTaskStatus.Completed, view.Status);
                endedCount++;
            }

            Assert.Equal(TasksPerCall, endedCount);
        });

    /// <summary>The heap once it does not shrink any more: activations leave a moment after their task ended.</summary>
    private static async Task<long> SettledBytesAsync()
    {
        const int SteadyLooks = 3;
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        var least = GC.GetTotalMemory(forceFullCollection: true);
        for (var steadyCount = 0; steadyCount < SteadyLooks && await looks.WaitForNextTickAsync(CancellationToken);)
        {
            var bytes = GC.GetTotalMemory(forceFullCollection: true);
            steadyCount = bytes < least * 0.99 ? 0 : steadyCount + 1;
            least = Math.Min(least, bytes);
        }

        return least;
    }
}
