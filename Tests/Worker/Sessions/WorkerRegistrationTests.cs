using OrleansFlow.Errors;
using OrleansFlow.Tests.Worker.Scripting;

namespace OrleansFlow.Tests.Worker.Sessions;

/// <summary>Goal: a worker that is not let in tries again, or ends with the reason. Method: scripted gateway, manual clock.</summary>
public class WorkerRegistrationTests
{
    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Registration_NotAnswered_IsSentAgainOnANewStream()
    {
        await using var worker = new WorkerHarness();
        await using var silent = await ScriptedSession.AcceptUnansweredAsync(worker.Transport);

        worker.Clock.Advance(worker.Options.RegistrationTimeout);

        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await worker.Session.Registered.WaitAsync(TestContext.Current.CancellationToken);
        worker.Clock.Advance(worker.Options.RegistrationTimeout);
        await gateway.RoundTripAsync();
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData(FlowErrorCode.WorkerIdInUse)]
    [InlineData(FlowErrorCode.Unauthenticated)]
    [InlineData(FlowErrorCode.Unsupported)]
    public async Task Refusal_ThatStays_EndsTheSessionWithItsCode(FlowErrorCode code)
    {
        await using var worker = new WorkerHarness();
        await using var gateway = await ScriptedSession.AcceptUnansweredAsync(worker.Transport);

        gateway.Refuse(code);

        var failure = await Assert.ThrowsAsync<FlowException>(() => worker.Running.WaitAsync(TestContext.Current.CancellationToken));
        Assert.Equal(code, failure.Code);
        Assert.Contains("'w1'", failure.Message, StringComparison.Ordinal);
        Assert.Same(failure, await Assert.ThrowsAsync<FlowException>(() => worker.Session.Registered));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Refusal_OfTheOwnIdAfterALoss_IsTriedAgainUntilTheLeasesAreOver()
    {
        // Longer than the leases, so that only their end breaks a stream off.
        await using var worker = new WorkerHarness(configure: options => options with { RegistrationTimeout = TimeSpan.FromMinutes(2) });
        await using (var first = await ScriptedSession.AcceptAsync(worker.Transport))
        {
            await first.RoundTripAsync();
            first.Lose();
        }

        await using (var refused = await ScriptedSession.AcceptUnansweredAsync(worker.Transport))
        {
            refused.Refuse(FlowErrorCode.WorkerIdInUse);
        }

        await using (await ScriptedSession.AcceptUnansweredAsync(worker.Transport))
        {
            // The leases are over: the worker leaves this stream, which named them, and registers on a new one.
            worker.Clock.Advance(TimeSpan.FromSeconds(60));
        }

        await using (var again = await ScriptedSession.AcceptUnansweredAsync(worker.Transport))
        {
            again.Refuse(FlowErrorCode.WorkerIdInUse);
        }

        var failure = await Assert.ThrowsAsync<FlowException>(() => worker.Running.WaitAsync(TestContext.Current.CancellationToken));
        Assert.Equal(FlowErrorCode.WorkerIdInUse, failure.Code);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Gateway_AwayForTheConnectTimeout_EndsTheSessionAsUnreachable()
    {
        await using var worker = new WorkerHarness(configure: options => options with { ConnectTimeout = TimeSpan.FromSeconds(10) });
        await using (var lost = await ScriptedSession.AcceptUnansweredAsync(worker.Transport))
        {
            worker.Clock.Advance(TimeSpan.FromSeconds(9.999));
            lost.Lose();
        }

        await using (var lost = await ScriptedSession.AcceptUnansweredAsync(worker.Transport))
        {
            worker.Clock.Advance(TimeSpan.FromSeconds(0.001));
            lost.Lose();
        }

        var failure = await Assert.ThrowsAsync<FlowException>(() => worker.Running.WaitAsync(TestContext.Current.CancellationToken));
        Assert.Equal(FlowErrorCode.GatewayUnreachable, failure.Code);
        Assert.Contains("FLOW_GATEWAY", failure.Message, StringComparison.Ordinal);
    }
}
