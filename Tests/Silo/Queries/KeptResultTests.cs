using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Client;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Silo.Security;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: a result that its caller keeps can be fetched later, by nobody else, for a time and up to a size.</summary>
public sealed class KeptResultTests
{
    private const int Watchdog = 120_000;
    private const string Grouped = "select key, count(*) as n from facts group by key order by key";

    private static readonly QueryOptions Keeps = new() { Keeps = true };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog)]
    public async Task Result_ThatIsKept_IsFetchedAgainByItsId()
    {
        await using var cluster = await QueryCluster.StartAsync();
        var query = cluster.Silo.Client.Query(Grouped, options: Keeps);
        var expected = await cluster.AloneAsync(Grouped);

        Assert.Equal(expected, await QueryCluster.AskAsync(query));

        var plans = cluster.Workers.Sum(worker => worker.Plans.Count);
        var id = (await query.GetIdAsync(Token))!;
        Assert.Equal(expected.Skip(1), await FetchAsync(cluster.Silo.Client, id));
        Assert.Equal(expected.Skip(1), await FetchAsync(cluster.Silo.Client, id));
        Assert.Equal(plans, cluster.Workers.Sum(worker => worker.Plans.Count));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Result_ThatNobodyKeeps_LeavesNothing()
    {
        await using var cluster = await QueryCluster.StartAsync();
        var query = cluster.Silo.Client.Query(Grouped);
        await QueryCluster.AskAsync(query);

        var id = (await query.GetIdAsync(Token))!;
        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => FetchAsync(cluster.Silo.Client, id))).Code);
        Assert.False(Directory.Exists(Folder(cluster)));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Result_OfAnotherTenantOrOwner_IsRefused()
    {
        await using var cluster = await QueryCluster.StartAsync(options => options.TenantClaim = "tenant", silo: options => options.RequireToken = true);
        await using var ann = As(cluster, "user=ann,tenant=red");
        await using var bob = As(cluster, "user=bob,tenant=red");
        await using var eve = As(cluster, "user=ann,tenant=blue");
        var query = ann.Query("select 7 as seven", options: Keeps);
        await QueryCluster.AskAsync(query);
        var id = (await query.GetIdAsync(Token))!;

        Assert.Equal(["7"], await FetchAsync(ann, id));
        foreach (var other in (FlowClient[])[bob, eve, cluster.Silo.Client])
        {
            Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => FetchAsync(other, id))).Code);
        }
    }

    [Fact(Timeout = Watchdog)]
    public async Task Result_BeyondItsBytes_IsNotKept()
    {
        await using var cluster = await QueryCluster.StartAsync(options => options.KeptBytesMax = 1_024);

        var refused = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query("select id, name from facts", options: Keeps)));

        Assert.Equal(FlowErrorCode.LimitExceeded, refused.Code);
        Assert.Contains("OrleansFlow:Queries:KeptBytesMax", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(Folder(cluster)));
        Assert.Equal(["1"], (await QueryCluster.AskAsync(cluster.Silo.Client.Query("select 1 as one", options: Keeps))).Skip(1));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Results_BeyondTheirTotal_AreRefusedBeforeTheyRun()
    {
        await using var cluster = await QueryCluster.StartAsync(options => options.KeptTotalBytesMax = 1_024);
        await QueryCluster.AskAsync(cluster.Silo.Client.Query("select range as n from range(1000)", options: Keeps));

        var refused = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query("select 1 as one", options: Keeps)));

        Assert.Equal(FlowErrorCode.LimitExceeded, refused.Code);
        Assert.Contains("OrleansFlow:Queries:KeptTotalBytesMax", refused.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Result_WhoseTimeIsOver_IsGone()
    {
        await using var cluster = await QueryCluster.StartAsync(workerCount: 0);
        var query = cluster.Silo.Client.Query("select 7 as seven", options: Keeps);
        await QueryCluster.AskAsync(query);
        var id = (await query.GetIdAsync(Token))!;
        var services = cluster.Silo.Host.Services;
        var later = ActivatorUtilities.CreateInstance<KeptResults>(services, new ManualTimeProvider(TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(61)));

        Assert.Equal(0, services.GetRequiredService<KeptResults>().DeleteExpired());
        Assert.Equal(1, later.DeleteExpired());

        Assert.Equal(FlowErrorCode.NotFound, (await Assert.ThrowsAsync<FlowException>(() => FetchAsync(cluster.Silo.Client, id))).Code);
        Assert.Empty(Directory.EnumerateFiles(Folder(cluster)));
    }

    private static string Folder(QueryCluster cluster) => Path.Combine(cluster.Silo.DataFolder, "artifacts", "_results");

    private static FlowClient As(QueryCluster cluster, string subject) => FlowClient.Connect(
        cluster.Silo.Host.Endpoints.GrpcUrl,
        cluster.Silo.Host.Services.GetRequiredService<SignedText>().Make(SignedText.TokenKind, subject, TimeSpan.FromMinutes(5)).Text);

    private static async Task<List<string>> FetchAsync(FlowClient client, string id)
    {
        await using var result = await client.GetQueryResultAsync(id, Token);
        var rows = new List<string>();
        await foreach (var batch in result.ReadBatchesAsync(Token))
        {
            using (batch)
            {
                rows.AddRange(SqlProbe.Rows(batch));
            }
        }

        return rows;
    }
}
