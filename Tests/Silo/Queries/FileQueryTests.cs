using OrleansFlow.Errors;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: a folder of files is queried by its path, on all workers, and nothing outside of it can be read.</summary>
public sealed class FileQueryTests : IDisposable
{
    private const int Watchdog = 120_000;

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Data => _folder.Combine("data");

    [Theory(Timeout = Watchdog)]
    [InlineData("select key, count(*) as n, sum(value) as total from read_parquet('{0}/facts/*.parquet') group by key order by key")]
    [InlineData("select name, max(id) from '{0}/facts/*.parquet' where value > 990 group by name order by name")]
    [InlineData("select d.label, count(*) as n from read_parquet('{0}/facts/*.parquet') f join read_csv('{0}/dims.csv') d using (key) group by d.label order by n desc, d.label limit 7")]
    [InlineData("select f.id, d.label from read_parquet(['{0}/facts/a.parquet', '{0}/facts/b.parquet']) f join dims d using (key) where f.id % 500 = 0 order by f.id")]
    public async Task Files_AreQueriedByTheirPath_OnTheWorkers(string text)
    {
        await using var cluster = await StartAsync();
        var sql = string.Format(System.Globalization.CultureInfo.InvariantCulture, text, Data);

        Assert.Equal(await cluster.AloneAsync(sql), await QueryCluster.AskAsync(cluster.Silo.Client.Query(sql)));

        Assert.All(cluster.Workers, worker => Assert.NotEmpty(worker.Plans));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Files_AreQueriedByTheProductsWorkers_AsByOneEngine()
    {
        await using var cluster = await QueryCluster.StartRealAsync(dataFolder: Data);
        await WriteAsync(cluster);
        var sql = $"select f.key, label, sum(value) as total from read_parquet('{Data}/facts/*.parquet') f left join dims using (key) group by all order by all";

        Assert.Equal(await cluster.AloneAsync(sql), await QueryCluster.AskAsync(cluster.Silo.Client.Query(sql)));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData("select * from read_csv('{0}/../secret.csv')")]
    [InlineData("select * from read_csv('{0}/facts/../../secret.csv')")]
    [InlineData("select * from read_text('{0}-other/secret.csv')")]
    [InlineData("select * from read_csv('/etc/passwd')")]
    [InlineData("select * from read_parquet('{0}/facts/*.parquet'), read_csv('{0}/../secret.csv')")]
    [InlineData("select * from read_csv('http://127.0.0.1:1/x.csv')")]
    public async Task Files_OutsideOfTheFolders_AreNotRead(string text)
    {
        await using var cluster = await StartAsync();
        await File.WriteAllTextAsync(_folder.Combine("secret.csv"), "word\nxyzzy\n", Token);
        Directory.CreateDirectory(Data + "-other");
        await File.WriteAllTextAsync(Data + "-other/secret.csv", "word\nxyzzy\n", Token);
        var sql = string.Format(System.Globalization.CultureInfo.InvariantCulture, text, Data);

        var refused = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query(sql)));

        Assert.Equal(FlowErrorCode.EngineError, refused.Code);
        Assert.All(cluster.Workers, worker => Assert.Empty(worker.Plans));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Files_AreNotWritten()
    {
        await using var cluster = await StartAsync();

        foreach (var sql in (string[])[$"explain analyze copy (select 1) to '{Data}/new.csv'", $"copy (select 1) to '{Data}/new.csv'", $"explain analyze export database '{Data}/new'", $"export database '{Data}/new'", $"explain (format json, analyze) copy (select 1) to '{Data}/new.csv'"])
        {
            await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query(sql)));
        }

        Assert.Equal(["dims.csv"], Directory.EnumerateFiles(Data).Select(Path.GetFileName));
        Assert.Equal([Path.Combine(Data, "facts")], Directory.EnumerateDirectories(Data));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Files_OfNoAllowedFolder_AreNotRead()
    {
        await using var cluster = await QueryCluster.StartAsync();
        await WriteAsync(cluster);

        var refused = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query($"select * from read_csv('{Data}/dims.csv')")));

        Assert.Equal(FlowErrorCode.EngineError, refused.Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task File_ThatIsNoParquet_IsNamed()
    {
        await using var cluster = await StartAsync();
        await File.WriteAllTextAsync(Path.Combine(Data, "facts", "c.parquet"), "no parquet at all", Token);

        var failure = await Assert.ThrowsAsync<FlowException>(() => QueryCluster.AskAsync(cluster.Silo.Client.Query($"select count(*) from '{Data}/facts/*.parquet'")));

        Assert.Contains("c.parquet", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private async Task<QueryCluster> StartAsync()
    {
        var cluster = await QueryCluster.StartAsync(dataFolder: Data);
        await WriteAsync(cluster);
        return cluster;
    }

    /// <summary>The tables of the cluster as files.</summary>
    private async Task WriteAsync(QueryCluster cluster)
    {
        Directory.CreateDirectory(Path.Combine(Data, "facts"));
        await cluster.AloneAsync($"copy (select * from facts where id < 20000) to '{Data}/facts/a.parquet' (row_group_size 4096)");
        await cluster.AloneAsync($"copy (select * from facts where id >= 20000) to '{Data}/facts/b.parquet' (row_group_size 4096)");
        await cluster.AloneAsync($"copy dims to '{Data}/dims.csv'");
    }
}
