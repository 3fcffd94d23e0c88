using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: a task that hangs gets a copy elsewhere, its readers read one of the two, and without the option nothing of the kind happens.</summary>
public sealed class SpeculationRunTests
{
    private const int Watchdog = 120_000;
    private const string Grouped = "select key, count(*) as n, sum(value) as total from facts group by key order by key";

    [Theory(Timeout = Watchdog)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Task_ThatHangs_IsMadeByACopyAtAnotherWorker_AndIsStopped(bool keepsRows, bool adaptive)
    {
        await using var cluster = await StartAsync(keepsRows, adaptive);
        var slow = cluster.Workers[1];
        slow.BeforeRunAsync = (plan, token) => IsScan(plan) ? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token) : Task.CompletedTask;

        Assert.Equal(await cluster.AloneAsync(Grouped), await QueryCluster.AskAsync(cluster.Silo.Client.Query(Grouped)));

        var hung = Assert.Single(slow.Plans, IsScan).Key;
        Assert.Equal([hung], slow.Stopped);
        Assert.Contains(cluster.Workers[0].Plans, plan => plan.Key.Stage == hung.Stage && plan.Key.Task == hung.Task && plan.Key.Attempt == 2);

        // Whoever reads the task names the copy, the last that they were told.
        foreach (var reader in cluster.Workers.SelectMany(worker => worker.Plans).Where(plan => plan.Inputs.Count > 0).GroupBy(plan => (plan.Key.Stage, plan.Key.Task)))
        {
            var last = reader.MaxBy(plan => plan.Key.Attempt)!;
            Assert.DoesNotContain(last.Inputs.SelectMany(input => input.Sources), source => source.Range.Key.Equals(hung));
        }
    }

    [Fact(Timeout = Watchdog)]
    public async Task Task_ThatEndsBeforeItsCopy_CountsAndTheCopyIsStopped()
    {
        await using var cluster = await StartAsync(keepsRows: false, adaptive: true);
        var isCopied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Workers[1].BeforeRunAsync = (plan, token) => IsScan(plan) ? isCopied.Task.WaitAsync(token) : Task.CompletedTask;
        cluster.Workers[0].BeforeRunAsync = (plan, token) =>
        {
            if (plan.Key.Attempt == 1)
            {
                return Task.CompletedTask;
            }

            isCopied.TrySetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        };

        Assert.Equal(await cluster.AloneAsync(Grouped), await QueryCluster.AskAsync(cluster.Silo.Client.Query(Grouped)));

        Assert.Equal(2, Assert.Single(cluster.Workers[0].Stopped).Attempt);
        Assert.Empty(cluster.Workers[1].Stopped);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Worker_ThatIsLostWhileACopyRuns_LeavesTheTaskToTheCopy()
    {
        await using var cluster = await StartAsync(keepsRows: false, adaptive: true);
        var victim = cluster.Workers[1];
        victim.BeforeRunAsync = (plan, token) => IsScan(plan) ? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token) : Task.CompletedTask;
        cluster.Workers[0].BeforeRunAsync = (plan, _) => plan.Key.Attempt == 2 && IsScan(plan) ? victim.KillAsync() : Task.CompletedTask;

        Assert.Equal(await cluster.AloneAsync(Grouped), await QueryCluster.AskAsync(cluster.Silo.Client.Query(Grouped)));

        Assert.DoesNotContain(cluster.Workers[0].Plans, plan => IsScan(plan) && plan.Key.Attempt > 2);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task Task_ThatIsSlow_GetsNoCopy_WithoutTheOptionOrWhereRowsAreReadAsTheyAreMade(bool speculates, bool keepsRows)
    {
        await using var cluster = await QueryCluster.StartAsync(options =>
            (options.Speculates, options.KeepsRows, options.SpeculationAfter, options.CheckInterval) = (speculates, keepsRows, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(50)));
        cluster.Workers[1].BeforeRunAsync = (plan, token) => IsScan(plan) ? Task.Delay(TimeSpan.FromMilliseconds(600), TimeProvider.System, token) : Task.CompletedTask;

        Assert.Equal(await cluster.AloneAsync(Grouped), await QueryCluster.AskAsync(cluster.Silo.Client.Query(Grouped)));

        Assert.All(cluster.Workers.SelectMany(worker => worker.Plans), plan => Assert.Equal(1, plan.Key.Attempt));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Queries_WithCopiesOfTasks_AnswerAsOneEngine()
    {
        await using var cluster = await QueryCluster.StartRealAsync(options =>
        {
            (options.Speculates, options.KeepsRows, options.TasksPerWorker) = (true, true, 3);
            (options.SpeculationShare, options.SpeculationFactor, options.SpeculationAfter, options.CheckInterval) = (0.01, 1, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(50));
        });

        foreach (var sql in QueryCluster.Queries)
        {
            Assert.Equal(await cluster.AloneAsync(sql), await QueryCluster.AskAsync(cluster.Silo.Client.Query(sql)));
        }
    }

    private static bool IsScan(TaskPlan plan) => plan.Inputs.Count == 0;

    private static Task<QueryCluster> StartAsync(bool keepsRows, bool adaptive) => QueryCluster.StartAsync(options =>
    {
        (options.KeepsRows, options.Adaptive, options.Speculates) = (keepsRows, adaptive, true);
        (options.SpeculationAfter, options.CheckInterval) = (TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(50));
    });
}
