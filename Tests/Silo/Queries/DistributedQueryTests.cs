using OrleansFlow.Errors;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: queries over workers answer what one engine answers, survive lost workers, and leave nothing behind.</summary>
public sealed class DistributedQueryTests
{
    private const int Watchdog = 120_000;
    private const string Grouped = "select key, count(*) as n, sum(value) as total from facts group by key order by key";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog)]
    public async Task Queries_OverTwoWorkers_AnswerAsOneEngine()
    {
        await using var cluster = await QueryCluster.StartAsync();

        foreach (var sql in QueryCluster.Queries)
        {
            var before = cluster.Workers.Sum(worker => worker.Plans.Count);
            Assert.Equal(await cluster.AloneAsync(sql), await QueryCluster.AskAsync(cluster.Silo.Client.Query(sql)));
            Assert.True(cluster.Workers.Sum(worker => worker.Plans.Count) > before, $"ran on no worker: {sql}");
        }

        Assert.All(cluster.Workers, worker => Assert.NotEmpty(worker.Plans));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(true, 1)]
    [InlineData(false, 3)]
    public async Task Queries_OverTheProductsWorkers_AnswerAsOneEngine(bool keepsRows, int tasksPerWorker)
    {
        await using var cluster = await QueryCluster.StartRealAsync(options => (options.KeepsRows, options.TasksPerWorker) = (keepsRows, tasksPerWorker));

        foreach (var sql in QueryCluster.Queries)
        {
            Assert.Equal(await cluster.AloneAsync(sql), await QueryCluster.AskAsync(cluster.Silo.Client.Query(sql)));
        }

        Assert.Equal(QueryCluster.Queries.Count, cluster.Starts.Count);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Query_ThatIsWrong_FailsAsTheLocalEngineSays()
    {
        await using var cluster = await QueryCluster.StartAsync();

        var failure = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query("select no_such_column from facts")));

        Assert.Equal(FlowErrorCode.EngineError, failure.Code);
        Assert.Contains("no_such_column", failure.Message, StringComparison.Ordinal);
        Assert.All(cluster.Workers, worker => Assert.Empty(worker.Plans));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Worker_ThatIsKilledBeforeRowsAreDelivered_CostsNoRow(bool keepsRows)
    {
        await using var cluster = await QueryCluster.StartAsync(options => options.KeepsRows = keepsRows);
        var victim = cluster.Workers[1];
        victim.BeforeRunAsync = async (_, _) =>
        {
            await victim.KillAsync();
            throw new FlowException(FlowErrorCode.WorkerLost, "killed");
        };

        Assert.Equal(await cluster.AloneAsync(Grouped), await QueryCluster.AskAsync(cluster.Silo.Client.Query(Grouped)));

        Assert.NotEmpty(victim.Plans);
        Assert.Contains(cluster.Workers[0].Plans, plan => plan.Key.Attempt > 1);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Worker_ThatHangs_IsTakenForLost_AndDropsItsTasksWhenItSpeaksAgain()
    {
        await using var cluster = await QueryCluster.StartAsync(options => options.WorkerSilenceMax = TimeSpan.FromSeconds(3));
        var (victim, other) = (cluster.Workers[1], cluster.Workers[0]);
        var (speaksAgain, isDropped) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), victim.WhenCancelled);
        victim.IsSilent = true;
        victim.BeforeRunAsync = (plan, _) => plan.Inputs.Count == 0 ? speaksAgain.Task : Task.CompletedTask;

        // What took over goes on only when the one that hung has heard that its tasks are not wanted.
        other.BeforeRunAsync = (plan, token) =>
        {
            if (plan.Key.Attempt > 1)
            {
                victim.IsSilent = false;
                speaksAgain.TrySetResult();
            }

            return plan.Key.Attempt > 1 ? isDropped.WaitAsync(token) : Task.CompletedTask;
        };

        Assert.Equal(await cluster.AloneAsync(Grouped), await QueryCluster.AskAsync(cluster.Silo.Client.Query(Grouped)));

        Assert.Contains(other.Plans, plan => plan.Key.Attempt > 1);
        Assert.NotEmpty(victim.Plans);
    }

    [Fact(Timeout = Watchdog)]
    public async Task LostWorker_WhereTasksMayRunOnce_FailsTheQuery()
    {
        await using var cluster = await QueryCluster.StartAsync(options => options.AttemptsMax = 1);
        var victim = cluster.Workers[1];
        victim.BeforeRunAsync = async (_, _) =>
        {
            await victim.KillAsync();
            throw new FlowException(FlowErrorCode.WorkerLost, "killed");
        };

        var failure = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query(Grouped)));

        Assert.Equal(FlowErrorCode.WorkerLost, failure.Code);
        await cluster.Workers[0].WhenCancelled.WaitAsync(Token);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Task_ThatFails_EndsTheQueryAtEveryWorker()
    {
        await using var cluster = await QueryCluster.StartAsync();
        cluster.Workers[0].BeforeRunAsync = (plan, _) => plan.Scans.Count > 0 ? throw new FlowException(FlowErrorCode.EngineError, "page 7 is torn") : Task.CompletedTask;

        var failure = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query(Grouped)));

        Assert.Equal(FlowErrorCode.EngineError, failure.Code);
        Assert.Contains("page 7 is torn", failure.Message, StringComparison.Ordinal);
        await Task.WhenAll(cluster.Workers.Select(worker => worker.WhenCancelled)).WaitAsync(Token);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Query_ThatIsCancelled_EndsAtEveryWorker()
    {
        await using var cluster = await QueryCluster.StartAsync();
        var isRunning = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (var worker in cluster.Workers)
        {
            worker.BeforeRunAsync = (_, token) =>
            {
                isRunning.TrySetResult();
                return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            };
        }

        var query = cluster.Silo.Client.Query(Grouped);
        var asking = QueryCluster.AskAsync(query);
        await isRunning.Task.WaitAsync(Token);
        await query.CancelAsync(Token);

        Assert.Equal(FlowErrorCode.Cancelled, (await Assert.ThrowsAsync<FlowException>(() => asking)).Code);
        await Task.WhenAll(cluster.Workers.Select(worker => worker.WhenCancelled)).WaitAsync(Token);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Reader_ThatGoesAway_EndsTheQueryAtEveryWorker()
    {
        await using var cluster = await QueryCluster.StartAsync();
        var isLeft = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Workers[1].BeforeRunAsync = (plan, token) => plan.Inputs.Count == 0 ? isLeft.Task.WaitAsync(token) : Task.CompletedTask;

        // One of the two parts is there; the other one comes only when nobody wants it any more.
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var reading = cluster.Silo.Client.Query("select id, name from facts").GetAsyncEnumerator(leaving.Token);
        var first = reading.MoveNextAsync().AsTask();
        while (cluster.Workers.Any(worker => worker.Plans.IsEmpty))
        {
            await Task.Yield();
        }

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await reading.DisposeAsync();
        await Task.WhenAll(cluster.Workers.Select(worker => worker.WhenCancelled)).WaitAsync(Token);
        isLeft.SetResult();
    }

    [Fact(Timeout = Watchdog)]
    public async Task Query_ThatHasEnded_IsDroppedByEveryWorker()
    {
        await using var cluster = await QueryCluster.StartAsync();

        await QueryCluster.AskAsync(cluster.Silo.Client.Query(Grouped));

        await Task.WhenAll(cluster.Workers.Select(worker => worker.WhenCancelled)).WaitAsync(Token);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Headers_OfAQuery_ReachEveryTask()
    {
        await using var cluster = await QueryCluster.StartAsync();

        await QueryCluster.AskAsync(cluster.Silo.Client.Query(Grouped, new Dictionary<string, string> { ["Team"] = "blue" }));

        Assert.All(cluster.Workers.SelectMany(worker => worker.Plans), plan => Assert.Equal("blue", plan.Headers["team"]));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Query_WithoutWorkers_RunsInTheGateway()
    {
        await using var cluster = await QueryCluster.StartAsync(workerCount: 0);

        Assert.Equal(await cluster.AloneAsync(Grouped), await QueryCluster.AskAsync(cluster.Silo.Client.Query(Grouped)));
    }

    [Fact]
    public void PartsOfATable_HaveEachRowOnce()
    {
        DatasetFile[] files = [new("t/a.arrow", 10, 1), new("t/b.arrow", 0, 1), new("t/c.arrow", 3, 1), new("t/d.arrow", 1_000_003, 1)];
        for (var count = 1; count < 40; count++)
        {
            var rows = Enumerable.Range(0, count).SelectMany(part => DatasetTable.Cut(files, part, count)).ToList();

            foreach (var file in files)
            {
                var next = 0L;
                foreach (var (_, first, length) in rows.Where(row => row.File == file.Name))
                {
                    Assert.Equal((next, true), (first, length > 0));
                    next += length;
                }

                Assert.Equal(file.Rows, next);
            }
        }
    }

    [Theory]
    [InlineData("_tables/t/../0-1/all")]
    [InlineData("_tables/../secret/0-1/all")]
    [InlineData("_tables/t/f.arrow/0/all")]
    [InlineData("_tables/t/f.arrow")]
    public void Ticket_ThatNamesNoRowsOfATable_IsRefused(string subject) =>
        Assert.Equal(FlowErrorCode.BadInput, Assert.Throws<FlowException>(() => TableFlights.Open(Path.GetTempPath(), subject)).Code);
}
