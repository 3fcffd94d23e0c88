using System.Collections.Concurrent;
using OrleansFlow.Arrow;
using OrleansFlow.Inputs;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Worker.Inputs;

/// <summary>Goal: the adapters that read artifacts lose nothing and double nothing, whatever happens to the attempt. Method: a gateway that feeds and heeds credit.</summary>
public class ArtifactAdapterTests
{
    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Pull_Of10000Batches_LosesAndDoublesNone()
    {
        var sum = 0L;
        var count = 0;
        await using var worker = new WorkerHarness(
            new HandlerScript
            {
                Process = (_, input, _) =>
                {
                    sum += input.Batch!.Column<Int64Array>("n").Values[0];
                    count++;
                    return ValueTask.FromResult(BatchOutcome.None);
                },
            },
            options => options with { PrefetchBatches = 8 });
        await using var gateway = await FeedingGateway.AcceptAsync(worker);
        gateway.Add(worker, "a", [.. Enumerable.Range(1, 10_000).Select(n => new[] { (long)n })]);

        var outcome = await gateway.RunAsync(FeedingGateway.OfferOf("pull.from_artifacts"));

        Assert.Equal((Outcome.Types.Kind.Completed, 10_000, 50_005_000L), (outcome.Kind, count, sum));
        Assert.InRange(gateway.CreditMax, 1, 8);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Claims_OfAFailedAttempt_AreReadAgainByTheNext()
    {
        ConcurrentQueue<string> seen = new();
        var fails = true;
        await using var worker = new WorkerHarness(AdapterScripts.Counting(seen, input => fails && input.Uid == "a/0/7"), options => options with { PrefetchBatches = 4 });
        await using var gateway = await FeedingGateway.AcceptAsync(worker);
        gateway.Add(worker, "a", [.. Enumerable.Range(0, 12).Select(n => new[] { (long)n })]);
        var offer = FeedingGateway.OfferOf("pull.from_artifacts");

        var failed = await gateway.RunAsync(offer);
        fails = false;
        var completed = await gateway.RunAsync(gateway.Again(offer));

        Assert.Equal((Outcome.Types.Kind.Failed, Outcome.Types.Kind.Completed, 12), (failed.Kind, completed.Kind, completed.BatchCount));
        Assert.Equal(Enumerable.Range(0, 12).Select(n => $"a/0/{n}"), seen);
        Assert.Equal(Enumerable.Range(0, 12), gateway.Accepted.Select(report => report.Index));
        Assert.Equal(7, gateway.Asked.Last().After);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Claims_OfAWorkerThatWasLost_AreReadByTheOneThatTakesOver()
    {
        ConcurrentQueue<string> seen = new();
        var gate = new Gate();
        var script = AdapterScripts.Counting(seen, _ => false);
        var process = script.Process!;
        script.Process = async (context, input, token) =>
        {
            if (input.Uid == "a/0/5")
            {
                await gate.PassAsync(token);
            }

            return await process(context, input, token);
        };
        FeedingGateway first;
        await using (var lost = new WorkerHarness(script))
        {
            await using var gateway = first = await FeedingGateway.AcceptAsync(lost);
            gateway.Add(lost, "a", [.. Enumerable.Range(0, 10).Select(n => new[] { (long)n })]);
            _ = gateway.RunAsync(FeedingGateway.OfferOf("pull.from_artifacts"));
            await gate.Reached;
            await WaitUntilAsync(() => gateway.Accepted.Count == 5);
        }

        await using var heir = new WorkerHarness(AdapterScripts.Counting(seen, _ => false));
        await using var second = await FeedingGateway.AcceptAsync(heir);
        second.Add(heir, "a", [.. Enumerable.Range(0, 10).Select(n => new[] { (long)n })]);
        var outcome = await second.RunAsync(first.Again(FeedingGateway.OfferOf("pull.from_artifacts")));

        Assert.Equal((Outcome.Types.Kind.Completed, 10), (outcome.Kind, outcome.BatchCount));
        Assert.Equal(Enumerable.Range(0, 10).Select(n => $"a/0/{n}"), seen);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Handler_ThatKeepsStateOfItsInput_ReadsFromTheStartAgain()
    {
        ConcurrentQueue<string> seen = new();
        var script = AdapterScripts.Counting(seen, _ => false);
        script.Resumes = false;
        await using var worker = new WorkerHarness(script);
        await using var gateway = await FeedingGateway.AcceptAsync(worker);
        gateway.Add(worker, "a", [1], [2]);
        var offer = FeedingGateway.OfferOf("pull.from_artifacts");
        offer.AcceptedBatches = 1;
        offer.InputPosition = "1";

        var outcome = await gateway.RunAsync(offer);

        Assert.Equal(["a/0/0", "a/0/1"], seen);
        Assert.Equal([1], gateway.Accepted.Select(report => report.Index));
        Assert.Equal(2, outcome.BatchCount);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("2", "a/0/2 a/0/3")]
    [InlineData("", "a/0/0 a/0/1 a/0/2 a/0/3")]
    public async Task Handler_WithACheckpoint_GoesOnAfterTheInputThatItCameFrom(string checkpointPosition, string expected)
    {
        ConcurrentQueue<string> seen = new();
        var script = AdapterScripts.Counting(seen, _ => false);
        script.Resumes = false;
        await using var worker = new WorkerHarness(script);
        await using var gateway = await FeedingGateway.AcceptAsync(worker);
        gateway.Add(worker, "a", [0], [1], [2], [3]);
        var offer = FeedingGateway.OfferOf("pull.from_artifacts");
        (offer.AcceptedBatches, offer.InputPosition, offer.CheckpointInputPosition) = (3, "3", checkpointPosition);
        offer.Checkpoint = new Checkpoint { Version = 1, Json = "{}", OutputCount = checkpointPosition.Length > 0 ? 2 : 0 };

        var outcome = await gateway.RunAsync(offer);

        Assert.Equal((Outcome.Types.Kind.Completed, 4), (outcome.Kind, outcome.BatchCount));
        Assert.Equal(expected, string.Join(' ', seen));
        Assert.Equal([3], gateway.Accepted.Select(report => report.Index));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Batch_ThatMakesNoOutput_IsConfirmedWithTheNextOutput()
    {
        ConcurrentQueue<string> seen = new();
        var script = AdapterScripts.Counting(seen, _ => false);
        var process = script.Process!;
        script.Process = async (context, input, token) =>
        {
            var outcome = await process(context, input, token);
            if (input.Uid is "a/0/1" or "a/0/3")
            {
                return outcome;
            }

            outcome.Output!.Dispose();
            return BatchOutcome.None;
        };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await FeedingGateway.AcceptAsync(worker);
        gateway.Add(worker, "a", [0], [1], [2], [3], [4]);

        await gateway.RunAsync(FeedingGateway.OfferOf("pull.from_artifacts"));

        Assert.Equal(["2", "4"], gateway.Accepted.Select(report => report.InputPosition));
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("""{"from_nodes":["b"]}""", "b/0/0 b/0/1")]
    [InlineData("""{"from_node":"b"}""", "b/0/0 b/0/1")]
    [InlineData("""{"from_nodes":["b","a"]}""", "a/0/0 b/0/0 a/0/1 b/0/1")]
    [InlineData("{}", "a/0/0 b/0/0 a/0/1 b/0/1")]
    [InlineData("""{"from_nodes":[]}""", "")]
    public async Task Pull_FromSomeNodes_ReadsTheirArtifactsInOrderOfAcceptance(string args, string expected)
    {
        ConcurrentQueue<string> seen = new();
        await using var worker = new WorkerHarness(AdapterScripts.Counting(seen, _ => false));
        await using var gateway = await FeedingGateway.AcceptAsync(worker);
        gateway.Add(worker, "a", [1]);
        gateway.Add(worker, "b", [2]);
        gateway.Add(worker, "a", [3]);
        gateway.Add(worker, "b", [4]);

        Assert.Equal(Outcome.Types.Kind.Completed, (await gateway.RunAsync(FeedingGateway.OfferOf("pull.from_artifacts", args))).Kind);
        Assert.Equal(expected, string.Join(' ', seen));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Pull_WithoutUpstreamBatches_CompletesWithNone()
    {
        await using var worker = new WorkerHarness();
        await using var gateway = await FeedingGateway.AcceptAsync(worker);

        var outcome = await gateway.RunAsync(FeedingGateway.OfferOf("pull.from_artifacts"));

        Assert.Equal((Outcome.Types.Kind.Completed, 0), (outcome.Kind, outcome.BatchCount));
        Assert.Contains("finalize", worker.Script.Calls);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Pull_OfSeveralTasks_DividesTheBatches_OrGivesAllToEach()
    {
        ConcurrentQueue<string> seen = new();
        await using var worker = new WorkerHarness(AdapterScripts.Counting(seen, _ => false));
        await using var gateway = await FeedingGateway.AcceptAsync(worker);
        gateway.Add(worker, "a", [.. Enumerable.Range(0, 7).Select(n => new[] { (long)n })]);
        for (var task = 0; task < 3; task++)
        {
            var offer = FeedingGateway.OfferOf("pull.from_artifacts", taskId: $"r/join/{task}");
            offer.TaskCount = 3;
            await gateway.RunAsync(offer);
        }

        Assert.Equal(Enumerable.Range(0, 7).Select(n => $"a/0/{n}"), seen.Order(StringComparer.Ordinal));
        seen.Clear();
        var all = FeedingGateway.OfferOf("pull.from_artifacts", """{"share":"all"}""", "r/other/1");
        all.TaskCount = 3;
        await gateway.RunAsync(all);
        Assert.Equal(7, seen.Count);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Pull_AsksWithItsArguments_AndTheWorkersDefaults()
    {
        await using var worker = new WorkerHarness();
        await using var gateway = await FeedingGateway.AcceptAsync(worker);

        await gateway.RunAsync(FeedingGateway.OfferOf("pull.from_artifacts"));
        await gateway.RunAsync(FeedingGateway.OfferOf("pull.rechunk", """{"size":2,"poll_ms":7,"backoff_max_ms":9,"eof_on_task_done":false}""", "r/join/1"));

        Assert.Equal([(300, 4000, false), (7, 9, true)], gateway.Asked.Select(ask => (ask.PollMs, ask.BackoffMaxMs, ask.KeepOpen)));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Payload_NamesTheNodeTheArtifactAndItsMeta()
    {
        ArtifactInput? rows = null, document = null;
        await using var worker = new WorkerHarness(new HandlerScript
        {
            Process = (_, input, _) =>
            {
                var payload = (ArtifactInput)input.Payload!;
                (rows, document) = payload.FromNode == "a" ? (payload, document) : (rows, payload);
                return ValueTask.FromResult(BatchOutcome.None);
            },
        });
        await using var gateway = await FeedingGateway.AcceptAsync(worker);
        gateway.Add(worker, "a", [1]);
        gateway.AddDocuments(worker, "b", """{"n":7}""");

        await gateway.RunAsync(FeedingGateway.OfferOf("pull.from_artifacts"));

        Assert.Equal(("a", "a/0/0", System.Text.Json.JsonValueKind.Undefined), (rows!.FromNode, rows.Uid, rows.Meta.ValueKind));
        Assert.Equal(("b", "b/0/0", 7), (document!.FromNode, document.Uid, document.Meta.GetProperty("n").GetInt32()));
    }

    private static async Task WaitUntilAsync(Func<bool> holds)
    {
        while (!holds())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
