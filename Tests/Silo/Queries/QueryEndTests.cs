using OrleansFlow.Errors;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: however a query ends, no task of it runs on, no row of it stays in memory and no file of it on disk.</summary>
public sealed class QueryEndTests
{
    private const int Watchdog = 120_000;

    // Makes hundreds of millions of rows if it is let.
    private const string Endless = "select a.id, b.id as other, a.value from facts a join facts b on a.name = b.name where a.value + b.value <> 7";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog)]
    public async Task Query_ThatIsCancelled_LeavesNothing()
    {
        await using var cluster = await SpillingAsync();
        var query = cluster.Silo.Client.Query(Endless);
        var asking = QueryCluster.AskAsync(query);
        await AreSpillingAsync(cluster);

        await query.CancelAsync(Token);

        Assert.Equal(FlowErrorCode.Cancelled, (await Assert.ThrowsAsync<FlowException>(() => asking)).Code);
        await AreCleanAsync(cluster);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Query_WhoseReaderIsGone_LeavesNothing()
    {
        await using var cluster = await SpillingAsync();
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var reading = cluster.Silo.Client.Query(Endless).GetAsyncEnumerator(leaving.Token);
        var first = reading.MoveNextAsync().AsTask();
        await AreSpillingAsync(cluster);

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await reading.DisposeAsync();
        await AreCleanAsync(cluster);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Query_WhoseTimeIsOver_LeavesNothing()
    {
        await using var cluster = await SpillingAsync(TimeSpan.FromSeconds(5));

        var failure = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query(Endless)));

        Assert.Equal(FlowErrorCode.DeadlineExceeded, failure.Code);
        await AreCleanAsync(cluster);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Query_ThatHasItsFirstRows_LeavesNothing(bool keepsRows)
    {
        await using var cluster = await QueryCluster.StartRealAsync(options => options.KeepsRows = keepsRows);

        var rows = await QueryCluster.AskAsync(cluster.Silo.Client.Query(Endless + " limit 5"));

        Assert.Equal(6, rows.Count);
        Assert.Equal(1, cluster.Starts.Count);
        await AreCleanAsync(cluster);
    }

    private static Task<QueryCluster> SpillingAsync(TimeSpan? timeLimit = null) => QueryCluster.StartRealAsync(
        options => options.KeepsRows = true, worker: options => options.MaterializedMemoryBytes = 64 << 10, timeLimit: timeLimit);

    /// <summary>Waits until rows of the query are on disk.</summary>
    private static async Task AreSpillingAsync(QueryCluster cluster)
    {
        while (!cluster.Real.Any(worker => Files(worker) > 0))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
        }

        Assert.Contains(cluster.Real, worker => worker.Queries.Tasks.RunningCount > 0);
    }

    private static async Task AreCleanAsync(QueryCluster cluster)
    {
        while (cluster.Real.Any(worker => worker.Queries.Tasks.TaskCount > 0 || worker.Queries.Tasks.RunningCount > 0 || worker.Queries.Outputs.Memory.Bytes > 0 || Files(worker) > 0))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
        }
    }

    private static int Files(RemoteWorker worker) =>
        worker.Queries.Outputs.Folder.Path is { } folder && Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.arrow").Count() : 0;
}
