using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Worker.Attempts;

/// <summary>Goal: what a handler's code does becomes the right outcome, whatever that code does. Method: scripted handler, scripted gateway.</summary>
public class AttemptTests
{
    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Offer_OfAKnownRole_CallsTheHandlerInOrderAndCompletes()
    {
        var script = new HandlerScript
        {
            Read = (_, _) => HandlerScript.Inputs(2),
            Process = (_, _, _) => ValueTask.FromResult(new BatchOutcome(Metrics: new Dictionary<string, double> { ["words"] = 2 })),
            Finish = (_, _) => ValueTask.FromResult(new FinalizeOutcome(ResultJson: "42", Metrics: new Dictionary<string, double> { ["words"] = 1 })),
        };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.OfferAsync(WorkerHarness.OfferOf());
        var outcome = await gateway.NextOutcomeAsync();

        Assert.Equal(["init", "load", "read", "process 0", "process 1", "finalize", "cleanup", "dispose"], script.Calls);
        Assert.Equal(Outcome.Types.Kind.Completed, outcome.Kind);
        Assert.Equal("42", outcome.ResultJson);
        Assert.Equal(5, outcome.Metrics["words"]);
        Assert.Equal(0, outcome.BatchCount);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Context_TellsWhatTheOfferSays()
    {
        RunContext? seen = null;
        var parameter = "";
        var script = new HandlerScript
        {
            Load = (context, _) =>
            {
                seen = context;
                parameter = context.Params.GetProperty("rows").GetRawText() + context.Files["data"];
                return ValueTask.CompletedTask;
            },
        };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        var offer = WorkerHarness.OfferOf("r/scan/3", epoch: 4, accepted: 0, parents: []);
        offer.TaskCount = 9;
        offer.ParamsJson = """{"rows": 12}""";
        offer.Files.Add("data", "/d.parquet");

        await gateway.OfferAsync(offer);
        await gateway.NextOutcomeAsync();

        Assert.Equal("12/d.parquet", parameter);
        Assert.Equal(("r/scan/3", 9, 4L, 4, "w1", "work"), (seen!.TaskId.Value, seen.TaskCount, seen.Epoch, seen.Attempt, seen.WorkerId.Value, seen.Role));
        Assert.Null(seen.StopReason);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Offer_OfAnUnknownRole_FailsForGoodAsNoHandler()
    {
        await using var worker = new WorkerHarness();
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        var offer = WorkerHarness.OfferOf();
        offer.Role = "other";

        await gateway.OfferAsync(offer);
        var outcome = await gateway.NextOutcomeAsync();

        Assert.Equal((Outcome.Types.Kind.Failed, "no_handler", true), (outcome.Kind, outcome.Reason, outcome.Permanent));
        Assert.Contains("'other'", outcome.Message, StringComparison.Ordinal);
        Assert.Contains("[work]", outcome.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("init", "init cleanup dispose")]
    [InlineData("load", "init load cleanup dispose")]
    [InlineData("read", "init load read cleanup dispose")]
    [InlineData("process", "init load read process 0 cleanup dispose")]
    [InlineData("finalize", "init load read process 0 process 1 finalize cleanup dispose")]
    public async Task Failure_AtAnyStep_CleansUpOnceAndIsClassified(string step, string calls)
    {
        var script = new HandlerScript
        {
            Init = (_, _) => Fail("init"),
            Load = (_, _) => Fail("load"),
            Read = (_, _) => step == "read" ? throw new FormatException("broken") : HandlerScript.Inputs(2),
            Process = async (_, _, _) =>
            {
                await Fail("process");
                return BatchOutcome.None;
            },
            Finish = async (_, _) =>
            {
                await Fail("finalize");
                return FinalizeOutcome.None;
            },
        };
        ValueTask Fail(string at) => at == step ? throw new FormatException("broken") : ValueTask.CompletedTask;
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.OfferAsync(WorkerHarness.OfferOf());
        var outcome = await gateway.NextOutcomeAsync();

        Assert.Equal((Outcome.Types.Kind.Failed, "bad_input", true, "broken"), (outcome.Kind, outcome.Reason, outcome.Permanent, outcome.Message));
        Assert.Equal(calls, string.Join(' ', script.Calls));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Failure_WithAFlowError_KeepsItsCode()
    {
        var script = new HandlerScript { Load = (_, _) => throw new FlowException(FlowErrorCode.StoreUnavailable, "away") };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.OfferAsync(WorkerHarness.OfferOf());
        var outcome = await gateway.NextOutcomeAsync();

        Assert.Equal(("store_unavailable", false), (outcome.Reason, outcome.Permanent));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Failure_WithTheHandlersOwnClass_ReportsIt()
    {
        var script = new HandlerScript
        {
            Load = (_, _) => throw new InvalidOperationException("odd"), Classify = _ => new ErrorClass("schema_mismatch", Permanent: true),
        };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.OfferAsync(WorkerHarness.OfferOf());
        var outcome = await gateway.NextOutcomeAsync();

        Assert.Equal(("schema_mismatch", true), (outcome.Reason, outcome.Permanent));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Failure_OfTheClassifierItself_IsUnexpectedAndKeepsTheMessage()
    {
        var script = new HandlerScript { Load = (_, _) => throw new FormatException("first"), Classify = _ => throw new InvalidOperationException("second") };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.OfferAsync(WorkerHarness.OfferOf());
        var outcome = await gateway.NextOutcomeAsync();

        Assert.Equal(("unexpected_error", false, "first"), (outcome.Reason, outcome.Permanent, outcome.Message));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Failure_InCleanup_ChangesNothing()
    {
        var script = new HandlerScript { Cleanup = _ => throw new InvalidOperationException("late") };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.OfferAsync(WorkerHarness.OfferOf());

        Assert.Equal(Outcome.Types.Kind.Completed, (await gateway.NextOutcomeAsync()).Kind);
        Assert.Equal("dispose", script.Calls.Last());
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Offers_BeyondTheSlots_WaitInOrder()
    {
        Gate[] gates = [new(), new(), new()];
        var script = new HandlerScript { Load = async (context, token) => await gates[int.Parse(context.TaskId.Value[1..], null)].PassAsync(token) };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.OfferAsync(WorkerHarness.OfferOf("t0"), WorkerHarness.OfferOf("t1"), WorkerHarness.OfferOf("t2"));
        await gates[0].Reached;
        await gates[1].Reached;
        Assert.Equal(2, script.Calls.Count(call => call == "load"));
        gates[1].Open();

        await gates[2].Reached;
        Assert.Equal("t1", (await gateway.NextOutcomeAsync()).Lease.TaskId);
        gates[0].Open();
        gates[2].Open();
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task TempFolder_IsEmptyWhenAskedForAndGoneAfterwards()
    {
        string? folder = null;
        var script = new HandlerScript
        {
            Init = async (context, token) =>
            {
                folder = context.TempFolder;
                Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
                await File.WriteAllTextAsync(Path.Combine(folder, "spill"), "x", token);
            },
        };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.OfferAsync(WorkerHarness.OfferOf("r/n/0"));
        await gateway.NextOutcomeAsync();

        Assert.StartsWith(worker.Options.TempFolder, folder, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Result_BeyondItsLimit_FailsForAReasonThatSaysSo()
    {
        var script = new HandlerScript { Finish = (_, _) => ValueTask.FromResult(new FinalizeOutcome(ResultJson: new string('1', (64 * 1024) + 1))) };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.OfferAsync(WorkerHarness.OfferOf());

        Assert.Equal("limit_exceeded", (await gateway.NextOutcomeAsync()).Reason);
    }
}
