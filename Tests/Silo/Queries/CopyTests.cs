using Microsoft.Extensions.Options;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>Goal: workers write the rows of a query as files side by side; they appear at once and whole, or not at all.</summary>
public sealed class CopyTests : IDisposable
{
    private const int Watchdog = 120_000;

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Out => _folder.Combine("out");

    /// <summary>What is written, and how it is read.</summary>
    public static TheoryData<string, string, string> Copies => new()
    {
        { "copy (select key, value, name from facts) to '{0}/plain'", "select key, value, name from facts", "read_parquet('{0}/plain/*.parquet')" },
        { "copy (select id, value, name as \"odd name\", key % 4 as part from facts) to '{0}/parts' (format parquet, partition_by (part), compression zstd)", "select id, value, name as \"odd name\", key % 4 as part from facts", "read_parquet('{0}/parts/*/*.parquet', hive_partitioning = true, hive_types_autocast = true)" },
        { "copy (select key, sum(value) as total from facts group by key) to '{0}/grouped' (format csv, header true)", "select key, sum(value) as total from facts group by key", "read_csv('{0}/grouped/*.csv')" },
        { "copy (select id, label from facts join dims using (key)) to '{0}/lines' (format json)", "select id, label from facts join dims using (key)", "read_json('{0}/lines/*.json')" },
        { "copy (select id from facts order by id desc limit 100) to '{0}/one.parquet'", "select id from facts order by id desc limit 100", "'{0}/one.parquet'" },
        { "copy (select id, name from facts) to '{0}/deep/er/one.csv' (header, delim ';')", "select id, name from facts", "read_csv('{0}/deep/er/one.csv', delim = ';')" },
        { "copy facts to '{0}/table'", "select * from facts", "read_parquet('{0}/table/*.parquet')" },
        { "copy facts (id, key) to '{0}/columns'", "select id, key from facts", "read_parquet('{0}/columns/*.parquet')" },
    };

    [Theory(Timeout = Watchdog)]
    [MemberData(nameof(Copies))]
    public async Task Copy_OnTheWorkers_WritesWhatDuckDbAloneAnswers(string copy, string query, string files)
    {
        await using var cluster = await QueryCluster.StartRealAsync(dataFolder: Out, isWritable: true);

        var count = await cluster.Silo.Client.UpdateAsync(Text(copy), Token);

        Assert.Equal(1, cluster.Starts.Count);
        Assert.Equal(Sorted(await cluster.AloneAsync($"select * from ({query})")), Sorted(await cluster.AloneAsync($"select * from {Text(files)}")));
        Assert.Equal(count, (await cluster.AloneAsync(query)).Count - 1);
        Assert.Empty(Directory.EnumerateDirectories(Out, ".*", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFiles(Out, "*.tmp", SearchOption.AllDirectories));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Copy_OfManyTasks_WritesAFileForEach()
    {
        await using var cluster = await QueryCluster.StartRealAsync(dataFolder: Out, isWritable: true);

        await cluster.Silo.Client.UpdateAsync(Text("copy (select id, key from facts) to '{0}/many'"), Token);

        Assert.Equal(2, Directory.EnumerateFiles(Path.Combine(Out, "many")).Count());
        Assert.Equal(["n", "60000"], await QueryCluster.AskAsync(cluster.Silo.Client.Query(Text("select count(distinct id) as n from '{0}/many/*.parquet'"))));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Copy_WithoutWorkers_IsWrittenByTheGateway()
    {
        await using var cluster = await QueryCluster.StartAsync(workerCount: 0, dataFolder: Out, isWritable: true);

        Assert.Equal(60_000, await cluster.Silo.Client.UpdateAsync(Text("copy (select *, id % 2 as part from facts) to '{0}/alone' (partition_by (part))"), Token));

        Assert.Equal(["n", "60000"], await cluster.AloneAsync($"select count(*) as n from read_parquet('{Out}/alone/*/*.parquet')"));
        Assert.Equal(["part=0", "part=1"], Directory.EnumerateDirectories(Path.Combine(Out, "alone")).Select(Path.GetFileName).Order());
        Assert.Equal(["alone"], Directory.EnumerateFileSystemEntries(Out).Select(Path.GetFileName));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Target_ThatIsTaken_StaysAsItIs_UnlessItIsOverwritten()
    {
        await using var cluster = await QueryCluster.StartRealAsync(dataFolder: Out, isWritable: true);
        await cluster.Silo.Client.UpdateAsync(Text("copy (select id from facts) to '{0}/t'"), Token);
        var before = Files();

        Assert.Equal(FlowErrorCode.AlreadyExists, (await RefusedAsync(cluster, "copy (select 1 as n) to '{0}/t'")).Code);
        Assert.Equal(before, Files());
        Assert.Equal(60_000, await cluster.Silo.Client.UpdateAsync(Text("copy (select key from facts) to '{0}/t' (overwrite true)"), Token));

        Assert.Equal(["key"], (await cluster.AloneAsync($"select * from '{Out}/t/*.parquet' limit 1")).Take(1));
        Assert.Equal(["t"], Directory.EnumerateFileSystemEntries(Out).Select(Path.GetFileName));
    }

    [Theory(Timeout = Watchdog)]
    [InlineData("copy (select 1) to '{0}-other/x'", FlowErrorCode.BadInput, "-other/x'|OrleansFlow:Sql:WritableFolders|--writable")]
    [InlineData("copy (select 1) to '{0}/../x'", FlowErrorCode.BadInput, "Nothing may be written to")]
    [InlineData("copy (select 1) to '{0}'", FlowErrorCode.BadInput, "Nothing may be written to")]
    [InlineData("copy (select 1) to '{0}/link/x'", FlowErrorCode.BadInput, "is a link")]
    [InlineData("copy (select 1) to '{0}/.orleansflow-copy/x'", FlowErrorCode.BadInput, "unfinished copies")]
    [InlineData("copy (select 1) to 'x'", FlowErrorCode.BadInput, "'x' is not absolute|line 1, character 20")]
    [InlineData("copy (select 1) to '{0}/x' (format avro)", FlowErrorCode.Unsupported, "'avro'|parquet, csv or json")]
    [InlineData("copy (select 1) to '{0}/x.arrow'", FlowErrorCode.Unsupported, "Arrow IPC|line 1, character 20")]
    [InlineData("copy (select 1)\nto '{0}/x' (per_thread_output)", FlowErrorCode.Unsupported, "'per_thread_output'|partition_by|line 2, character")]
    [InlineData("copy (select 1 as a) to '{0}/x' (partition_by (b))", FlowErrorCode.BadInput, "'b'|it has a")]
    [InlineData("copy (select id from facts) to '{0}/x' (partition_by (nothing))", FlowErrorCode.BadInput, "'nothing'|it has id")]
    [InlineData("copy (select nothing from facts) to '{0}/x'", FlowErrorCode.EngineError, "nothing|LINE 1: ")]
    [InlineData("copy (select error('torn at ' || id) as e from facts where id = 59999) to '{0}/x'", FlowErrorCode.EngineError, "torn at 59999")]
    [InlineData("copy facts from '{0}/x.csv'", FlowErrorCode.Unsupported, "INSERT INTO")]
    [InlineData("copy (select 1 to '{0}/x'", FlowErrorCode.BadInput, "not closed")]
    [InlineData("copy (delete from facts) to '{0}/x'", FlowErrorCode.EngineError, "delete")]
    public async Task Copy_ThatCannotBe_IsRefusedAndLeavesNothing(string copy, FlowErrorCode code, string parts)
    {
        await using var cluster = await QueryCluster.StartRealAsync(dataFolder: Out, isWritable: true);
        Directory.CreateDirectory(_folder.Combine("elsewhere"));
        File.CreateSymbolicLink(Path.Combine(Out, "link"), _folder.Combine("elsewhere"));

        var refused = await RefusedAsync(cluster, copy);

        Assert.Equal(code, refused.Code);
        Assert.All(parts.Split('|'), part => Assert.Contains(part, refused.Message, StringComparison.Ordinal));
        Assert.Equal(["link"], Directory.EnumerateFileSystemEntries(Out).Select(Path.GetFileName));
        Assert.Equal(["elsewhere", "out"], Directory.EnumerateDirectories(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact(Timeout = Watchdog)]
    public async Task DataFolder_ThatIsNotWritable_IsNotWrittenTo()
    {
        await using var cluster = await QueryCluster.StartRealAsync(dataFolder: Out);
        Directory.CreateDirectory(Out);

        var refused = await RefusedAsync(cluster, "copy (select id from facts) to '{0}/x'");

        Assert.Equal(FlowErrorCode.BadInput, refused.Code);
        Assert.Contains("writes below no folder", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Out));
    }

    [Fact(Timeout = Watchdog)]
    public async Task Copy_ThatIsCancelled_LeavesNothing()
    {
        await using var cluster = await QueryCluster.StartAsync(dataFolder: Out, isWritable: true);
        var isRunning = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (var worker in cluster.Workers)
        {
            worker.BeforeRunAsync = (_, token) =>
            {
                isRunning.TrySetResult();
                return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            };
        }

        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var copying = cluster.Silo.Client.UpdateAsync(Text("copy (select id from facts) to '{0}/x'"), leaving.Token);
        await isRunning.Task.WaitAsync(Token);
        Assert.NotEmpty(Directory.EnumerateDirectories(Path.Combine(Out, ".orleansflow-copy")));
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copying);
        await Task.WhenAll(cluster.Workers.Select(worker => worker.WhenCancelled)).WaitAsync(Token);
        while (Directory.EnumerateFileSystemEntries(Out).Any())
        {
            Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    [Fact(Timeout = Watchdog)]
    public async Task Task_ThatRunsAgainAfterItsWorkerWasLost_WritesNoRowTwice()
    {
        await using var cluster = await QueryCluster.StartAsync(dataFolder: Out, isWritable: true);
        var victim = cluster.Workers[1];
        victim.AfterRunAsync = async plan =>
        {
            if (plan.Sink is not null)
            {
                // Its files are written, and nobody ever hears of them.
                Assert.NotEmpty(Directory.EnumerateFiles(plan.Sink.Folder, "*.tmp", SearchOption.AllDirectories));
                await victim.KillAsync();
                throw new FlowException(FlowErrorCode.WorkerLost, "killed");
            }
        };

        Assert.Equal(60_000, await cluster.Silo.Client.UpdateAsync(Text("copy (select id from facts) to '{0}/x'"), Token));

        Assert.Contains(cluster.Workers[0].Plans, plan => plan.Key.Attempt > 1);
        Assert.Equal(["rows,ids", "60000,60000"], await cluster.AloneAsync(Text("select count(*) as rows, count(distinct id) as ids from '{0}/x/*.parquet'")));
        Assert.Equal(["x"], Directory.EnumerateFileSystemEntries(Out).Select(Path.GetFileName));
    }

    [Fact]
    public void Copies_ThatACrashEnded_AreSweptAway()
    {
        Directory.CreateDirectory(Out);
        var options = new SqlGatewayOptions();
        options.WritableFolders.Add(Out);
        var targets = new CopyTargets(Options.Create(options), new TimeSortedIds(TimeProvider.System));
        var staging = targets.Begin(SqlCopy.Parse($"copy (select 1) to '{Out}/x'"));
        File.WriteAllText(Path.Combine(staging.Folder, "part.tmp"), "half");
        var written = Directory.GetLastWriteTimeUtc(staging.Folder);

        Assert.Equal(0, targets.DeleteAbandoned(new DateTimeOffset(written, TimeSpan.Zero).AddSeconds(-1), 10));
        Assert.True(Directory.Exists(staging.Folder));
        Assert.Equal(1, targets.DeleteAbandoned(new DateTimeOffset(written, TimeSpan.Zero), 10));

        Assert.Empty(Directory.EnumerateFileSystemEntries(Out));
    }

    [Fact]
    public void Rows_PutAsideByACopyThatACrashEnded_ComeBack()
    {
        Directory.CreateDirectory(Out);
        var options = new SqlGatewayOptions();
        options.WritableFolders.Add(Out);
        var targets = new CopyTargets(Options.Create(options), new TimeSortedIds(TimeProvider.System));
        var staging = targets.Begin(SqlCopy.Parse($"copy (select 1) to '{Out}/x' (format parquet, overwrite true)"));

        // As it is between the two renamings of a publication.
        Directory.CreateDirectory(Path.Combine(staging.Folder, "_replaced"));
        File.WriteAllText(Path.Combine(staging.Folder, "_replaced", "old.parquet"), "old");
        File.WriteAllText(Path.Combine(staging.Folder, "_target"), $"{Out}/x");
        Assert.Equal(1, targets.DeleteAbandoned(DateTimeOffset.MaxValue, 10));

        Assert.Equal("old", File.ReadAllText(Path.Combine(Out, "x", "old.parquet")));
        Assert.Equal(["x"], Directory.EnumerateFileSystemEntries(Out).Select(Path.GetFileName));
    }

    public void Dispose() => _folder.Dispose();

    private static List<string> Sorted(List<string> rows) => [rows[0], .. rows.Skip(1).Order(StringComparer.Ordinal)];

    private string Text(string sql) => sql.Replace("{0}", Out, StringComparison.Ordinal);

    private Task<FlowException> RefusedAsync(QueryCluster cluster, string sql) => Assert.ThrowsAsync<FlowException>(() => cluster.Silo.Client.UpdateAsync(Text(sql), Token));

    private List<string> Files() => [.. Directory.EnumerateFiles(Out, "*", SearchOption.AllDirectories).Order()];
}
