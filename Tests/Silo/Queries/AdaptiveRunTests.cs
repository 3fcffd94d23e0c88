using OrleansFlow.Errors;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: stages that are planned anew from what others wrote answer as one engine, run in fewer, other or divided tasks, and survive lost workers.</summary>
public sealed class AdaptiveRunTests
{
    private const int Watchdog = 120_000;
    private const string Grouped = "select key, count(*) as n, sum(value) as total from facts group by key order by key";
    private const string Skewed = """
        select a.id, a.text, b.label
        from (select id, case when id % 10 < 9 then 1 else id end as k, repeat(name, 5) as text from facts) a join (select id as k, name || id as label from facts) b using (k)
        order by a.id desc limit 20
        """;

    private const string SmallerThanThought = """
        select f.id, f.name, s.value from facts f join (select id, value from facts where name || value = 'name 3103') s on f.id = s.id order by f.id
        """;

    private static readonly Dictionary<string, string> AsPlanned = new() { ["orleansflow-adaptive"] = "false" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = Watchdog)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Queries_WhoseStagesArePlannedAnew_AnswerAsOneEngine(int tasksPerWorker)
    {
        await using var cluster = await QueryCluster.StartRealAsync(options => (options.Adaptive, options.TasksPerWorker) = (true, tasksPerWorker));
        List<string> queries = [.. QueryCluster.Queries, Skewed, SmallerThanThought];

        foreach (var sql in queries)
        {
            Assert.Equal(await cluster.AloneAsync(sql), await QueryCluster.AskAsync(cluster.Silo.Client.Query(sql)));
        }

        Assert.Equal(queries.Count, cluster.Starts.Count);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Stage_WhoseInputTurnsOutSmall_RunsInFewerTasks()
    {
        await using var cluster = await QueryCluster.StartRealAsync(options => (options.Adaptive, options.TasksPerWorker, options.BytesPerTask) = (true, 2, 128 << 10));

        Assert.Equal(await cluster.AloneAsync(Grouped), await QueryCluster.AskAsync(cluster.Silo.Client.Query(Grouped)));

        Assert.Contains(await ChangesAsync(cluster), change => change.Contains("to 1 tasks: it reads", StringComparison.Ordinal));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Key_WithFarMoreRowsThanOthers_IsReadByManyTasks()
    {
        await using var cluster = await QueryCluster.StartRealAsync(options => (options.Adaptive, options.TasksPerWorker, options.BytesPerTask) = (true, 2, 128 << 10));

        Assert.Equal(await cluster.AloneAsync(Skewed), await QueryCluster.AskAsync(cluster.Silo.Client.Query(Skewed)));

        Assert.Contains(await ChangesAsync(cluster), change => change.Contains("some keys have far more", StringComparison.Ordinal));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Side_ThatTurnsOutSmall_IsReadByEveryTask_AndTheOtherIsNotSent()
    {
        await using var cluster = await QueryCluster.StartRealAsync(options => (options.Adaptive, options.BroadcastBytesMax) = (true, 64 << 10));

        Assert.Equal(await cluster.AloneAsync(SmallerThanThought), await QueryCluster.AskAsync(cluster.Silo.Client.Query(SmallerThanThought)));

        Assert.Contains(await ChangesAsync(cluster), change => change.Contains("(Broadcast)", StringComparison.Ordinal));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Query_ThatAsksForIt_RunsAsPlanned()
    {
        await using var cluster = await QueryCluster.StartAsync(options => options.Adaptive = true);

        Assert.Equal(await cluster.AloneAsync(Grouped), await QueryCluster.AskAsync(cluster.Silo.Client.Query(Grouped, AsPlanned)));

        Assert.All(cluster.Workers.SelectMany(worker => worker.Plans), plan => Assert.All(plan.Outputs, output => Assert.False(output.IsMaterialized)));
        var failure = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query(Grouped, new Dictionary<string, string> { ["orleansflow-adaptive"] = "perhaps" })));
        Assert.Equal(FlowErrorCode.BadInput, failure.Code);
        Assert.Contains("perhaps", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Stage_ThatReadsKeptRows_BeginsWhenTheyAreWhole()
    {
        await using var cluster = await QueryCluster.StartAsync(options => options.Adaptive = true);
        var isLeft = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Workers[1].BeforeRunAsync = (plan, token) => plan.Inputs.Count == 0 ? isLeft.Task.WaitAsync(token) : Task.CompletedTask;
        var asking = QueryCluster.AskAsync(cluster.Silo.Client.Query(Grouped));
        while (cluster.Workers[1].Plans.IsEmpty)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
        }

        var before = cluster.Workers.SelectMany(worker => worker.Plans).Count(plan => plan.Inputs.Count > 0);
        isLeft.SetResult();

        Assert.Equal(await cluster.AloneAsync(Grouped), await asking);
        Assert.Equal(0, before);
        Assert.Contains(cluster.Workers.SelectMany(worker => worker.Plans), plan => plan.Inputs.Count > 0);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Worker_ThatIsKilledWhileStagesWait_CostsNoRow(bool inAScan)
    {
        await using var cluster = await QueryCluster.StartAsync(options => (options.Adaptive, options.TasksPerWorker) = (true, 2), workerCount: 3);
        var victim = cluster.Workers[1];
        victim.BeforeRunAsync = async (plan, _) =>
        {
            if (plan.Inputs.Count == 0 == inAScan)
            {
                await victim.KillAsync();
                throw new FlowException(FlowErrorCode.WorkerLost, "killed");
            }
        };

        Assert.Equal(await cluster.AloneAsync(Skewed), await QueryCluster.AskAsync(cluster.Silo.Client.Query(Skewed)));

        Assert.Contains(cluster.Workers.SelectMany(worker => worker.Plans), plan => plan.Key.Attempt > 1);
    }

    /// <summary>What the gateway says of changes when the query has ended; its end comes a moment after the last row.</summary>
    private static async Task<IReadOnlyCollection<string>> ChangesAsync(QueryCluster cluster)
    {
        while (cluster.Starts.Changes.IsEmpty)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
        }

        return cluster.Starts.Changes;
    }
}
