using System.Text.Json;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Worker.Scripting;

namespace OrleansFlow.Tests.Worker.Sessions;

/// <summary>Goal: a message that makes no sense to a worker costs it no more than the stream it came on. Method: scripted gateway.</summary>
public class MalformedOfferTests
{
    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Offer_OfATaskThatCannotBe_CostsTheStreamAndTheNextStreamServes()
    {
        var gate = new Gate();
        var script = new HandlerScript { Load = async (_, token) => await gate.PassAsync(token) };
        await using var worker = new WorkerHarness(script);
        await using var first = await ScriptedSession.AcceptAsync(worker.Transport);
        await first.OfferAsync(WorkerHarness.OfferOf("good"));
        await gate.Reached;

        await first.OfferAsync(WorkerHarness.OfferOf("a//b"));
        await using var second = await ScriptedSession.AcceptAsync(worker.Transport);

        Assert.Equal([WorkerHarness.LeaseOf("good")], second.Register.Held);
        gate.Open();
        Assert.Equal(("good", Outcome.Types.Kind.Completed), await NextAsync(second));
        await second.AcceptOutcomeAsync(WorkerHarness.LeaseOf("good"));
        await second.OfferAsync(WorkerHarness.OfferOf("next"));
        Assert.Equal(("next", Outcome.Types.Kind.Completed), await NextAsync(second));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Offer_WithParametersThatAreNoJson_FailsForGoodAndTheNextIsServed()
    {
        var script = new HandlerScript
        {
            Load = (context, _) => context.Params.ValueKind == JsonValueKind.Undefined ? ValueTask.CompletedTask : throw new InvalidOperationException("There are parameters."),
        };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        var offer = WorkerHarness.OfferOf("bad");
        offer.ParamsJson = "{";

        await gateway.OfferAsync(offer);
        var outcome = await gateway.NextOutcomeAsync();
        Assert.Equal((Outcome.Types.Kind.Failed, "bad_input", true), (outcome.Kind, outcome.Reason, outcome.Permanent));
        await gateway.OfferAsync(WorkerHarness.OfferOf("next"));

        Assert.Equal(("next", Outcome.Types.Kind.Completed), await NextAsync(gateway));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Message_OfAKindThatIsNotKnown_IsPassedOver()
    {
        await using var worker = new WorkerHarness();
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.SendAsync(new SiloMessage());
        await gateway.OfferAsync(WorkerHarness.OfferOf("next"));

        Assert.Equal(("next", Outcome.Types.Kind.Completed), await NextAsync(gateway));
    }

    private static async Task<(string Task, Outcome.Types.Kind Kind)> NextAsync(ScriptedSession gateway)
    {
        var outcome = await gateway.NextOutcomeAsync();
        return (outcome.Lease.TaskId, outcome.Kind);
    }
}
