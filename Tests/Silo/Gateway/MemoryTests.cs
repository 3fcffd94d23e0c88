using OrleansFlow.Tasks;
using OrleansFlow.Tests.Silo.Support;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>Goal: what a finished task leaves in memory is nothing. Method: live bytes after a full collection at two points of one run.</summary>
public sealed class MemoryTests
{
    private const int WatchdogMs = 300_000;
    private const int PerCall = 1_000;
    private const int First = 20_000;
    private const int All = 100_000;

    /// <summary>About 100 bytes a task would be 8 MB; half of that is noise of pools and tables that have grown to their size.</summary>
    private const long GrowthMaxBytes = 4_000_000;

    [Fact(Timeout = WatchdogMs)]
    public async Task Silo_After100000Tasks_HoldsNoMoreThanAfter20000()
    {
        await using var silo = await RunningSilo.StartAsync(options =>
        {
            options.WorkerSlots = 256;
            options.ConfigureWorker = worker => worker.AddHandler<NoOpHandler>("noop");
        });
        await RunAsync(silo, 0, First);
        var early = LiveBytes();

        await RunAsync(silo, First, All);

        var growthBytes = LiveBytes() - early;
        Assert.True(growthBytes < GrowthMaxBytes, $"{growthBytes} bytes more are alive after {All} tasks than after {First}.");
    }

    private static async Task RunAsync(RunningSilo silo, int from, int to)
    {
        for (var first = from; first < to; first += PerCall)
        {
            var ids = await silo.Client.SubmitTasksAsync(
                [.. Enumerable.Range(first, PerCall).Select(index => (TaskId.Standalone($"t{index}"), new TaskSubmission { Role = "noop" }))],
                allowUnknownRoles: true,
                TestContext.Current.CancellationToken);
            await foreach (var ended in silo.Client.WatchTasksAsync(ids, TestContext.Current.CancellationToken))
            {
                Assert.Equal(FlowTaskStatus.Completed, ended.Status);
            }
        }
    }

    private static long LiveBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private sealed class NoOpHandler : RoleHandler
    {
        public override IAsyncEnumerable<InputBatch> ReadBatchesAsync(RunContext context, CancellationToken cancellationToken) =>
            AsyncEnumerable.Empty<InputBatch>();

        public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken) =>
            ValueTask.FromResult(BatchOutcome.None);
    }
}
