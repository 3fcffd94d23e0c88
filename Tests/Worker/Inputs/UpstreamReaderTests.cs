using System.Collections.Concurrent;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Worker.Inputs;

/// <summary>Goal: a handler gets every parent batch once and in order, for no more credit than it was given, over losses too.</summary>
public class UpstreamReaderTests
{
    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ReadUpstream_GivesEveryBatchInOrderAndReturnsItsCredit()
    {
        ConcurrentQueue<string> seen = new();
        await using var worker = new WorkerHarness(Collecting(seen), options => options with { PrefetchBatches = 4 });
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf("r/join/0", parents: ["scan", "other"]));

        var ask = (await gateway.NextAsync())!.ReadInputs;
        Assert.Equal((WorkerHarness.LeaseOf("r/join/0"), "", 4), (ask.Lease, ask.Node, ask.Credit));
        await SendAsync(worker, gateway, ask.ReaderId, [("scan", 0, 0), ("scan", 1, 0), ("other", 0, 0), ("scan", 0, 1)]);
        Assert.Equal((ask.ReaderId, 2), await NextCreditAsync(gateway));
        Assert.Equal((ask.ReaderId, 2), await NextCreditAsync(gateway));
        await SendAsync(worker, gateway, ask.ReaderId, [("scan", 1, 1)], end: true);

        Assert.Equal(Outcome.Types.Kind.Completed, (await gateway.NextOutcomeAsync()).Kind);
        Assert.Equal(["scan/0/0=0", "scan/1/0=1", "other/0/0=2", "scan/0/1=3", "scan/1/1=0"], seen);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ReadUpstream_WithAHandlerThatTakesNothing_GivesNoCreditBack()
    {
        var gate = new Gate();
        var script = Collecting(new ConcurrentQueue<string>());
        script.Process = async (_, _, token) =>
        {
            await gate.PassAsync(token);
            return BatchOutcome.None;
        };
        await using var worker = new WorkerHarness(script, options => options with { PrefetchBatches = 4 });
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf("r/join/0", parents: ["scan"]));
        var ask = (await gateway.NextAsync())!.ReadInputs;
        await SendAsync(worker, gateway, ask.ReaderId, [("scan", 0, 0), ("scan", 0, 1), ("scan", 0, 2), ("scan", 0, 3)]);
        await gate.Reached;

        // One batch is with the handler, which is below the half that is given back together.
        await gateway.RoundTripAsync();

        gate.Open();
        Assert.Equal((ask.ReaderId, 2), await NextCreditAsync(gateway));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ReadUpstream_OfOneParent_AsksForItByName_AndOfAStrangerIsRefused()
    {
        var script = new HandlerScript
        {
            Read = (context, token) => context.ReadUpstreamAsync(context.TaskId.Value.Contains("good", StringComparison.Ordinal) ? "scan" : "stranger", token),
        };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf("r/good/0", parents: ["scan"]));
        var ask = (await gateway.NextAsync())!.ReadInputs;
        Assert.Equal("scan", ask.Node);
        await SendAsync(worker, gateway, ask.ReaderId, [], end: true);
        Assert.Equal(Outcome.Types.Kind.Completed, (await gateway.NextOutcomeAsync()).Kind);

        await gateway.OfferAsync(WorkerHarness.OfferOf("r/bad/0", parents: ["scan"]));
        var outcome = await gateway.NextOutcomeAsync();
        Assert.Equal((Outcome.Types.Kind.Failed, "bad_input"), (outcome.Kind, outcome.Reason));
        Assert.Contains("'stranger'", outcome.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ReadUpstream_WithoutParents_EndsAtOnceAndAsksNobody()
    {
        await using var worker = new WorkerHarness();
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf());

        Assert.Equal(Outcome.Types.Kind.Completed, (await gateway.NextOutcomeAsync()).Kind);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ReadUpstream_OverALostStream_AsksAgainAndSkipsWhatItHad()
    {
        ConcurrentQueue<string> seen = new();
        var gate = new Gate();
        var script = Collecting(seen);
        var collect = script.Process!;
        script.Process = async (context, input, token) =>
        {
            var outcome = await collect(context, input, token);
            if (input.Uid == "scan/0/1")
            {
                await gate.PassAsync(token);
            }

            return outcome;
        };
        await using var worker = new WorkerHarness(script, options => options with { PrefetchBatches = 4 });
        await using var first = await ScriptedSession.AcceptAsync(worker.Transport);
        await first.OfferAsync(WorkerHarness.OfferOf("r/join/0", parents: ["scan"]));
        var ask = (await first.NextAsync())!.ReadInputs;
        await SendAsync(worker, first, ask.ReaderId, [("scan", 0, 0), ("scan", 0, 1), ("scan", 0, 2)]);
        await gate.Reached;
        first.Lose();

        await using var second = await ScriptedSession.AcceptAsync(worker.Transport);
        var again = (await second.NextAsync())!.ReadInputs;

        // Two of the three are with the handler, so one still counts against the credit.
        Assert.Equal((ask.ReaderId, ask.Lease, 3), (again.ReaderId, again.Lease, again.Credit));
        await SendAsync(worker, second, ask.ReaderId, [("scan", 0, 0), ("scan", 0, 1), ("scan", 0, 2)]);
        Assert.Equal((ask.ReaderId, 3), await NextCreditAsync(second));
        gate.Open();
        await SendAsync(worker, second, ask.ReaderId, [("scan", 0, 3)], end: true);

        Assert.Equal(Outcome.Types.Kind.Completed, (await second.NextOutcomeAsync()).Kind);
        Assert.Equal(["scan/0/0=0", "scan/0/1=1", "scan/0/2=2", "scan/0/3=0"], seen);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("lease_lost", Outcome.Types.Kind.Stopped, "lease_lost")]
    [InlineData("store_unavailable", Outcome.Types.Kind.Failed, "store_unavailable")]
    public async Task ReadUpstream_ThatTheGatewayEnds_StopsOrFailsTheAttempt(string reason, Outcome.Types.Kind kind, string outcomeReason)
    {
        await using var worker = new WorkerHarness();
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf("r/join/0", parents: ["scan"]));
        var ask = (await gateway.NextAsync())!.ReadInputs;

        await gateway.SendAsync(new SiloMessage { InputRefs = new InputRefs { ReaderId = ask.ReaderId, FailedReason = reason } });

        var outcome = await gateway.NextOutcomeAsync();
        Assert.Equal((kind, outcomeReason), (outcome.Kind, outcome.Reason));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ReadUpstream_OfAnArtifactThatIsGone_FailsForNow()
    {
        await using var worker = new WorkerHarness();
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf("r/join/0", parents: ["scan"]));
        var ask = (await gateway.NextAsync())!.ReadInputs;
        var refs = new InputRefs { ReaderId = ask.ReaderId };
        refs.Refs.Add(new InputRef { Node = "scan", Path = "r/scan/0/0.e1.arrow", Rows = 1, Bytes = 1 });

        await gateway.SendAsync(new SiloMessage { InputRefs = refs });

        // The reader is closed on the gateway, then the failure is reported.
        Assert.Equal((ask.ReaderId, -1), await NextCreditAsync(gateway));
        var outcome = await gateway.NextOutcomeAsync();
        Assert.Equal((Outcome.Types.Kind.Failed, "artifact_lost", false), (outcome.Kind, outcome.Reason, outcome.Permanent));
        Assert.Equal([new LostInput { Node = "scan", Path = "r/scan/0/0.e1.arrow" }], outcome.LostInputs);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Attempt_ThatFailsBeforeItComesToTheLostBatch_FailsForItsOwnReason()
    {
        var script = Collecting(new ConcurrentQueue<string>());
        script.Process = (_, _, _) => throw new FormatException("this row is no number");
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf("r/join/0", parents: ["scan"]));
        var ask = (await gateway.NextAsync())!.ReadInputs;
        await SendAsync(worker, gateway, ask.ReaderId, [("scan", 0, 0)]);
        var refs = new InputRefs { ReaderId = ask.ReaderId };
        refs.Refs.Add(new InputRef { Node = "scan", Index = 1, Path = "r/scan/0/1.e1.arrow", Rows = 1, Bytes = 1 });

        await gateway.SendAsync(new SiloMessage { InputRefs = refs });

        Assert.Equal((ask.ReaderId, -1), await NextCreditAsync(gateway));
        var outcome = await gateway.NextOutcomeAsync();
        Assert.Equal(("bad_input", 0), (outcome.Reason, outcome.LostInputs.Count));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task ReadUpstream_LeftEarly_ClosesTheReader()
    {
        var script = Collecting(new ConcurrentQueue<string>());
        script.Read = (context, token) => Take(context.ReadUpstreamAsync(token), 1);
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf("r/join/0", parents: ["scan"]));
        var ask = (await gateway.NextAsync())!.ReadInputs;

        await SendAsync(worker, gateway, ask.ReaderId, [("scan", 0, 0), ("scan", 0, 1)]);

        Assert.Equal((ask.ReaderId, -1), await NextCreditAsync(gateway));
        Assert.Equal(Outcome.Types.Kind.Completed, (await gateway.NextOutcomeAsync()).Kind);
    }

    private static HandlerScript Collecting(ConcurrentQueue<string> seen) => new()
    {
        Process = (_, input, _) =>
        {
            seen.Enqueue($"{input.Uid}={input.Batch!.Column<Int64Array>("n").Values[0]}");
            return ValueTask.FromResult(BatchOutcome.None);
        },
    };

    private static async IAsyncEnumerable<InputBatch> Take(IAsyncEnumerable<InputBatch> batches, int count)
    {
        await foreach (var batch in batches)
        {
            yield return batch;
            if (--count == 0)
            {
                yield break;
            }
        }
    }

    /// <summary>Sends references to batches that hold their position within the message.</summary>
    private static async Task SendAsync(
        WorkerHarness worker, ScriptedSession gateway, long readerId, (string Node, int Task, int Index)[] references, bool end = false)
    {
        var message = new InputRefs { ReaderId = readerId, End = end };
        for (var i = 0; i < references.Length; i++)
        {
            var (node, task, index) = references[i];
            var path = $"r/{node}/{task}/{index}.e1.arrow";
            worker.Store.Files.TryAdd(path, [i]);
            message.Refs.Add(new InputRef { Node = node, TaskIndex = task, Index = index, Rows = 1, Bytes = 8, Path = path });
        }

        await gateway.SendAsync(new SiloMessage { InputRefs = message });
    }

    private static async Task<(long ReaderId, int Credit)> NextCreditAsync(ScriptedSession gateway)
    {
        var message = await gateway.NextAsync();
        Assert.Equal(WorkerMessage.KindOneofCase.InputCredit, message?.KindCase);
        return (message!.InputCredit.ReaderId, message.InputCredit.Credit);
    }
}
