using OrleansFlow.Errors;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>
/// Goal: a query that needs more memory than the workers' engines may have goes on on disk and answers right; one that needs more disk, too, fails with its code. One and
/// the same query, so that only the limits make the difference: its groups take several times the memory, and many times the disk of the second test.
/// </summary>
public sealed class QueryMemoryTests
{
    private const int Watchdog = 240_000;
    private const long MemoryBytes = 64L << 20;

    // Millions of groups, half of them at each worker.
    private const string Large = "select count(*) as n, sum(c) as total, max(k) as most from (select a.id * 100 + b.key as k, count(*) as c from facts a, (select key from dims where key < 80) b group by all)";
    private const string Small = "select count(*) as n from facts";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog)]
    public async Task Query_AboveTheMemory_GoesOnOnDisk_AnswersRight_AndLeavesNothing()
    {
        await using var cluster = await StartAsync(spillBytesMax: null);

        Assert.Equal(["n", "60000"], await QueryCluster.AskAsync(cluster.Silo.Client.Query(Small)));
        Assert.DoesNotContain(cluster.Real, HasSpilled);
        Assert.Equal(await cluster.AloneAsync(Large), await QueryCluster.AskAsync(cluster.Silo.Client.Query(Large)));

        Assert.Equal(2, cluster.Starts.Count);
        Assert.Contains(cluster.Real, HasSpilled);
        await AreCleanAsync(cluster);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Query_AboveMemoryAndDisk_FailsWithTheLimitsAndTheirKeys_AndLeavesNothing()
    {
        await using var cluster = await StartAsync(spillBytesMax: 4L << 20);

        var failure = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query(Large)));

        Assert.Equal(FlowErrorCode.LimitExceeded, failure.Code);
        Assert.Contains("OrleansFlow:Worker:Queries:EngineSpillBytesMax", failure.Message, StringComparison.Ordinal);
        Assert.Contains("OrleansFlow:Worker:Queries:EngineMemoryBytes", failure.Message, StringComparison.Ordinal);
        Assert.Contains("4.0 MiB", failure.Message, StringComparison.Ordinal);
        Assert.Contains(cluster.Real, HasSpilled);
        await AreCleanAsync(cluster);
        Assert.Equal(["n", "60000"], await QueryCluster.AskAsync(cluster.Silo.Client.Query(Small)));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Query_AboveTheMemory_WhoseEngineMayNotUseTheDisk_FailsWithTheOption()
    {
        await using var cluster = await StartAsync(spillBytesMax: 0);

        var failure = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query(Large)));

        Assert.Equal(FlowErrorCode.LimitExceeded, failure.Code);
        Assert.Contains("OrleansFlow:Worker:Queries:EngineSpillBytesMax", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(cluster.Real, HasSpilled);
        await AreCleanAsync(cluster);
        Assert.Equal(["n", "60000"], await QueryCluster.AskAsync(cluster.Silo.Client.Query(Small)));
    }

    private static Task<QueryCluster> StartAsync(long? spillBytesMax) => QueryCluster.StartRealAsync(
        worker: options => (options.EngineMemoryBytes, options.EngineSpillBytesMax, options.EngineThreads) = (MemoryBytes, spillBytesMax, 1));

    /// <summary>Whether the engine has written: it makes its folder when it does so for the first time, and removes it when it is closed.</summary>
    private static bool HasSpilled(RemoteWorker worker) => worker.Queries.Outputs.Folder.Path is { } folder && Directory.Exists(Path.Combine(folder, "engine"));

    /// <summary>No task, no row in memory, no file on disk; the folder itself and its lock stay while the worker lives.</summary>
    private static async Task AreCleanAsync(QueryCluster cluster)
    {
        while (cluster.Real.Any(worker => worker.Queries.Tasks.TaskCount > 0 || worker.Queries.Outputs.Memory.Bytes > 0 || worker.Queries.Engines.SessionCount > 0 || Files(worker).Any()))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
        }
    }

    private static IEnumerable<string> Files(RemoteWorker worker) =>
        worker.Queries.Outputs.Folder.Path is { } folder && Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "lock") : [];
}
