using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Client;
using OrleansFlow.Client.Queries;
using OrleansFlow.Errors;
using OrleansFlow.Queries;
using OrleansFlow.Silo.Security;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: a tenant sees its queries where they stand and ends them from anywhere, and takes its own turns only.</summary>
public sealed class QueryStatusTests
{
    private const int Watchdog = 120_000;
    private const string Grouped = "select key, count(*) as n from facts group by key order by key";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog)]
    public async Task Query_ThatIsWatched_TellsItsStagesToTheEnd()
    {
        await using var cluster = await QueryCluster.StartRealAsync(options => options.CheckInterval = TimeSpan.FromMilliseconds(50));
        var query = cluster.Silo.Client.Query(Grouped);
        var watching = ReadAsync(query.WatchAsync(Token));

        await QueryCluster.AskAsync(query);

        var last = (await watching)[^1];
        Assert.Equal((QueryStatus.Complete, await query.GetIdAsync(Token)), (last.State, last.QueryId));
        Assert.Equal([2, 2, 1], last.Stages.Select(stage => stage.Tasks));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Query_ThatRuns_IsListedWithItsStagesAndCancelledFromElsewhere()
    {
        await using var cluster = await QueryCluster.StartAsync(options => options.CheckInterval = TimeSpan.FromMilliseconds(50));
        Hold(cluster);
        var query = cluster.Silo.Client.Query(Grouped);
        var asking = QueryCluster.AskAsync(query);
        await using var other = FlowClient.Connect(cluster.Silo.Host.Endpoints.GrpcUrl, cluster.Silo.Host.Endpoints.Token);

        var found = await UntilAsync(other, one => one.State == QueryStatus.Running && one.Stages.Count == 3);
        var sql = await QueryCluster.AskAsync(other.Query("select q.query_id, q.state, q.sql, sum(s.task_count) as tasks from system.queries q join system.stages s using (query_id) group by all"));
        await other.CancelQueryAsync(found.QueryId, "enough", Token);
        var failure = await Assert.ThrowsAsync<FlowException>(() => asking);

        Assert.Equal(await query.GetIdAsync(Token), found.QueryId);
        Assert.Equal(Grouped, found.Sql);
        Assert.Equal([$"{found.QueryId},running,{Grouped},5"], sql.Skip(1));
        Assert.Equal(FlowErrorCode.Cancelled, failure.Code);
        Assert.Contains("enough", failure.Message, StringComparison.Ordinal);
        await Task.WhenAll(cluster.Workers.Select(worker => worker.WhenCancelled)).WaitAsync(Token);
        Assert.Equal(QueryStatus.Failed, (await ReadAsync(other.WatchQueryAsync(found.QueryId, Token)))[^1].State);
        Assert.Equal(FlowErrorCode.AlreadyEnded, (await Assert.ThrowsAsync<FlowException>(() => other.CancelQueryAsync(found.QueryId, "", Token))).Code);
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => other.CancelQueryAsync("none", "", Token))).Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Query_ThatWaits_TellsItsPlaceAndCanBeCancelled()
    {
        await using var cluster = await QueryCluster.StartAsync(options => (options.ConcurrentMax, options.CheckInterval) = (1, TimeSpan.FromMilliseconds(50)));
        Hold(cluster);
        var client = cluster.Silo.Client;
        var asking = new List<Task<List<string>>>();
        var queries = new List<FlowQuery>();
        for (var number = 0; number < 3; number++)
        {
            queries.Add(client.Query(Grouped));
            asking.Add(QueryCluster.AskAsync(queries[^1]));

            // Each has its place before the next one comes.
            var count = number + 1;
            while ((await ReadAsync(client.ListQueriesAsync(Token))).Count < count)
            {
                await Task.Yield();
            }
        }

        var third = await UntilAsync(client, one => one.Position == 2);
        Assert.Equal((await queries[2].GetIdAsync(Token), QueryStatus.Waiting), (third.QueryId, third.State));
        await client.CancelQueryAsync(third.QueryId, "", Token);
        Assert.Equal(FlowErrorCode.Cancelled, (await Assert.ThrowsAsync<FlowException>(() => asking[2])).Code);

        await client.CancelQueryAsync((await queries[0].GetIdAsync(Token))!, "", Token);
        await Assert.ThrowsAsync<FlowException>(() => asking[0]);
        var second = await UntilAsync(client, one => one.State == QueryStatus.Running);
        Assert.Equal(await queries[1].GetIdAsync(Token), second.QueryId);
        await client.CancelQueryAsync(second.QueryId, "", Token);
        await Assert.ThrowsAsync<FlowException>(() => asking[1]);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Tenants_TakeTheirOwnTurnsAndSeeTheirOwnQueries()
    {
        await using var cluster = await QueryCluster.StartAsync(
            options => (options.ConcurrentMax, options.TenantClaim, options.CheckInterval) = (1, "tenant", TimeSpan.FromMilliseconds(50)),
            silo: options => options.RequireToken = true);
        Hold(cluster);
        await using var ann = As(cluster, "user=ann,tenant=red");
        await using var bob = As(cluster, "user=bob,tenant=red");
        await using var eve = As(cluster, "user=eve,tenant=blue");
        var annAsks = QueryCluster.AskAsync(ann.Query(Grouped));
        var annQuery = await UntilAsync(ann, one => one.State == QueryStatus.Running);
        var bobAsks = QueryCluster.AskAsync(bob.Query(Grouped));
        var bobQuery = await UntilAsync(bob, one => one.State == QueryStatus.Waiting);

        // Another tenant need not wait.
        var eveAsks = QueryCluster.AskAsync(eve.Query(Grouped));
        var eveQuery = await UntilAsync(eve, one => one.State == QueryStatus.Running);

        Assert.Equal(("red", "user=ann,tenant=red", Grouped), (annQuery.Tenant, annQuery.Owner, annQuery.Sql));
        Assert.Equal((1, "red"), (bobQuery.Position, bobQuery.Tenant));
        Assert.Equal([eveQuery.QueryId], (await ReadAsync(eve.ListQueriesAsync(Token))).Select(query => query.QueryId));
        Assert.Null((await ReadAsync(bob.ListQueriesAsync(Token))).Single(query => query.QueryId == annQuery.QueryId).Sql);
        Assert.Equal(["blue"], (await QueryCluster.AskAsync(eve.Query("select distinct tenant from system.queries"))).Skip(1));
        Assert.Equal(["default,0"], (await QueryCluster.AskAsync(cluster.Silo.Client.Query("select 'default' as t, count(*) as n from system.queries"))).Skip(1));
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => eve.CancelQueryAsync(annQuery.QueryId, "", Token))).Code);

        await bob.CancelQueryAsync(annQuery.QueryId, "its turn", Token);
        await Assert.ThrowsAsync<FlowException>(() => annAsks);
        await UntilAsync(bob, one => one.QueryId == bobQuery.QueryId && one.State == QueryStatus.Running);
        await bob.CancelQueryAsync(bobQuery.QueryId, "", Token);
        await eve.CancelQueryAsync(eveQuery.QueryId, "", Token);
        await Assert.ThrowsAsync<FlowException>(() => bobAsks);
        await Assert.ThrowsAsync<FlowException>(() => eveAsks);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Tenants_HaveTheirOwnMemory_AndAQueryThatFindsNoneWaitsForItsOwnTenantsOnly()
    {
        await using var cluster = await QueryCluster.StartAsync(
            options => (options.TenantMemoryBytesMax, options.QueryMemoryBytes, options.TenantClaim, options.CheckInterval) = (64L << 20, 40L << 20, "tenant", TimeSpan.FromMilliseconds(50)),
            silo: options => options.RequireToken = true);
        Hold(cluster);
        await using var red = As(cluster, "user=ann,tenant=red");
        await using var blue = As(cluster, "user=eve,tenant=blue");
        var first = QueryCluster.AskAsync(red.Query(Grouped));
        var running = await UntilAsync(red, one => one.State == QueryStatus.Running);

        // Two of 40 MiB are more than 64; those of another tenant do not count.
        var second = QueryCluster.AskAsync(red.Query(Grouped));
        var waiting = await UntilAsync(red, one => one.State == QueryStatus.Waiting);
        var third = QueryCluster.AskAsync(blue.Query(Grouped));
        var other = await UntilAsync(blue, one => one.State == QueryStatus.Running);
        Assert.Equal((1, QueryStatus.Waiting), (waiting.Position, (await ReadAsync(red.ListQueriesAsync(Token))).Single(one => one.QueryId == waiting.QueryId).State));

        await red.CancelQueryAsync(running.QueryId, "its memory", Token);
        await Assert.ThrowsAsync<FlowException>(() => first);
        await UntilAsync(red, one => one.QueryId == waiting.QueryId && one.State == QueryStatus.Running);
        await red.CancelQueryAsync(waiting.QueryId, "", Token);
        await blue.CancelQueryAsync(other.QueryId, "", Token);
        await Assert.ThrowsAsync<FlowException>(() => second);
        await Assert.ThrowsAsync<FlowException>(() => third);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Tenant_ThatIsNoId_IsRefused()
    {
        await using var cluster = await QueryCluster.StartAsync(options => options.TenantClaim = "name", workerCount: 0, silo: options => options.RequireToken = true);
        await using var odd = As(cluster, "a b/c");

        Assert.Equal(FlowErrorCode.BadInput, (await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(odd.Query("select 1 as a")))).Code);
    }

    [Fact]
    public void Status_IsOneLineForPeople()
    {
        var status = new QueryStatus { QueryId = "q", State = QueryStatus.Running, RetryCount = 1, Stages = [new(1, 4, 1, 2, 1, 70, 700), new(2, 1, 1, 0, 0, 0, 0)] };

        Assert.Equal("stages 0/2, tasks 1/5 (2 running), rows 70, 1 run again", status.ToString());
        Assert.Equal("waiting, place 3", (status with { State = QueryStatus.Waiting, Position = 3 }).ToString());
        Assert.Equal("complete", (status with { State = QueryStatus.Complete }).ToString());
    }

    /// <summary>Lets no task of the workers begin.</summary>
    private static void Hold(QueryCluster cluster)
    {
        foreach (var worker in cluster.Workers)
        {
            worker.BeforeRunAsync = (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        }
    }

    private static FlowClient As(QueryCluster cluster, string subject) => FlowClient.Connect(
        cluster.Silo.Host.Endpoints.GrpcUrl,
        cluster.Silo.Host.Services.GetRequiredService<SignedText>().Make(SignedText.TokenKind, subject, TimeSpan.FromMinutes(5)).Text);

    private static async Task<QueryStatus> UntilAsync(FlowClient client, Func<QueryStatus, bool> isIt)
    {
        while (true)
        {
            if ((await ReadAsync(client.ListQueriesAsync(Token))).FirstOrDefault(isIt) is { } found)
            {
                return found;
            }

            await Task.Yield();
        }
    }

    private static async Task<List<QueryStatus>> ReadAsync(IAsyncEnumerable<QueryStatus> statuses)
    {
        var read = new List<QueryStatus>();
        await foreach (var status in statuses.WithCancellation(Token))
        {
            read.Add(status);
        }

        return read;
    }
}
