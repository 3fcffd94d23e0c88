using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>Files of tables go when nothing has referred to them for long enough, and only then.</summary>
public sealed class SweepTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly TimeSpan Keep = TimeSpan.FromMinutes(15);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, 15, 15, true)]
    [InlineData(true, 15, 15, false)]
    [InlineData(false, 14, 15, false)]
    [InlineData(false, 15, 14, false)]
    public void Decide_OneFile_GoesOnlyWhenUnreferencedAndUntouchedForTheWholeTime(bool referenced, int unreferencedMinutes, int untouchedMinutes, bool goes)
    {
        var step = SweepDecision.Decide(
            [new SweptFile("t/a", Now.AddMinutes(-untouchedMinutes))],
            referenced ? new HashSet<string> { "t/a" } : new HashSet<string>(),
            new Dictionary<string, DateTimeOffset> { ["t/a"] = Now.AddMinutes(-unreferencedMinutes) },
            Now,
            Keep,
            10);

        Assert.Equal(goes ? ["t/a"] : [], step.Delete);
        Assert.Equal(!referenced, step.Unreferenced.ContainsKey("t/a"));
    }

    [Fact]
    public void Decide_OldFileSeenForTheFirstTime_StaysForTheWholeTime()
    {
        var step = SweepDecision.Decide([new SweptFile("t/a", Now.AddDays(-1))], new HashSet<string>(), new Dictionary<string, DateTimeOffset>(), Now, Keep, 10);

        Assert.Empty(step.Delete);
        Assert.Equal(Now, step.Unreferenced["t/a"]);
    }

    [Fact]
    public void Decide_MoreThanTheMost_LeavesTheRestDue()
    {
        var files = Enumerable.Range(0, 5).Select(index => new SweptFile($"t/{index}", Now.AddDays(-1))).ToList();
        var since = files.ToDictionary(file => file.Name, _ => Now - Keep);

        var step = SweepDecision.Decide(files, new HashSet<string>(), since, Now, Keep, 3);

        Assert.Equal(["t/0", "t/1", "t/2"], step.Delete);
        Assert.Equal(Now - Keep, step.Unreferenced["t/4"]);
    }

    [Fact]
    public async Task Sweep_AfterReplacingDroppingAndABrokenUpload_LeavesWhatCounts()
    {
        await using var bench = await SweepBench.StartAsync();
        await bench.Probe.UpdateAsync("create table kept as select 1 as n");
        await bench.Probe.UpdateAsync("update kept set n = 2");
        await bench.Probe.UpdateAsync("insert into kept values (3)");
        await bench.Probe.UpdateAsync("create table dropped as select 1 as n");
        await bench.Probe.UpdateAsync("drop table dropped");
        bench.Leave("kept/half.arrow");
        bench.Age();
        var all = bench.Files();
        Assert.Equal(9, all.Count);

        Assert.Equal(0, await bench.SweepAsync(TimeSpan.Zero));
        Assert.Equal(0, await bench.SweepAsync(TimeSpan.FromMinutes(15) - TimeSpan.FromTicks(1)));
        Assert.Equal(all, bench.Files());
        Assert.Equal(6, await bench.SweepAsync(TimeSpan.FromTicks(1)));

        Assert.Equal(3, bench.Files().Count(file => file.StartsWith("kept/", StringComparison.Ordinal)));
        Assert.True(Directory.Exists(Path.Combine(bench.Folder, "dropped")));
        Assert.Equal("2;3", await bench.Probe.RowsAsync("select n from kept order by n"));
        bench.Age();
        Assert.Equal(0, await bench.SweepAsync(TimeSpan.FromHours(1)));
        Assert.False(Directory.Exists(Path.Combine(bench.Folder, "dropped")));
    }

    [Fact]
    public async Task Sweep_WhileAStatementReadsTheOldVersion_TakesNothingFromIt()
    {
        await using var bench = await SweepBench.StartAsync();
        await bench.Probe.UpdateAsync("create table long_table as select range as n from range(400000)");
        var info = await bench.Probe.Sql.QueryAsync("select n from long_table", SqlProbe.Call);
        await using var batches = bench.Probe.Flight.DoGet(info.Endpoints[0].Ticket, SqlProbe.Call).GetAsyncEnumerator(Token);
        Assert.True(await batches.MoveNextAsync());
        var rows = batches.Current.RowCount;
        batches.Current.Dispose();
        await bench.Probe.UpdateAsync("drop table long_table");
        bench.Age();
        await bench.SweepAsync(TimeSpan.Zero);

        // As long as may be without ending the statement by its own limit.
        await bench.SweepAsync(TimeSpan.FromMinutes(9));
        while (await batches.MoveNextAsync())
        {
            rows += batches.Current.RowCount;
            batches.Current.Dispose();
        }

        Assert.Equal(400_000, rows);
        Assert.Equal(2, await bench.SweepAsync(TimeSpan.FromMinutes(6)));
    }

    [Fact]
    public async Task Sweep_FileThatSomebodyHasOpen_StaysUntilItIsClosed()
    {
        await using var bench = await SweepBench.StartAsync();
        bench.Leave("slow/upload.arrow");
        bench.Age();
        using (new FileStream(Path.Combine(bench.Folder, "slow", "upload.arrow"), FileMode.Open, FileAccess.Write, FileShare.None))
        {
            await bench.SweepAsync(TimeSpan.Zero);
            Assert.Equal(0, await bench.SweepAsync(TimeSpan.FromHours(1)));
        }

        Assert.Equal(1, await bench.SweepAsync(TimeSpan.Zero));
    }

    [Fact]
    public async Task Sweep_AfterACrashBetweenCatalogAndDeletion_TakesWhatTheCrashLeft()
    {
        using var folder = new TempFolder();
        await using (var before = await SweepBench.StartAsync(folder.Combine("data")))
        {
            await before.Probe.UpdateAsync("create table twice as select 1 as n");
            await before.Probe.UpdateAsync("update twice set n = 2");
            before.Age();
            await before.SweepAsync(TimeSpan.Zero);
        }

        // The next process does not know since when: its own time to keep begins.
        await using var after = await SweepBench.StartAsync(folder.Combine("data"));
        Assert.Equal(4, after.Files().Count);
        Assert.Equal(0, await after.SweepAsync(TimeSpan.Zero));
        Assert.Equal(2, await after.SweepAsync(TimeSpan.FromMinutes(15)));
        Assert.Equal("2", await after.Probe.RowsAsync("select n from twice"));
    }

    [Fact]
    public async Task Sweep_TableWhoseManifestCannotBeRead_KeepsItsFiles()
    {
        await using var bench = await SweepBench.StartAsync();
        await bench.Probe.UpdateAsync("create table damaged as select 1 as n");
        bench.Leave("other/old.arrow");
        var manifest = Path.Combine(bench.Folder, bench.Files().Single(file => file.EndsWith(".json", StringComparison.Ordinal)));
        await File.WriteAllTextAsync(manifest, "no json", Token);
        bench.Age();
        await bench.SweepAsync(TimeSpan.Zero);

        Assert.Equal(1, await bench.SweepAsync(TimeSpan.FromHours(1)));
        Assert.Equal(2, bench.Files().Count);
    }

    [Fact]
    public async Task Sweep_AbandonedUpload_IsRemovedByItsAge()
    {
        await using var bench = await SweepBench.StartAsync();
        var uploads = Path.Combine(bench.Silo.DataFolder, "uploads");
        Directory.CreateDirectory(uploads);
        var (young, old, whole) = (Path.Combine(uploads, "a.1.tmp"), Path.Combine(uploads, "b.2.tmp"), Path.Combine(uploads, "c.arrow"));
        foreach (var (file, age) in ((string, TimeSpan)[])[(young, Keep - TimeSpan.FromSeconds(1)), (old, Keep), (whole, Keep)])
        {
            await File.WriteAllTextAsync(file, "", Token);
            File.SetLastWriteTimeUtc(file, (bench.Clock.GetUtcNow() - age).UtcDateTime);
        }

        Assert.Equal(1, await bench.SweepAsync(TimeSpan.Zero));
        Assert.Equal((true, false, true), (File.Exists(young), File.Exists(old), File.Exists(whole)));
    }

    [Fact]
    public async Task Sweeper_OnItsTimer_SweepsByItself()
    {
        await using var bench = await SweepBench.StartAsync(interval: TimeSpan.FromMinutes(5));
        bench.Leave("left/over.arrow");
        bench.Age();
        using var watcher = new FileSystemWatcher(Path.Combine(bench.Folder, "left"));
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        watcher.Deleted += (_, _) => gone.TrySetResult();
        watcher.EnableRaisingEvents = true;

        // One tick finds it, a later one takes it; each tick is one timer's.
        while (!gone.Task.IsCompleted)
        {
            bench.Clock.Advance(TimeSpan.FromMinutes(5));
            await bench.Probe.RowsAsync("select 1");
            Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A silo whose time the test moves; files get the time of that clock.</summary>
    private sealed class SweepBench(RunningSilo silo, ManualTimeProvider clock) : IAsyncDisposable
    {
        public RunningSilo Silo => silo;

        public ManualTimeProvider Clock => clock;

        public SqlProbe Probe { get; } = new(silo.Flight);

        public string Folder => Path.Combine(silo.Host.Services.GetRequiredService<OrleansFlow.Silo.Hosting.GatewayIdentity>().ArtifactFolder, "_tables");

        public static async Task<SweepBench> StartAsync(string? dataFolder = null, TimeSpan? interval = null)
        {
            var clock = new ManualTimeProvider();
            return new SweepBench(
                await RunningSilo.StartAsync(options =>
                {
                    (options.WorkerSlots, options.Clock, options.DataFolder) = (0, clock, dataFolder ?? options.DataFolder);
                    options.ConfigureServices = services => services.Configure<SqlGatewayOptions>(sql => sql.SweepInterval = interval ?? TimeSpan.FromDays(1));
                }),
                clock);
        }

        public List<string> Files() =>
            [.. Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Folder, file).Replace('\\', '/')).Order(StringComparer.Ordinal)];

        /// <summary>Leaves a file as a crash would.</summary>
        public void Leave(string name)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Folder, name))!);
            File.WriteAllText(Path.Combine(Folder, name), "left over");
        }

        /// <summary>Makes everything old.</summary>
        public void Age()
        {
            var old = clock.GetUtcNow().UtcDateTime.AddDays(-10);
            foreach (var file in Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories))
            {
                File.SetLastWriteTimeUtc(file, old);
            }

            foreach (var folder in Directory.EnumerateDirectories(Folder))
            {
                Directory.SetLastWriteTimeUtc(folder, old);
            }
        }

        public Task<int> SweepAsync(TimeSpan later)
        {
            clock.Advance(later);
            return silo.Host.Services.GetRequiredService<DatasetSweeper>().SweepAsync(Token);
        }

        public ValueTask DisposeAsync() => silo.DisposeAsync();
    }
}
