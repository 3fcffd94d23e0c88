using OrleansFlow.Tests.Workflows.Local;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Local;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Nodes;

/// <summary>Goal: a node can wait for child runs or let them go, and learns how those it waits for ended.</summary>
public class ChildRunTests : LocalRunTestBase
{
    [Fact]
    public async Task Child_RunsToItsOutput_OnAContextOfItsOwn()
    {
        Flow.Start(Flow.Node<int, int>("count", (value, scope) =>
        {
            scope.Context = scope.Context.Add(scope.Writer);
            return value;
        }).To(Flow.Child("child", Doubling()).End()));

        var result = await RunAsync<int, int>(4);

        Assert.Equal((8, 1L), (result.Output, result.Context.Value));
        Assert.Equal(["double 4"], Steps);
    }

    [Fact]
    public async Task ChildThatFails_FailsTheStepForGood_SoThatTheFallbackApplies()
    {
        var rescue = Flow.Node<NodeFailure<int>, int>("rescue", (failure, _) =>
        {
            Steps.Add(failure.Error);
            return -failure.Input;
        }).End();
        Flow.Start(Flow.Child("child", Doubling()).OnFailure(rescue).End());

        Assert.Equal(13, (await RunAsync<int, int>(-13)).Output);
        Assert.Equal("double -13", Steps[0]);
        Assert.Contains("ended as Failed: Node 'double' failed once: -13 is negative", Steps[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task SeveralChildren_AreAwaitedTogether_InTheOrderOfTheirNames()
    {
        Flow.Start(Flow.Node<int, string>("fan", (input, scope) => scope.Children.Count == 0
            ? Suspension.OnChildren("kept", ChildStart.Of(Doubling(), input), ChildStart.Of("double", input + 1, version: 1), ChildStart.Of("nobody", 0))
            : scope.TryGetState<string>(out var kept)
                ? $"{kept}: {scope.Children[0].Output<int>()} {scope.Children[1].Output<int>()} {scope.Children[2].Status} {scope.Children[2].Failure}"
                : "lost").End());

        var result = await RunAsync<int, string>(1, new LocalRunOptions { Workflows = [Doubling()] });

        Assert.Equal("kept: 2 4 Failed There is no workflow 'nobody'. Name it in LocalRunOptions.Workflows.", result.Output);
        Assert.Equal(["double 1", "double 2"], Steps);
    }

    [Fact]
    public async Task ChildThatIsLetGo_Runs_AndItsEndConcernsNobody()
    {
        Flow.Start(Flow.Node<int, int>("fire", (input, scope) =>
        {
            scope.StartChild(ChildStart.Of("double", -1));
            scope.StartChild(ChildStart.Of("double", 5));
            return input;
        }).To(Log<int>("next").End()));

        Assert.Equal(1, (await RunAsync<int, int>(1, new LocalRunOptions { Workflows = [Doubling()] })).Output);
        Assert.Contains("double 5", Steps);
    }

    [Fact]
    public async Task ChildOfAnAttemptThatFailed_IsNotStarted()
    {
        Flow.Start(Flow.Node<int, int>("fire", (input, scope) =>
        {
            scope.StartChild(ChildStart.Of("double", 5));
            return scope.Attempt == 1 ? throw new InvalidOperationException("no") : input;
        }).Retry(new() { InitialBackoff = TimeSpan.Zero }).End());

        await RunAsync<int, int>(1, new LocalRunOptions { Workflows = [Doubling()] });

        Assert.Equal(["double 5"], Steps);
    }

    [Fact]
    public async Task JoinOfAll_WaitsForABranchThatWaitsForAChild()
    {
        var join = Flow.Join<int>("all", JoinRule.All).End();
        Flow.Start(Flow.Node<int, int>("first", (value, _) => value).To(Log<int>("quick").To(join), Flow.Child("child", Doubling()).To(join)));

        Assert.Equal([3, 6], (await RunAsync<int, IReadOnlyList<int>>(3)).Output);
    }

    [Fact]
    public async Task WaitForChildren_MayHaveATimeOut_AndThenFindsThoseThatHaveNotEnded()
    {
        Flow.Start(Flow.Node<int, int>("late", (input, scope) => scope.Children.Count == 0
            ? Suspension.OnChildren("state", ChildStart.Of("double", input)).Within(TimeSpan.FromMinutes(5))
            : scope.Children[0].Output<int>()).End());
        var definition = Flow.Build<int, int>();
        var options = new StepOptions { Time = Time };
        var item = new WorkItem { Id = 1, Node = 0, Input = Payload.FromJson("3") };

        var outcome = await definition.ExecuteAsync(item, GrowCounter.Empty, options, TestContext.Current.CancellationToken);
        var again = item with { Saved = outcome.Saved, Children = [new ChildResult("child")] };
        var thrown = await Assert.ThrowsAsync<NonRetryableException>(async () => await definition.ExecuteAsync(again, GrowCounter.Empty, options, TestContext.Current.CancellationToken));

        Assert.Equal((TimeSpan.FromMinutes(5), false, 1), (outcome.DueIn, outcome.Repeat, outcome.Children.Length));
        Assert.Equal("Child run 'child' has not ended in time.", thrown.Message);
        Assert.Throws<InvalidOperationException>(() => Suspension.For(TimeSpan.Zero, 0).Within(TimeSpan.Zero));
    }

    [Fact]
    public void OnChildren_WithoutAChild_IsRefused() => Assert.Throws<ArgumentException>(() => Suspension.OnChildren(0));

    [Fact]
    public async Task ContinueAsNew_BeginsAgain_WithTheContext_AndWithoutOtherItems()
    {
        var dropped = Flow.Node<int, int>("dropped", (value, scope) => Suspension.For(TimeSpan.FromDays(1), 0)).End();
        var loop = Flow.Node<int, int>("loop", (left, scope) =>
        {
            scope.Context = scope.Context.Add(scope.Writer);
            return left > 0 ? Continuation.AsNew(left - 1) : left;
        });
        Flow.Start(Flow.Node<int, int>("first", (left, _) => left).To(loop.End(), Flow.Node<int, int>("other", (left, _) => left > 0 ? left : Transition.Hold<int>()).To(dropped)));

        var result = await RunAsync<int, int>(3);

        Assert.Equal((0, 4L), (result.Output, result.Context.Value));
    }

    private WorkflowDefinition<int, int, NoContext> Doubling()
    {
        var flow = new Workflow<NoContext>("double");
        flow.Start(flow.Node<int, int>("double", (value, _) =>
        {
            Steps.Add($"double {value}");
            return value >= 0 ? value * 2 : throw new InvalidOperationException($"{value} is negative");
        }).End());
        return flow.Build<int, int>();
    }
}
