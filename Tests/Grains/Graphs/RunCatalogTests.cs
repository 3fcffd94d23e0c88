using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>Goal: the listing holds every run in order, whatever is recorded when, and a change costs the same however many runs there are.</summary>
public sealed class RunCatalogTests
{
    private const int Watchdog = 60_000;
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory(Timeout = Watchdog)]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public async Task List_AfterRandomRecordsRemovalsAndCrashes_IsWhatASortedListSays(bool batches, int seed)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var random = new Random(seed);
        var known = new Dictionary<string, RunEntry>(StringComparer.Ordinal);
        for (var round = 0; round < 12; round++)
        {
            var changes = Enumerable.Range(0, 150).Select(_ => random.Next(8) == 0 && known.Count > 0
                ? RemoveAsync(cluster, known, random)
                : RecordAsync(cluster, known, random)).ToList();
            await Task.WhenAll(changes);
            if (round % 3 == 2)
            {
                await cluster.CrashAsync();
            }

            await CheckAsync(cluster, known, random);
        }
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Record_BesideThousandsOfRuns_WritesNoMoreThanBesideAFew(bool batches)
    {
        await using var cluster = await FlowCluster.StartAsync(batches);
        var (bytes, heads) = (0L, 0);
        cluster.Storage.AfterWrite = (name, json) =>
        {
            if (name.StartsWith("runs-", StringComparison.Ordinal))
            {
                Interlocked.Add(ref bytes, json.Length);
            }

            heads += name == "catalog" ? 1 : 0;
        };
        var catalog = Catalog(cluster);
        for (var number = 0; number < 4_000; number++)
        {
            await catalog.RecordAsync(Entry($"r{number:00000}", Start.AddSeconds(number), RunStatus.Completed, 1), FlowCluster.Token);
            if (number is 40 or 3_999)
            {
                Interlocked.Exchange(ref bytes, 0);
                await catalog.RecordAsync(Entry($"r{number:00000}", Start.AddSeconds(number), RunStatus.Completed, 2), FlowCluster.Token);
                Assert.InRange(bytes, 1, 8_000);
            }
        }

        // Taken in blocks of segments, not for each run.
        Assert.InRange(heads, 1, 4);
        Interlocked.Exchange(ref bytes, 0);
        await catalog.RecordAsync(Entry("r00007", Start.AddSeconds(7), RunStatus.Failed, 9), FlowCluster.Token);
        Assert.InRange(bytes, 1, 8_000);
        var failed = Assert.Single(await catalog.ListAsync(10, null, default, [RunStatus.Failed], FlowCluster.Token));
        Assert.Equal("r00007", failed.Run.RunId.Value);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Record_OfAnOlderVersion_ChangesNothing()
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true);
        await Catalog(cluster).RecordAsync(Entry("r", Start, RunStatus.Completed, 5), FlowCluster.Token);
        await Catalog(cluster).RecordAsync(Entry("r", Start, RunStatus.Running, 4), FlowCluster.Token);

        Assert.Equal(RunStatus.Completed, Assert.Single(await Catalog(cluster).ListAsync(10, null, default, [], FlowCluster.Token)).Run.Status);
    }

    [Fact(Timeout = Watchdog)]
    public async Task List_OfTheFirstForm_IsReadAndGoesOnInSegments()
    {
        await using var cluster = await FlowCluster.StartAsync(batches: true);
        var grain = Catalog(cluster).GetGrainId();
        var lines = Enumerable.Range(0, 100).Reverse().Select(number => $$"""{"run":"r{{number:000}}","graph":"g","status":3,"submittedUtc":"2026-01-01T00:{{number / 60:00}}:{{number % 60:00}}+00:00","version":1}""");
        cluster.Storage.Put("catalog", grain, $$"""{"runs":[{{string.Join(',', lines)}}]}""");

        await Catalog(cluster).RecordAsync(Entry("new", Start.AddHours(1), RunStatus.Running, 1), FlowCluster.Token);
        await cluster.CrashAsync();

        var listed = await Catalog(cluster).ListAsync(200, null, default, [], FlowCluster.Token);
        Assert.Equal(["new", .. Enumerable.Range(0, 100).Reverse().Select(number => $"r{number:000}")], listed.Select(entry => entry.Run.RunId.Value));
        Assert.DoesNotContain("\"runs\"", cluster.Storage.Get("catalog", grain), StringComparison.Ordinal);
    }

    private static IRunCatalogGrain Catalog(FlowCluster cluster) => cluster.Grains.GetGrain<IRunCatalogGrain>("0");

    private static RunEntry Entry(string run, DateTimeOffset submittedUtc, RunStatus status, long version) => new()
    {
        Version = version,
        Run = new RunView
        {
            RunId = new RunId(run), GraphName = "g", Status = status, SubmittedUtc = submittedUtc, EndedUtc = IsEnd(status) ? submittedUtc.AddSeconds(1) : null,
        },
    };

    private static bool IsEnd(RunStatus status) => status is RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled;

    private static Task RecordAsync(FlowCluster cluster, Dictionary<string, RunEntry> known, Random random)
    {
        var status = random.Next(4) == 0 ? RunStatus.Running : random.Next(5) == 0 ? RunStatus.Failed : RunStatus.Completed;
        RunEntry entry;
        if (random.Next(3) == 0 && known.Count > 0)
        {
            var before = known.Values.ElementAt(random.Next(known.Count));
            entry = Entry(before.Run.RunId.Value, before.Run.SubmittedUtc, status, before.Version + 1);
        }
        else
        {
            // Runs are recorded in about the order of their submission, some much later; some at one moment.
            var late = random.Next(20) == 0 ? -400 : random.Next(3);
            entry = Entry($"r{known.Count}-{random.Next(1_000_000)}", Start.AddSeconds(known.Count + late), status, 1);
        }

        known[entry.Run.RunId.Value] = entry;
        return Catalog(cluster).RecordAsync(entry, FlowCluster.Token);
    }

    private static Task RemoveAsync(FlowCluster cluster, Dictionary<string, RunEntry> known, Random random)
    {
        var entry = known.Values.ElementAt(random.Next(known.Count));
        known.Remove(entry.Run.RunId.Value);
        return Catalog(cluster).RemoveAsync(entry.Run.RunId, entry.Run.SubmittedUtc, FlowCluster.Token);
    }

    private static async Task CheckAsync(FlowCluster cluster, Dictionary<string, RunEntry> known, Random random)
    {
        RunStatus[] statuses = random.Next(2) == 0 ? [] : [RunStatus.Running, RunStatus.Failed];
        var expected = known.Values
            .Where(entry => statuses.Length == 0 || statuses.Contains(entry.Run.Status))
            .OrderByDescending(entry => entry.Run.SubmittedUtc).ThenByDescending(entry => entry.Run.RunId.Value, StringComparer.Ordinal).ToList();
        var listed = new List<RunEntry>();
        var size = random.Next(1, 60);
        IReadOnlyList<RunEntry> page;
        do
        {
            page = await Catalog(cluster).ListAsync(
                size, listed.Count > 0 ? listed[^1].Run.SubmittedUtc : null, listed.Count > 0 ? listed[^1].Run.RunId : default, statuses, FlowCluster.Token);
            listed.AddRange(page);
        }
        while (page.Count == size);

        Assert.Equal(expected.Select(entry => (entry.Run.RunId.Value, entry.Run.Status)), listed.Select(entry => (entry.Run.RunId.Value, entry.Run.Status)));
        var ended = await Catalog(cluster).ListEndedAsync(25, null, default, FlowCluster.Token);
        Assert.Equal(
            known.Values.Where(entry => IsEnd(entry.Run.Status)).OrderBy(entry => entry.Run.SubmittedUtc).ThenBy(entry => entry.Run.RunId.Value, StringComparer.Ordinal).Take(25).Select(entry => entry.Run.RunId),
            ended.Select(entry => entry.Run.RunId));
    }
}
