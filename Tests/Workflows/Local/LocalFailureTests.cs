using OrleansFlow.Errors;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Local;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Tests.Workflows.Local;

/// <summary>Goal: a failed step leaves no trace, is repeated as its policy says, and what follows from it is chosen by the definition.</summary>
public sealed class LocalFailureTests : LocalRunTestBase
{
    private static readonly StepRetryPolicy ThreeTimes = new() { MaxAttempts = 3 };

    [Fact]
    public async Task FailedAttempts_LeaveNoTraceInTheContext_AndTheNextSeesItsNumber()
    {
        var attempts = new List<int>();
        Flow.Start(Flow.Node<int, int>("flaky", (value, scope) =>
        {
            attempts.Add(scope.Attempt);
            scope.Context = scope.Context.Add(scope.Writer);
            return scope.Attempt < 3 ? Transition.Abort<int>(new InvalidOperationException("not yet")) : value;
        }).Retry(ThreeTimes).End());

        var run = RunAsync<int, int>(5).AsTask();
        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(run.IsCompleted);
        Time.Advance(TimeSpan.FromSeconds(2));
        var result = await run;

        Assert.Equal([1, 2, 3], attempts);
        Assert.Equal((5, 1L, 1L), (result.Output, result.Context.Value, result.StepCount));
    }

    [Fact]
    public async Task RetryWaits_AreThoseOfThePolicy_ToTheTick()
    {
        var startedAt = Time.GetUtcNow();
        var calls = new List<double>();
        Flow.Start(Flow.Node<int, int>("broken", (int _, NodeScope<GrowCounter> _) =>
        {
            calls.Add((Time.GetUtcNow() - startedAt).TotalSeconds);
            throw new InvalidOperationException("always");
        }).Retry(StepRetryPolicy.Default).End());

        var run = RunAsync<int, int>(1).AsTask();
        for (var second = 0; second < 15; second++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        var thrown = await Assert.ThrowsAsync<FlowException>(() => run);

        Assert.Equal([0, 1, 3, 7, 15], calls);
        Assert.Equal("Node 'broken' failed 5 times: always", thrown.Message);
        Assert.Equal(FlowErrorCode.UnexpectedError, thrown.Code);
    }

    [Fact]
    public async Task WithoutAPolicy_TheFirstErrorIsPermanent_TheRunsOwnAppliesWhereTheNodeSaysNothing()
    {
        var calls = 0;
        Flow.Start(Flow.Node<int, int>("broken", (int _, NodeScope<GrowCounter> _) => calls++ < 1 ? throw new InvalidOperationException("once") : Transition.Next(calls)).End());

        await Assert.ThrowsAsync<FlowException>(async () => await RunAsync<int, int>(1));
        calls = 0;
        var run = RunAsync<int, int>(1, new LocalRunOptions { Retry = ThreeTimes }).AsTask();
        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(2, (await run).Output);
    }

    [Fact]
    public async Task Fallback_GetsTheInputAndTheError_AndTheRunGoesOn()
    {
        var rescue = Flow.Node<NodeFailure<int>, string>("rescue", (failure, _) => $"{failure.Node}({failure.Input}): {failure.Error}, {failure.Attempts}").End();
        Flow.Start(Flow.Node<int, string>("broken", (int _, NodeScope<GrowCounter> scope) =>
        {
            scope.Context = scope.Context.Add(scope.Writer, 100);
            throw new InvalidOperationException("no");
        }).End().OnFailure(rescue));

        var result = await RunAsync<int, string>(7);

        Assert.Equal(("broken(7): no, 1", 0L), (result.Output, result.Context.Value));
    }

    [Fact]
    public async Task Fallback_OfANodeThatBranches_IsTakenToo()
    {
        var rescue = Flow.Node<NodeFailure<int>, int>("rescue", (failure, _) => -failure.Input).End();
        Flow.Start(Flow.Node<int, int>("broken", (_, _) => Transition.Abort<int>(new InvalidOperationException("no"))).Branch(arms => arms.OtherwiseEnd()).OnFailure(rescue));

        Assert.Equal(-7, (await RunAsync<int, int>(7)).Output);
    }

    [Fact]
    public async Task Timeout_EndsTheAttempt_AndWhatTheNodeDoesLaterReachesNobody()
    {
        var late = new TaskCompletionSource();
        NodeScope<GrowCounter>? abandoned = null;
        Flow.Start(Flow.Node<int, int>("slow", async (value, scope, _) =>
        {
            abandoned = scope;
            await late.Task;
            return value;
        }).Timeout(TimeSpan.FromSeconds(2)).End().OnFailure(Flow.Node<NodeFailure<int>, int>("rescue", (failure, _) => -failure.Input).End()));

        var run = RunAsync<int, int>(3).AsTask();
        Time.Advance(TimeSpan.FromSeconds(2));
        abandoned!.Context = abandoned.Context.Add(abandoned.Writer, 99);
        late.SetResult();
        var result = await run;

        Assert.Equal((-3, 0L), (result.Output, result.Context.Value));
    }

    [Fact]
    public async Task Timeout_IsRetriedOnlyWhereThePolicySaysSo()
    {
        Flow.Start(Flow.Node<int, int>("slow", async (value, _, cancellationToken) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, Time, cancellationToken);
            return value;
        }).Timeout(TimeSpan.FromSeconds(2)).Retry(ThreeTimes with { RetryOn = FailureKinds.Generic }).End());

        var run = RunAsync<int, int>(3).AsTask();
        Time.Advance(TimeSpan.FromSeconds(2));
        var thrown = await Assert.ThrowsAsync<FlowException>(() => run);

        Assert.Equal((FlowErrorCode.DeadlineExceeded, "Node 'slow' failed once: The attempt took longer than 00:00:02."), (thrown.Code, thrown.Message));
    }

    [Fact]
    public async Task Cancel_ReachesTheNodeInFlight_AndIsNoFailureOfIt()
    {
        using var stop = new CancellationTokenSource();
        var rescue = Flow.Node<NodeFailure<int>, int>("rescue", (failure, _) => failure.Input).End();
        Flow.Start(Flow.Node<int, int>("waits", async (value, _, cancellationToken) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, Time, cancellationToken);
            return value;
        }).Retry(ThreeTimes).OnFailure(rescue));

        var run = RunAsync<int, int>(1, cancellationToken: stop.Token).AsTask();
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Fact]
    public async Task Sleep_LetsOtherItemsGoOn_AndPassesItsOutputInTime()
    {
        var last = Log<int>("last").End();
        var sleeper = Flow.Node<int, int>("sleeper", (value, _) => Transition.Sleep(TimeSpan.FromSeconds(10 - value), value)).To(last);
        var until = Flow.Node<int, int>("until", (value, _) => Transition.WaitUntil(Time.GetUtcNow().AddSeconds(-1), value + 100)).To(last);
        Flow.Start(Flow.Split<int, int>("split", _ => [1, 2]).To(sleeper, until, last)).Output(OutputRule.Last);

        var run = RunAsync<int, int>(0).AsTask();
        Assert.Equal(["last 1", "last 2", "last 101", "last 102"], Steps);
        Time.Advance(TimeSpan.FromSeconds(8));
        Assert.False(run.IsCompleted);
        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(1, (await run).Output);
        Assert.Equal(["last 2", "last 1"], Steps[4..]);
    }

    [Fact]
    public async Task Join_WhoseTimeIsUp_GoesOnWithWhatCame()
    {
        var join = Flow.Join<int>("both", JoinRule.Of(2).Within(TimeSpan.FromSeconds(5))).End();
        Flow.Start(Flow.Split<int, int>("split", _ => [1, 9]).To(
            Flow.Node<int, int>("delay", (value, _) => Transition.Sleep(TimeSpan.FromSeconds(value), value)).To(join)));

        var run = RunAsync<int, IReadOnlyList<int>>(0).AsTask();
        foreach (var seconds in new[] { 1, 5, 3 })
        {
            Time.Advance(TimeSpan.FromSeconds(seconds));
        }

        Assert.Equal([1], (await run).Output);
    }

    [Fact]
    public async Task AsynchronousNodes_RunOneAfterTheOther()
    {
        Flow.Start(Flow.Node<int, int>("first", async (value, _, _) =>
        {
            await Task.Yield();
            return value + 1;
        }).To(Flow.Node<int, int>("second", async (value, scope, _) =>
        {
            await Task.Yield();
            scope.Context = scope.Context.Add(scope.Writer);
            return value * 10;
        }).End()));

        var result = await RunAsync<int, int>(1);

        Assert.Equal((20, 1L), (result.Output, result.Context.Value));
    }
}
