using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Grains.Workflows;

/// <summary>Goal: the index lists every run in order, and costs the same however many runs there are.</summary>
public sealed class WorkflowIndexTests
{
    private const int Watchdog = 60_000;
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory(Timeout = Watchdog)]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    [InlineData(true, 3)]
    public async Task List_AfterRandomRecordsRemovalsAndCrashes_IsWhatASortedListSays(bool batches, int seed)
    {
        await using var index = await IndexCluster.StartAsync(batches);
        var random = new Random(seed);
        var known = new Dictionary<string, WorkflowLine>(StringComparer.Ordinal);
        for (var round = 0; round < 12; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 120).Select(_ => random.Next(8) == 0 && known.Count > 0
                ? RemoveAsync(index, known, random)
                : RecordAsync(index, known, random)).ToList());
            if (round % 3 == 2)
            {
                // News that nobody waits for are written by then.
                await index.FlushAsync();
                await index.Cluster.CrashAsync();
            }

            await CheckAsync(index, known, random);
        }
    }

    [Theory(Timeout = Watchdog)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Record_BesideThousandsOfRuns_WritesNoMoreThanBesideAFew(bool batches)
    {
        await using var index = await IndexCluster.StartAsync(batches);
        var (bytes, heads) = (0L, 0);
        index.Cluster.Storage.AfterWrite = (name, json) =>
        {
            bytes += name.StartsWith("runs-", StringComparison.Ordinal) ? json.Length : 0;
            heads += name == "index" ? 1 : 0;
        };
        for (var number = 0; number < 3_000; number++)
        {
            await index.RecordAsync(IndexCluster.Line($"r{number:00000}", Start.AddSeconds(number)));
            if (number is 40 or 2_999)
            {
                bytes = 0;
                await index.RecordAsync(IndexCluster.Line($"r{number:00000}", Start.AddSeconds(number), order: 2, wakeUtc: Start.AddDays(900)));
                await index.RecordAsync(IndexCluster.Line($"r{number:00000}", Start.AddSeconds(number), order: 3));
                Assert.InRange(bytes, 1, 8_000);
            }
        }

        // Taken in blocks of segments, not for each run.
        Assert.InRange(heads, 1, 3);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Record_OfAnEnd_IsAnsweredAtOnceAndWrittenWithOthers()
    {
        await using var index = await IndexCluster.StartAsync(batches: true);
        await Task.WhenAll(Enumerable.Range(0, 32).Select(number => index.RecordAsync(IndexCluster.Line($"r{number:00}", Start.AddSeconds(number)))));
        var writes = 0;
        index.Cluster.Storage.AfterWrite = (name, _) => writes += name.StartsWith("runs-", StringComparison.Ordinal) ? 1 : 0;

        for (var number = 0; number < 32; number++)
        {
            await index.RecordAsync(IndexCluster.Line($"r{number:00}", Start.AddSeconds(number), WorkflowRunStatus.Completed, order: 2));
        }

        Assert.Equal(0, writes);
        var completed = new WorkflowFilter { Statuses = [WorkflowRunStatus.Completed] };
        Assert.Equal(32, (await index.ListAsync(completed)).Count);
        await index.FlushAsync();
        Assert.Equal(1, writes);
        await index.Cluster.CrashAsync();
        Assert.Equal(32, (await index.ListAsync(completed)).Count);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Record_OfOlderNews_ChangesNothing()
    {
        await using var index = await IndexCluster.StartAsync(batches: true);
        await index.RecordAsync(IndexCluster.Line("r", Start, WorkflowRunStatus.Completed, order: 5));
        await index.RecordAsync(IndexCluster.Line("r", Start, order: 4));

        Assert.Equal(WorkflowRunStatus.Completed, Assert.Single(await index.ListAsync(new())).Status);
    }

    [Fact(Timeout = Watchdog)]
    public async Task List_WithFilters_ShowsWhatFitsAll()
    {
        await using var index = await IndexCluster.StartAsync(batches: true);
        for (var number = 0; number < 100; number++)
        {
            await index.RecordAsync(IndexCluster.Line($"{(number % 2 == 0 ? "even" : "odd")}-{number:000}", Start.AddSeconds(number)) with
            {
                Workflow = number % 5 == 0 ? "five" : "other",
                Attributes = number % 3 == 0 ? new Dictionary<string, string> { ["customer"] = "c3", ["n"] = $"{number}" } : null,
            });
        }

        var found = await index.ListAsync(new WorkflowFilter
        {
            Workflow = "five",
            Attributes = new Dictionary<string, string> { ["customer"] = "c3" },
            RunPrefix = "even-",
            StartedFromUtc = Start.AddSeconds(30),
            StartedBeforeUtc = Start.AddSeconds(90),
            OldestFirst = true,
        });

        Assert.Equal(["even-030", "even-060"], found.Select(line => line.Run.Value));
        Assert.Equal(["odd-033"], (await index.ListAsync(new WorkflowFilter { Attributes = new Dictionary<string, string> { ["n"] = "33" } })).Select(line => line.Run.Value));
        Assert.Empty(await index.ListAsync(new WorkflowFilter { Attributes = new Dictionary<string, string> { ["n"] = "34" } }));
    }

    private static Task RecordAsync(IndexCluster index, Dictionary<string, WorkflowLine> known, Random random)
    {
        var status = random.Next(4) == 0 ? WorkflowRunStatus.Running : random.Next(5) == 0 ? WorkflowRunStatus.Failed : WorkflowRunStatus.Completed;
        DateTimeOffset? wakeUtc = random.Next(2) == 0 ? Start.AddYears(10) : null;
        WorkflowLine line;
        if (random.Next(3) == 0 && known.Count > 0)
        {
            var before = known.Values.ElementAt(random.Next(known.Count));
            line = IndexCluster.Line(before.Run.Value, before.StartedUtc, status, before.Order + 1, wakeUtc);
        }
        else
        {
            // Runs are recorded in about the order of their start, some much later; some at one moment.
            var late = random.Next(20) == 0 ? -400 : random.Next(3);
            line = IndexCluster.Line($"r{known.Count}-{random.Next(1_000_000)}", Start.AddSeconds(known.Count + late), status, 1, wakeUtc);
        }

        line = line with { Attributes = new Dictionary<string, string> { ["k"] = $"{line.Run.Value.Length % 3}" } };
        known[line.Run.Value] = line;
        return index.RecordAsync(line);
    }

    private static Task RemoveAsync(IndexCluster index, Dictionary<string, WorkflowLine> known, Random random)
    {
        var line = known.Values.ElementAt(random.Next(known.Count));
        known.Remove(line.Run.Value);
        return index.Grain.RemoveAsync(line.Run, line.StartedUtc, FlowCluster.Token);
    }

    private static async Task CheckAsync(IndexCluster index, Dictionary<string, WorkflowLine> known, Random random)
    {
        var filter = new WorkflowFilter
        {
            Statuses = random.Next(2) == 0 ? [] : [WorkflowRunStatus.Running, WorkflowRunStatus.Failed],
            Attributes = random.Next(2) == 0 ? null : new Dictionary<string, string> { ["k"] = "1" },
            OldestFirst = random.Next(2) == 0,
        };
        var expected = known.Values
            .Where(line => filter.Statuses.Count == 0 || filter.Statuses.Contains(line.Status))
            .Where(line => filter.Attributes is null || line.Attributes!["k"] == "1")
            .OrderBy(line => line.StartedUtc).ThenBy(line => line.Run.Value, StringComparer.Ordinal).ToList();
        if (!filter.OldestFirst)
        {
            expected.Reverse();
        }

        var listed = await index.ListAsync(filter, random.Next(1, 60));
        Assert.Equal(expected.Select(line => (line.Run.Value, line.Status, line.Order)), listed.Select(line => (line.Run.Value, line.Status, line.Order)));
    }
}
