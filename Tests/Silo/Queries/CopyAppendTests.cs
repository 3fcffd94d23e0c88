using Microsoft.Extensions.Options;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: rows that come beside others come whole or not at all, and the others stay. Method: real engines and workers, and folders as a crash leaves them.</summary>
public sealed class CopyAppendTests : IDisposable
{
    private const int Watchdog = 120_000;
    private const string Append = "copy (select id, key, key % 4 as part from facts) to '{0}/t' (format parquet, partition_by (part), append)";
    private const string Count = "select count(*) as rows, count(distinct id) as ids, sum(part) as parts from read_parquet('{0}/t/*/*.parquet', hive_partitioning = true, hive_types_autocast = true)";

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Out => _folder.Combine("out");

    private string Target => Path.Combine(Out, "t");

    [Fact(Timeout = Watchdog)]
    public async Task Append_AddsItsRowsToThoseThere()
    {
        await using var cluster = await QueryCluster.StartRealAsync(dataFolder: Out, isWritable: true);

        Assert.Equal(60_000, await cluster.Silo.Client.UpdateAsync(Text(Append), Token));
        var before = Files();
        Assert.Equal(60_000, await cluster.Silo.Client.UpdateAsync(Text(Append), Token));

        var parts = (await cluster.AloneAsync("select sum(2 * (key % 4)) as parts from facts"))[1];
        Assert.Equal(["rows,ids,parts", $"120000,60000,{parts}"], await cluster.AloneAsync(Text(Count)));
        Assert.Empty(before.Except(Files()));
        Assert.Equal(2 * before.Count, Files().Count);
        Assert.Equal(["t"], Names(Out));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(0)]
    [InlineData(2)]
    public async Task TwoAppends_AtOnce_BothCount(int workerCount)
    {
        await using var cluster = await QueryCluster.StartAsync(workerCount: workerCount, dataFolder: Out, isWritable: true);

        var counts = await Task.WhenAll(
            cluster.Silo.Client.UpdateAsync(Text(Append), Token),
            cluster.Silo.Client.UpdateAsync(Text(Append.Replace("select id,", "select id + 60000 as id,", StringComparison.Ordinal)), Token));

        Assert.Equal([60_000, 60_000], counts);
        Assert.Equal("120000,120000", (await cluster.AloneAsync(Text(Count)))[1][..13]);
        Assert.Equal(["t"], Names(Out));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Append_WhoseQueryFails_LeavesWhatWasThere()
    {
        await using var cluster = await QueryCluster.StartRealAsync(dataFolder: Out, isWritable: true);
        await cluster.Silo.Client.UpdateAsync(Text(Append), Token);
        var before = Files();

        var refused = await RefusedAsync(cluster, "copy (select if(id = 59999, error('torn'), id) as id, key, 9 as part from facts) to '{0}/t' (partition_by (part), append)");

        Assert.Equal(FlowErrorCode.EngineError, refused.Code);
        Assert.Equal(before, Files());
        Assert.Equal(["t"], Names(Out));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Append_WhoseWorkerIsLost_AddsNoRowTwice()
    {
        await using var cluster = await QueryCluster.StartAsync(dataFolder: Out, isWritable: true);
        await cluster.Silo.Client.UpdateAsync(Text(Append), Token);
        var victim = cluster.Workers[1];
        victim.AfterRunAsync = async plan =>
        {
            if (plan.Sink is not null)
            {
                await victim.KillAsync();
                throw new FlowException(FlowErrorCode.WorkerLost, "killed");
            }
        };

        Assert.Equal(60_000, await cluster.Silo.Client.UpdateAsync(Text(Append), Token));

        Assert.Contains(cluster.Workers[0].Plans, plan => plan.Key.Attempt > 1);
        Assert.Equal("120000,60000", (await cluster.AloneAsync(Text(Count)))[1][..12]);
        Assert.Equal(["t"], Names(Out));
    }

    [Fact(Timeout = Watchdog)]
    public async Task OverwriteOrIgnore_ReplacesItsOwnFiles_AndLeavesOthers()
    {
        await using var cluster = await QueryCluster.StartAsync(workerCount: 0, dataFolder: Out, isWritable: true);
        const string Copy = "copy (select {1} as id, 7 as part) to '{0}/t' (partition_by (part), overwrite_or_ignore)";
        await cluster.Silo.Client.UpdateAsync(Text(Copy).Replace("{1}", "1", StringComparison.Ordinal), Token);
        var file = Assert.Single(Files());
        File.Copy(file, Path.Combine(Target, "part=7", "other.parquet"));

        await cluster.Silo.Client.UpdateAsync(Text(Copy).Replace("{1}", "2", StringComparison.Ordinal), Token);

        Assert.Equal(["id", "1", "2"], await cluster.AloneAsync(Text("select id from '{0}/t/*/*.parquet' order by id")));
        Assert.Contains(file, Files());
        Assert.Equal(["t"], Names(Out));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData("copy (select 1 as a) to '{0}/t' (append, overwrite)", "one of APPEND, OVERWRITE and OVERWRITE_OR_IGNORE|line 1")]
    [InlineData("copy (select 1 as a) to '{0}/t.parquet' (append)", "is one file; name a folder|line 1")]
    [InlineData("copy (select 1 as a) to '{0}/t' (append maybe)", "APPEND is 'maybe'; write true or false")]
    [InlineData("copy (select 1 as a, 1 as part) to '{0}/t' (append, partition_by (part))", "part=1' is a link")]
    public async Task Append_ThatCannotBe_IsRefusedAndChangesNothing(string copy, string parts)
    {
        await using var cluster = await QueryCluster.StartAsync(workerCount: 0, dataFolder: Out, isWritable: true);
        Directory.CreateDirectory(_folder.Combine("elsewhere"));
        Directory.CreateDirectory(Target);
        Directory.CreateSymbolicLink(Path.Combine(Target, "part=1"), _folder.Combine("elsewhere"));

        var refused = await RefusedAsync(cluster, copy);

        Assert.Equal(FlowErrorCode.BadInput, refused.Code);
        Assert.All(parts.Split('|'), part => Assert.Contains(part, refused.Message, StringComparison.Ordinal));
        Assert.Equal(["part=1"], Names(Target));
        Assert.Empty(Names(_folder.Combine("elsewhere")));
        Assert.Equal(["t"], Names(Out));
    }

    [Fact]
    public void Publication_ThatFailsHalfWay_TakesItsFilesBack()
    {
        Write(Path.Combine(Target, "old.parquet"), "old");

        // The second file needs a folder where a file stands.
        Write(Path.Combine(Target, "part=2"), "in the way");
        var (targets, staging) = Begin("append");
        Write(Path.Combine(staging.Folder, "task", "part=1", "part-task.tmp"), "new");
        Write(Path.Combine(staging.Folder, "task", "part=2", "part-task.tmp"), "new");

        var failure = Assert.Throws<FlowException>(() => staging.Publish(["task"]));
        staging.Dispose();

        Assert.Equal(FlowErrorCode.StoreUnavailable, failure.Code);
        Assert.Equal(["old.parquet", "part=2"], Names(Target));
        Assert.Equal(["t"], Names(Out));
        Assert.Equal(0, targets.DeleteAbandoned(DateTimeOffset.MaxValue, 10));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Publication_ThatACrashEndedHalfWay_IsTakenBackByTheSweep(bool isTakenBackBefore)
    {
        // As it is when the first file, which replaces one, has arrived, and the second one is put aside.
        var (targets, staging) = Begin("overwrite_or_ignore");
        Write(Path.Combine(staging.Folder, "_added"), string.Concat(new[] { Target, "a.parquet", "b.parquet", "p/c.parquet" }.Select(line => line + '\0')));
        Write(Path.Combine(Target, isTakenBackBefore ? "a.parquet" : "kept"), isTakenBackBefore ? "old a" : "kept");
        Write(Path.Combine(staging.Folder, "_aside", "b.parquet"), "old b");
        Write(Path.Combine(staging.Folder, "_published", "b.parquet"), "new b");
        if (isTakenBackBefore)
        {
            // The sweep before this one was ended, too, after it had brought back the first file.
            Write(Path.Combine(staging.Folder, "_published", "a.parquet"), "new a");
        }
        else
        {
            Write(Path.Combine(Target, "a.parquet"), "new a");
            Write(Path.Combine(staging.Folder, "_aside", "a.parquet"), "old a");
        }

        Write(Path.Combine(Target, "p", "c.parquet"), "new c");
        Assert.Equal(1, targets.DeleteAbandoned(DateTimeOffset.MaxValue, 10));

        Assert.Equal("old a", File.ReadAllText(Path.Combine(Target, "a.parquet")));
        Assert.Equal("old b", File.ReadAllText(Path.Combine(Target, "b.parquet")));
        Assert.Equal(isTakenBackBefore ? ["a.parquet", "b.parquet"] : ["a.parquet", "b.parquet", "kept"], Names(Target));
        Assert.Equal(["t"], Names(Out));
    }

    [Fact]
    public void Publication_ThatACrashEndedAfterItsLastFile_Stays()
    {
        var (targets, staging) = Begin("append");
        Write(Path.Combine(staging.Folder, "_added"), $"{Target}\0a.parquet\0");
        Directory.CreateDirectory(Path.Combine(staging.Folder, "_published"));
        Write(Path.Combine(Target, "a.parquet"), "new a");

        Assert.Equal(1, targets.DeleteAbandoned(DateTimeOffset.MaxValue, 10));

        Assert.Equal("new a", File.ReadAllText(Path.Combine(Target, "a.parquet")));
        Assert.Equal(["t"], Names(Out));
    }

    public void Dispose() => _folder.Dispose();

    private static void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private static List<string> Names(string folder) => [.. Directory.EnumerateFileSystemEntries(folder).Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal)];

    private (CopyTargets Targets, CopyStaging Staging) Begin(string option)
    {
        Directory.CreateDirectory(Out);
        var options = new SqlGatewayOptions();
        options.WritableFolders.Add(Out);
        var targets = new CopyTargets(Options.Create(options), new TimeSortedIds(TimeProvider.System));
        return (targets, targets.Begin(SqlCopy.Parse($"copy (select 1) to '{Target}' (format parquet, {option})")));
    }

    private string Text(string sql) => sql.Replace("{0}", Out, StringComparison.Ordinal);

    private Task<FlowException> RefusedAsync(QueryCluster cluster, string sql) => Assert.ThrowsAsync<FlowException>(() => cluster.Silo.Client.UpdateAsync(Text(sql), Token));

    private List<string> Files() => [.. Directory.EnumerateFiles(Target, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
