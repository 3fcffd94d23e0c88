using OrleansFlow.Errors;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: tables are made and added to by the workers that compute their rows, at once and whole, or not at all.</summary>
public sealed class TableWriteTests
{
    private const int Watchdog = 120_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = Watchdog)]
    [InlineData("select id, key, value, name from facts where id % 3 > 0")]
    [InlineData("select key, count(*) as n, sum(value)::bigint as total, avg(value) as mean from facts group by key")]
    [InlineData("select label, id, case when id % 7 = 0 then null else id::decimal(12, 3) end as amount, date '2024-01-01' + id::int as day from facts join dims using (key)")]
    [InlineData("select id from facts order by id desc limit 17")]
    public async Task CreateTableAs_OnTheWorkers_HasTheRowsOfDuckDbAlone(string query)
    {
        await using var cluster = await QueryCluster.StartRealAsync();
        var alone = await cluster.AloneAsync(query);

        Assert.Equal(alone.Count - 1, await cluster.Silo.Client.UpdateAsync($"create table made as {query}", Token));
        Assert.Equal(1, cluster.Starts.Count);

        Assert.Equal(Sorted(alone), Sorted(await QueryCluster.AskAsync(cluster.Silo.Client.Query("select * from made"))));
        await cluster.AloneAsync($"create table made as {query}");
        Assert.Equal(
            await cluster.AloneAsync("select column_name, column_type from (describe made)"),
            await QueryCluster.AskAsync(cluster.Silo.Client.Query("select column_name, column_type from (describe made)")));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData("insert into kept select id, key, name from facts")]
    [InlineData("insert into kept (name, id) select name, id from facts where id > 100")]
    [InlineData("insert into kept (select key, sum(value), max(name) from facts group by key)")]
    [InlineData("insert into kept with large as (select * from facts where value > 500) select id, value, label from large join dims using (key)")]
    [InlineData("insert into kept select id, key, name from facts where id < 0")]
    public async Task Insert_OnTheWorkers_AddsTheRowsOfDuckDbAlone(string insert)
    {
        await using var cluster = await QueryCluster.StartRealAsync();
        const string create = "create table kept as select -1::bigint as id, 7::bigint as key, 'first' as name";
        await cluster.Silo.Client.UpdateAsync(create, Token);
        foreach (var statement in (string[])[create, insert])
        {
            await cluster.AloneAsync(statement);
        }

        var alone = await cluster.AloneAsync("select * from kept");
        Assert.Equal(alone.Count - 2, await cluster.Silo.Client.UpdateAsync(insert, Token));

        Assert.Equal(1, cluster.Starts.Count);
        Assert.Equal(Sorted(alone), Sorted(await QueryCluster.AskAsync(cluster.Silo.Client.Query("select * from kept"))));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Insert_IntoTheTableThatItReads_AddsTheRowsFromBefore()
    {
        await using var cluster = await QueryCluster.StartRealAsync();

        Assert.Equal(60_000, await cluster.Silo.Client.UpdateAsync("insert into facts select id + 60000, key, value, name from facts", Token));
        Assert.Equal(1, cluster.Starts.Count);

        Assert.Equal(["n,ids", "120000,120000"], await QueryCluster.AskAsync(cluster.Silo.Client.Query("select count(*) as n, count(distinct id) as ids from facts")));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Table_ThatIsReplaced_IsReadAsItWasUntilThen()
    {
        await using var cluster = await QueryCluster.StartRealAsync();

        Assert.Equal(30_000, await cluster.Silo.Client.UpdateAsync("create or replace table facts as select id, name from facts where id % 2 = 0", Token));
        Assert.Equal(0, await cluster.Silo.Client.UpdateAsync("create table if not exists facts as select 1 as n", Token));

        Assert.Equal(["id", "name"], (await QueryCluster.AskAsync(cluster.Silo.Client.Query("select * from facts limit 1")))[0].Split(','));
        Assert.Equal(["n", "30000"], await QueryCluster.AskAsync(cluster.Silo.Client.Query("select count(*) as n from facts")));
        Assert.Equal(FlowErrorCode.AlreadyExists, (await RefusedAsync(cluster, "create table facts as select id from facts")).Code);
    }

    [Theory(Timeout = Watchdog)]
    [InlineData("create table t as select error('torn at ' || id) as e from facts where id = 59999", "torn at 59999")]
    [InlineData("create table t as select nothing from facts", "nothing")]
    [InlineData("insert into dims select id from facts", "dims")]
    [InlineData("insert into dims select name, name from facts", "Could not convert")]
    [InlineData("insert into nothing select id from facts", "nothing")]
    [InlineData("insert into dims (key, odd) select id, name from facts", "odd")]
    public async Task Write_ThatFails_LeavesNothing(string sql, string part)
    {
        await using var cluster = await QueryCluster.StartRealAsync();
        var before = Files(cluster);

        var failure = await RefusedAsync(cluster, sql);

        Assert.Equal(FlowErrorCode.EngineError, failure.Code);
        Assert.Contains(part, failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, Files(cluster));
        Assert.Equal(["n", "90"], await QueryCluster.AskAsync(cluster.Silo.Client.Query("select count(*) as n from dims")));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Task_ThatRunsAgainAfterItsWorkerWasLost_AddsNoRowTwice()
    {
        await using var cluster = await QueryCluster.StartAsync();
        var victim = cluster.Workers[1];
        victim.AfterRunAsync = async plan =>
        {
            if (plan.Sink is not null)
            {
                await victim.KillAsync();
                throw new FlowException(FlowErrorCode.WorkerLost, "killed");
            }
        };

        Assert.Equal(60_000, await cluster.Silo.Client.UpdateAsync("create table made as select id from facts", Token));

        Assert.Contains(cluster.Workers[0].Plans, plan => plan.Key.Attempt > 1);
        Assert.Equal(["n,ids", "60000,60000"], await QueryCluster.AskAsync(cluster.Silo.Client.Query("select count(*) as n, count(distinct id) as ids from made")));
    }

    private static List<string> Sorted(List<string> rows) => [rows[0], .. rows.Skip(1).Order(StringComparer.Ordinal)];

    private static Task<FlowException> RefusedAsync(QueryCluster cluster, string sql) => Assert.ThrowsAsync<FlowException>(() => cluster.Silo.Client.UpdateAsync(sql, Token));

    private static List<string> Files(QueryCluster cluster) =>
        [.. Directory.EnumerateFiles(Path.Combine(cluster.Silo.DataFolder, "artifacts", "_tables"), "*", SearchOption.AllDirectories).Order()];
}
