using OrleansFlow.Errors;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: nobody believes that a secret was kept which nothing here could use.</summary>
public sealed class SecretTests
{
    private const int Watchdog = 120_000;

    [Theory(Timeout = Watchdog)]
    [InlineData("create secret s (type s3, key_id 'xyzzy', secret 'plugh')")]
    [InlineData("CREATE OR REPLACE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN 'xyzzy')")]
    [InlineData("create temporary secret if not exists s in local_file (type s3, secret 'plugh')")]
    [InlineData("drop secret s")]
    public async Task Statement_ThatMakesASecret_IsRefused_WithTheWayOutAndWithoutTheSecret(string sql)
    {
        await using var cluster = await QueryCluster.StartAsync(workerCount: 0);

        var updated = await Assert.ThrowsAsync<FlowException>(() => cluster.Silo.Client.UpdateAsync(sql, TestContext.Current.CancellationToken));
        var queried = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query(sql)));

        Assert.Equal(FlowErrorCode.Unsupported, updated.Code);
        Assert.Contains("IWorkerSessionBuilder", updated.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("xyzzy", updated + queried.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("plugh", updated + queried.Message, StringComparison.Ordinal);
    }
}
