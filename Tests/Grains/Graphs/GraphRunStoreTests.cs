using System.Collections.Immutable;
using System.Text.Json;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>What a silo stores of a run must be read by every later one: the texts are a contract.</summary>
public sealed class GraphRunStoreTests
{
    private const string Document = """{"name":"x","nodes":[{"id":"a","role":"r","tasks":3},{"id":"b","role":"s","depends_on":["a"],"start_when":"first_batch"}]}""";

    private const string Wide =
        """{"name":"x","nodes":[{"id":"a","role":"r","tasks":150,"routing":{"on_failure":["f"]}},{"id":"b","role":"r","tasks":40,"depends_on":["a"],"start_when":"first_batch","routing":{"on_failure":["f"]}},{"id":"c","role":"r","tasks":5,"routing":{"on_failure":["f"]}},{"id":"f","role":"r","tasks":90}]}""";

    /// <summary>Every node ends in one of several ways, and each way changes the variables.</summary>
    private const string Routed = """
        {"name":"x","vars":{"n":0},"nodes":[{"id":"a","role":"r","tasks":3,"routing":{"on_success":["ok"],"on_failure":["fix"]}},
         {"id":"ok","fn":"vars.incr","args":{"key":"n"}},{"id":"fix","fn":"vars.set","args":{"fixed.a":true}},
         {"id":"b","role":"r","tasks":70,"depends_on":["ok","fix"],"fan_in":"any","routing":{"on_failure":["e"]}},
         {"id":"c","role":"r","depends_on":["b"],"start_when":"first_batch","on_upstream_failure":"end_of_input","routing":{"on_failure":["e"]}},
         {"id":"d","role":"r","tasks":9,"depends_on":[{"node":"b","on":"done","when":"vars.n == 1"}],"routing":{"on_failure":["e"]}},{"id":"e","role":"r","tasks":100,"fan_in":"any"},
         {"id":"gate","approval":{},"routing":{"on_failure":["e"]}}]}
        """;

    /// <summary>Nodes that grow, windows, a graph in a graph, and failures that are undone.</summary>
    private const string Scattered = """
        {"name":"x","vars":{"l":[1,2,3]},"nodes":[{"id":"a","role":"r","tasks":3,"routing":{"on_failure":["f"]},"compensate":{"role":"u","on_cancel":true}},
         {"id":"each","role":"r","foreach":{"batches_of":"a","barrier":"count:2"},"concurrency":{"limit":2},"depends_on":["a"],"start_when":"first_batch","routing":{"on_failure":["f"]},"compensate":{"role":"u"}},
         {"id":"list","role":"r","foreach":{"items":"vars.l","max_items":100},"concurrency":{"limit":1},"compensate":{"role":"u"}},
         {"id":"in","graph":{"nodes":[{"id":"i","role":"r"}]},"foreach":{"items":["x","y"]},"depends_on":["list"]},{"id":"f","role":"r","tasks":2}]}
        """;

    private const string Format1 = """
        {"document":"DOCUMENT","files":{"f":"/d/f.parquet"},"status":1,"submitted":"2026-01-01T00:00:00+00:00","started":"2026-01-01T00:00:00+00:00","version":13,
        "nodes":[
        {"status":1,"opened":true,"started":"2026-01-01T00:00:00+00:00","metrics":{"n":3},"tasks":[
        {"status":4,"attempt":1,"epoch":1,"worker":"w","batches":[{"e":1,"r":5,"b":50,"p":"r/a/0/0.e1.arrow"}],"reported":1,"result":"{}"},
        {"status":3,"attempt":1,"epoch":1,"worker":"w","ready":"2026-01-01T00:00:01+00:00","retries":1,"reported":1,"failure":{"reason":"oops","permanent":false,"message":"no"}},
        {"status":2,"attempt":1,"epoch":1,"worker":"w","lease":{"session":"s","granted":"2026-01-01T00:00:00+00:00","expires":"2026-01-01T00:01:00+00:00"},"batches":[{"e":1,"r":7,"b":70,"p":"r/a/2/0.e1.arrow","s":1}]}]},
        {"status":0,"opened":true,"tasks":[{"status":1,"ready":"2026-01-01T00:00:00+00:00"}]}]}
        """;

    private static readonly string DocumentText = JsonEncodedText.Encode(Document).ToString();

    [Fact]
    public async Task Rows_OfAKnownRun_AreTheKnownTexts()
    {
        var run = new StoredRun(new JsonBatchStorage(), Document);
        await ExampleAsync(run);

        Assert.Equal(
            """{"status":1,"submitted":"2026-01-01T00:00:00+00:00","started":"2026-01-01T00:00:00+00:00","version":13,"format":2,"node_rows":"a","task_rows":"a","batch_rows":"a"}""",
            run.Text("run"));
        Assert.Equal($$$"""{"document":"{{{DocumentText}}}","files":{"f":"/d/f.parquet"}}""", run.Text("run-plan"));
        Assert.Equal(
            """
            {"nodes":[{"status":1,"opened":true,"started":"2026-01-01T00:00:00+00:00","metrics":{"n":3},"opened_at":"2026-01-01T00:00:00+00:00","metric_counts":{"n":2}},
            {"status":0,"opened":true,"opened_at":"2026-01-01T00:00:00+00:00","edges":"t"}]}
            """.ReplaceLineEndings(""),
            run.Text("run-nodes-0.a"));
        Assert.Equal(
            """
            {"tasks":[{"status":4,"attempt":1,"epoch":1,"worker":"w","reported":1,"result":"{}"},
            {"status":3,"attempt":1,"epoch":1,"worker":"w","ready":"2026-01-01T00:00:01+00:00","retries":1,"reported":1,"failure":{"reason":"oops","permanent":false,"message":"no"}},
            {"status":2,"attempt":1,"epoch":1,"worker":"w","lease":{"session":"s","granted":"2026-01-01T00:00:00+00:00","expires":"2026-01-01T00:01:00+00:00"}},
            null]}
            """.ReplaceLineEndings(""),
            run.Text("run-tasks-0.a"));
        Assert.Equal(
            """{"batches":[{"t":0,"e":1,"r":5,"b":50,"p":"r/a/0/0.e1.arrow","m":{"n":1.5}},{"t":2,"e":1,"r":7,"b":70,"p":"r/a/2/0.e1.arrow"}]}""", run.Text("run-batches-0.a"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Read_OfFormat1_IsTheSameRunAndTheNextWriteBringsItToFormat2(bool batches)
    {
        var example = new StoredRun(new JsonBatchStorage(), Document);
        await ExampleAsync(example);
        var old = new StoredRun(batches ? new JsonBatchStorage() : new JsonGrainStorage(), Document);
        old.Put("run", Format1.ReplaceLineEndings("").Replace("DOCUMENT", DocumentText, StringComparison.Ordinal));

        // Format 1 did not count what its sums are made of: each is taken as one report. Nor did it keep what each batch reported.
        const string Counted = "\"MetricCounts\":{\"n\":2}", Uncounted = "\"MetricCounts\":{\"n\":1}", OfBatch = ",\"m\":{\"n\":1.5}";
        await old.ReloadAsync();
        Assert.Equal(StoredRun.Describe(example.State).Replace(Counted, Uncounted, StringComparison.Ordinal).Replace(OfBatch, "", StringComparison.Ordinal), StoredRun.Describe(old.State));

        foreach (var one in (StoredRun[])[example, old])
        {
            await one.DoAsync(new LeaseTask(new TaskSlot(0, 2), new CompleteAttempt(1, 1, null)));
            await one.ReloadAsync();
        }

        Assert.Equal(StoredRun.Describe(example.State).Replace(Counted, Uncounted, StringComparison.Ordinal).Replace(OfBatch, "", StringComparison.Ordinal), StoredRun.Describe(old.State));
        Assert.Contains("\"format\":2", old.Text("run"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, 1, Wide)]
    [InlineData(false, 2, Wide)]
    [InlineData(true, 3, Wide)]
    [InlineData(true, 4, Wide)]
    [InlineData(false, 5, Routed)]
    [InlineData(false, 6, Routed)]
    [InlineData(true, 7, Routed)]
    [InlineData(true, 8, Routed)]
    [InlineData(false, 9, Scattered)]
    [InlineData(true, 10, Scattered)]
    [InlineData(true, 11, Scattered)]
    [InlineData(false, 12, Scattered)]
    public async Task Read_AfterAnyCommit_IsWhatWasWritten(bool batches, int seed, string document)
    {
        var run = new StoredRun(batches ? new JsonBatchStorage() : new JsonGrainStorage(), document);
        await run.DoAsync(run.Submit());
        var random = new Random(seed);
        for (var step = 0; step < 400; step++)
        {
            await run.DoAnythingAsync(random);
            if (step % 5 == 0)
            {
                var written = StoredRun.Describe(run.State);
                await run.ReloadAsync();
                Assert.Equal(written, StoredRun.Describe(run.State));
            }
        }

        await run.DoAsync(new CancelRun("enough"));
        var cancelled = StoredRun.Describe(run.State);
        await run.ReloadAsync();
        Assert.Equal(cancelled, StoredRun.Describe(run.State));
        Assert.Equal(batches ? 1 : 0, run.Names.Count(name => name == "run-tasks-0.a"));
        Assert.Equal(run.Names.Count, run.Names.Select(name => name.Split('.')[0]).Distinct().Count());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Commit_ThatDiesBeforeItsHead_LeavesTheRunAsItWas(bool batches)
    {
        var storage = batches ? new JsonBatchStorage() : new JsonGrainStorage();
        var run = new StoredRun(storage, Document);
        await ExampleAsync(run);
        var before = StoredRun.Describe(run.State);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            storage.BeforeWrite = name => name == "run" ? throw new IOException("killed") : Task.CompletedTask;
            await Assert.ThrowsAsync<IOException>(() => run.DoAsync(new LeaseTask(new TaskSlot(0, 2), new CompleteAttempt(1, 1, null))));
            storage.BeforeWrite = _ => Task.CompletedTask;
            await run.ReloadAsync();
            Assert.Equal(before, StoredRun.Describe(run.State));
        }

        await run.DoAsync(new LeaseTask(new TaskSlot(0, 2), new CompleteAttempt(1, 1, null)));
        var after = StoredRun.Describe(run.State);
        await run.ReloadAsync();
        Assert.Equal(after, StoredRun.Describe(run.State));
        Assert.NotEqual(before, after);
    }

    [Fact]
    public async Task Commit_OfAnActivationThatWasReplaced_IsRefusedAndTouchesNothing()
    {
        var storage = new JsonGrainStorage();
        var (replaced, current) = (new StoredRun(storage, Document), new StoredRun(storage, Document));
        await ExampleAsync(replaced);
        await current.ReloadAsync();
        await current.DoAsync(new LeaseTask(new TaskSlot(0, 2), new CompleteAttempt(1, 1, null)));
        var written = StoredRun.Describe(current.State);

        await Assert.ThrowsAsync<Orleans.Storage.InconsistentStateException>(
            () => replaced.DoAsync(new LeaseTask(new TaskSlot(0, 2), new FailAttempt(1, new LeaseFailure("late", true, "late")))));

        await current.ReloadAsync();
        Assert.Equal(written, StoredRun.Describe(current.State));
    }

    [Fact]
    public async Task Read_OfARunWithoutALongResult_NamesTheRunAndTheRow()
    {
        var run = new StoredRun(new JsonBatchStorage(), Document);
        await run.DoAsync(run.Submit());
        await run.DoAsync(new LeaseTask(new TaskSlot(0, 0), new GrantLease(new WorkerId("w"), "s")));
        await run.DoAsync(new LeaseTask(new TaskSlot(0, 0), new CompleteAttempt(1, 0, $"\"{new string('x', 511)}\"")));
        Assert.Contains("\"result_row\":\"run-result-0.a\"", run.Text("run-tasks-0.a"), StringComparison.Ordinal);
        run.Put("run-tasks-0.a", run.Text("run-tasks-0.a").Replace("run-result-0.a", "run-result-0.b", StringComparison.Ordinal));

        var exception = await Assert.ThrowsAsync<FlowException>(run.ReloadAsync);

        Assert.Equal(FlowErrorCode.StateCorrupt, exception.Code);
        Assert.Contains("run-result-0.b", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_OfARunWithoutOneOfItsRows_NamesTheRunAndTheRow()
    {
        var run = new StoredRun(new JsonBatchStorage(), Document);
        await ExampleAsync(run);
        run.Put("run", run.Text("run").Replace("\"task_rows\":\"a\"", "\"task_rows\":\"a,a\"", StringComparison.Ordinal));

        var exception = await Assert.ThrowsAsync<FlowException>(run.ReloadAsync);

        Assert.Equal(FlowErrorCode.StateCorrupt, exception.Code);
        Assert.Contains("run-tasks-1.a", exception.Message, StringComparison.Ordinal);
        Assert.Contains(run.Grain.ToString(), exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_OfAFormatThatIsNotKnown_IsRefused()
    {
        var run = new StoredRun(new JsonBatchStorage(), Document);
        await ExampleAsync(run);
        run.Put("run", run.Text("run").Replace("\"format\":2", "\"format\":3", StringComparison.Ordinal));

        var exception = await Assert.ThrowsAsync<JsonException>(run.ReloadAsync);

        Assert.Contains("format 3 is not known", exception.Message, StringComparison.Ordinal);
    }

    private static async Task ExampleAsync(StoredRun run)
    {
        var metrics = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, [KeyValuePair.Create("n", 1.5)]);
        await run.DoAsync(run.Submit());
        for (var index = 0; index < 3; index++)
        {
            await run.DoAsync(new LeaseTask(new TaskSlot(0, index), new GrantLease(new WorkerId("w"), "s")));
        }

        await run.DoAsync(
            new LeaseTask(new TaskSlot(0, 0), new AcceptBatch(1, 0, new AcceptedBatch(1, 5, 50, "r/a/0/0.e1.arrow"), metrics)),
            new LeaseTask(new TaskSlot(0, 2), new AcceptBatch(1, 0, new AcceptedBatch(1, 7, 70, "r/a/2/0.e1.arrow"))));
        await run.DoAsync(new LeaseTask(new TaskSlot(0, 1), new FailAttempt(1, new LeaseFailure("oops", false, "no"))));
        await run.DoAsync(new LeaseTask(new TaskSlot(0, 0), new CompleteAttempt(1, 1, "{}", metrics)));
    }
}
