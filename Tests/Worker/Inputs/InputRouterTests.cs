using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansFlow.Inputs;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Worker.Inputs;
using OrleansFlow.Workers;
using InputAdapter = OrleansFlow.Inputs.InputAdapter;

namespace OrleansFlow.Tests.Worker.Inputs;

/// <summary>Goal: the graph's word about the input counts before the handler's, and what it says wrong fails for good before anything is read.</summary>
public class InputRouterTests
{
    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Adapter_NamedByTheGraph_WinsOverTheHandlersProposalAndReading()
    {
        var script = new HandlerScript { Propose = _ => new InputProposal("pull.files") };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await FeedingGateway.AcceptAsync(worker);
        gateway.Add(worker, "a", [1], [2]);

        var outcome = await gateway.RunAsync(FeedingGateway.OfferOf("pull.artifacts"));

        Assert.Equal(Outcome.Types.Kind.Completed, outcome.Kind);
        Assert.Equal(["init", "load", "process a/0/0", "process a/0/1", "finalize", "cleanup", "dispose"], script.Calls);
        Assert.Contains(("worker.adapter.selected", "worker.adapter.selected: task r/join/0 (epoch 1) reads with pull.from_artifacts, named by cmd"), Lines(worker));
        Assert.Contains(Lines(worker), line => line.Name == "worker.handler_conflict_ignored" && line.Text.Contains("pull.files", StringComparison.Ordinal));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Adapter_ThatIsUnknown_FailsForGoodBeforeAnyBatch()
    {
        var script = new HandlerScript { Propose = _ => new InputProposal("pull.artifacts"), Classify = _ => new ErrorClass("mine", Permanent: false) };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await FeedingGateway.AcceptAsync(worker);

        var outcome = await gateway.RunAsync(FeedingGateway.OfferOf("pull.nothing"));

        Assert.Equal((Outcome.Types.Kind.Failed, "bad_input_adapter", true), (outcome.Kind, outcome.Reason, outcome.Permanent));
        Assert.Contains("'pull.nothing'", outcome.Message, StringComparison.Ordinal);
        Assert.Contains("pull.cursor", outcome.Message, StringComparison.Ordinal);
        Assert.Equal(["init", "load", "cleanup", "dispose"], script.Calls);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("pull.artifacts", """{"from":"a"}""", "'from'")]
    [InlineData("pull.artifacts", """{"from_nodes":"a"}""", "list of ids of parents")]
    [InlineData("pull.rechunk", "{}", "'size'")]
    [InlineData("pull.rechunk", """{"size":0}""", "1 to 2147483647")]
    [InlineData("pull.rechunk", """{"size":2,"meta_list_key":5}""", "found 5")]
    [InlineData("pull.files", "", "'paths'")]
    [InlineData("pull.files", """{"paths":["x.csv"]}""", "OrleansFlow:Worker:Inputs:Roots")]
    [InlineData("pull.cursor", """{"connection":"db","table":"t","key":["k"]}""", "'db'")]
    [InlineData("pull.artifacts", "[]", "expected an object")]
    [InlineData("pull.artifacts", "{", "no JSON")]
    public async Task Arguments_ThatAreWrong_FailForGoodBeforeAnyBatch_WhateverTheHandlerThinks(string adapter, string args, string named)
    {
        var script = new HandlerScript { Classify = _ => new ErrorClass("mine", Permanent: false) };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await FeedingGateway.AcceptAsync(worker);
        gateway.Add(worker, "a", [1]);

        var outcome = await gateway.RunAsync(FeedingGateway.OfferOf(adapter, args));

        Assert.Equal((Outcome.Types.Kind.Failed, "bad_input_args", true), (outcome.Kind, outcome.Reason, outcome.Permanent));
        Assert.Contains(named, outcome.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(script.Calls, call => call.StartsWith("process", StringComparison.Ordinal) || call == "read");
        Assert.Empty(gateway.Asked);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Adapter_ProposedByTheHandler_IsUsedWhenTheGraphNamesNone()
    {
        var script = new HandlerScript { Propose = _ => new InputProposal("pull.from_artifacts", JsonElement.Parse("""{"from_node":"b"}""")) };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await FeedingGateway.AcceptAsync(worker);
        gateway.Add(worker, "a", [1]);
        gateway.Add(worker, "b", [2]);

        await gateway.RunAsync(FeedingGateway.OfferOf(""));

        Assert.Contains("process b/0/0", script.Calls);
        Assert.DoesNotContain("read", script.Calls);
        Assert.DoesNotContain("process a/0/0", script.Calls);
        Assert.Contains(Lines(worker), line => line.Name == "worker.adapter.selected" && line.Text.EndsWith("named by handler", StringComparison.Ordinal));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Adapter_ProposedByTheHandlerAndUnknown_IsIgnored()
    {
        var script = new HandlerScript { Propose = _ => new InputProposal("pull.nothing"), Read = (_, _) => HandlerScript.Inputs(1) };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await FeedingGateway.AcceptAsync(worker);

        Assert.Equal(Outcome.Types.Kind.Completed, (await gateway.RunAsync(FeedingGateway.OfferOf(""))).Kind);
        Assert.Equal(["init", "load", "read", "process 0", "finalize", "cleanup", "dispose"], script.Calls);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Adapter_OfTheUsersOwn_IsAnnouncedMadeFromServicesAndDisposed()
    {
        var script = new HandlerScript();
        await using var worker = new WorkerHarness(script, register: services => services
            .AddScoped<Counting>()
            .AddSingleton(new AdapterRegistration(new AdapterSchema("own:count", [new AdapterArgument("to", AdapterArgumentKind.WholeNumber, IsRequired: true) { Minimum = 1 }]), typeof(CountAdapter))));
        await using var gateway = await FeedingGateway.AcceptAsync(worker);

        var outcome = await gateway.RunAsync(FeedingGateway.OfferOf("own:count", """{"to":2}"""));
        var refused = await gateway.RunAsync(FeedingGateway.OfferOf("own:count", """{"to":0}""", "r/join/1"));

        Assert.Equal(Outcome.Types.Kind.Completed, outcome.Kind);
        Assert.Equal("bad_input_args", refused.Reason);
        var announced = Assert.Single(gateway.Register.Adapters);
        Assert.Equal("own:count", announced.Name);
        Assert.Equal("""{"name":"own:count","arguments":[{"name":"to","kind":"WholeNumber","required":true,"minimum":1}]}""", announced.SchemaJson);

        // The payload {"n":1} without a name of its own: BLAKE2b-160 of {"payload":{"n":1}}, by Python's hashlib.
        Assert.Equal(["process 0", "process 7f0e332db0a3ad031960a4860751ee25892532ca"], script.Calls.Where(call => call.StartsWith("process", StringComparison.Ordinal)));
        Assert.Contains("adapter disposed", script.Calls);
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("""{"size":2}""", "bad_input_args")]
    [InlineData("""{"size":2,"meta_list_key":"items"}""", "")]
    public async Task Rechunk_OnAStrictWorker_NeedsTheKey(string args, string reason)
    {
        await using var worker = new WorkerHarness(register: services => services.AddSingleton(Options.Create(new InputAdapterOptions { Strict = true })));
        await using var gateway = await FeedingGateway.AcceptAsync(worker);

        var outcome = await gateway.RunAsync(FeedingGateway.OfferOf("pull.rechunk", args));

        Assert.Equal(reason, outcome.Reason);
        Assert.DoesNotContain(worker.Script.Calls, call => call.StartsWith("process", StringComparison.Ordinal));
    }

    private static IEnumerable<(string? Name, string Text)> Lines(WorkerHarness worker) => worker.Log.Lines.Select(line => (line.Name, line.Text));

    internal sealed class Counting;

    internal sealed class CountAdapter(HandlerScript script, Counting counting) : InputAdapter, IDisposable
    {
        public override async IAsyncEnumerable<InputBatch> ReadAsync(AdapterCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            Assert.NotNull(counting);
            await Task.Yield();
            for (var n = 0; n < call.WholeNumber("to"); n++)
            {
                yield return new InputBatch(n == 0 ? "0" : "", Payload: JsonElement.Parse($"{{\"n\":{n}}}"));
            }
        }

        public void Dispose() => script.Calls.Enqueue("adapter disposed");
    }
}
