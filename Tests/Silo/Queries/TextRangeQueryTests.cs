using OrleansFlow.Errors;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: one large text file is read by several workers, and nothing of it is left behind.</summary>
public sealed class TextRangeQueryTests : IDisposable
{
    private const int Watchdog = 120_000;

    private readonly TempFolder _folder = new();

    private string Data => _folder.Combine("data");

    [Fact(Timeout = Watchdog)]
    public async Task LargeTextFile_IsReadByTwoTasks_AndNothingOfItIsLeftBehind()
    {
        var spill = _folder.Combine("spill");
        await using var cluster = await StartAsync(spill);
        await cluster.AloneAsync($"copy (select range as id, 'a \"word\", ' || range as text, range % 97 as key from range(1200000)) to '{Data}/large.csv'");
        await cluster.AloneAsync($"copy (select range as id, 'a \"word\"' as text, range % 97 as key from range(900000)) to '{Data}/large.json'");

        foreach (var source in (string[])[$"read_csv('{Data}/large.csv')", $"read_json('{Data}/large.json')"])
        {
            var sql = $"select key, count(*) as n, sum(id) as total, max(text) as last from {source} group by key order by key";
            var plan = string.Join('\n', await QueryCluster.AskAsync(cluster.Silo.Client.Query("explain analyze " + sql)));
            Assert.Equal(await cluster.AloneAsync(sql), await QueryCluster.AskAsync(cluster.Silo.Client.Query(sql)));
            Assert.Contains("tasks=2", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("is read by one task", plan, StringComparison.Ordinal);
        }

        Assert.Equal(4, cluster.Starts.Count);
        Assert.Empty(Slices(spill));
    }

    [Fact(Timeout = Watchdog)]
    public async Task ValueThatIsNoneOfItsType_FailsTheQuery_AndTheFileIsNamed_AndNothingIsLeftBehind()
    {
        var spill = _folder.Combine("spill");
        await using var cluster = await StartAsync(spill);
        await cluster.AloneAsync($"copy (select case when range = 2999999 then 'none' else '' || range end as id, range % 97 as key from range(4000000)) to '{Data}/odd.csv' (quote '')");

        var failure = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query($"select sum(id) as n from read_csv('{Data}/odd.csv')")));

        Assert.Equal(FlowErrorCode.EngineError, failure.Code);
        Assert.Contains("odd.csv", failure.Message, StringComparison.Ordinal);
        Assert.Contains("none", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Slices(spill));
    }

    public void Dispose() => _folder.Dispose();

    private static IEnumerable<string> Slices(string spill) =>
        Directory.EnumerateFiles(spill, "*", SearchOption.AllDirectories).Where(path => path.Contains("/slices/", StringComparison.Ordinal));

    private async Task<QueryCluster> StartAsync(string spill)
    {
        Directory.CreateDirectory(Data);
        return await QueryCluster.StartRealAsync(dataFolder: Data, worker: options => options.SpillFolder = spill);
    }
}
