using OrleansFlow.Errors;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Tests.Workflows.Local;

/// <summary>Goal: a run without a cluster follows edges, rules and joins as the specification says, with the wanted ends.</summary>
public sealed class LocalRunTests : LocalRunTestBase
{
    [Fact]
    public async Task Next_WithSeveralSuccessors_GoesToEachInOrder_BreadthFirst()
    {
        var last = Log<int>("last").End();
        var left = Log<int>("left").To(last);
        var right = Log<int>("right").To(last);
        Flow.Start(Log<int>("first").To(left, right));

        await RunAsync<int, int>(1);

        Assert.Equal(["first 1", "left 1", "right 1", "last 1", "last 1"], Steps);
    }

    [Fact]
    public async Task NextAll_GoesElementByElement_ThenSuccessorBySuccessor()
    {
        var a = Log<int>("a").End();
        var b = Log<int>("b").End();
        Flow.Start(Flow.Split<int, int>("split", count => [.. Enumerable.Range(1, count)]).To(a, b));

        await RunAsync<int, int>(2);

        Assert.Equal(["a 1", "b 1", "a 2", "b 2"], Steps);
    }

    [Fact]
    public async Task NextAll_AtATerminalNode_YieldsNothing()
    {
        Flow.Start(Flow.Split<int, int>("split", count => [count, count]).End());

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await RunAsync<int, int>(1));

        Assert.Equal(FlowErrorCode.NoTerminalOutput, thrown.Code);
    }

    [Fact]
    public async Task NextAll_FromANodeThatBranches_IsAClearError()
    {
        Flow.Start(Flow.Node<int, int>("many", (value, _) => Transition.NextAll<int>([value])).Branch(arms => arms.OtherwiseEnd()));

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await RunAsync<int, int>(1));

        Assert.Contains("'many' returned several outputs (NextAll) and branches on one", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hold_UntilTheNthCall_CollectsN()
    {
        var seen = new List<int>();
        var collect = Flow.Node<int, int>("collect", (value, _) =>
        {
            seen.Add(value);
            return seen.Count < 3 ? Transition.Hold<int>() : seen.Sum();
        }).End();
        Flow.Start(Flow.Split<int, int>("split", count => [.. Enumerable.Range(1, count)]).To(collect));

        Assert.Equal(6, (await RunAsync<int, int>(3)).Output);
        seen.Clear();
        Assert.Equal(FlowErrorCode.NoTerminalOutput, (await Assert.ThrowsAsync<FlowException>(async () => await RunAsync<int, int>(2))).Code);
    }

    [Theory]
    [InlineData(OutputRule.First, 10, new[] { 10 })]
    [InlineData(OutputRule.Last, 30, new[] { 30 })]
    [InlineData(OutputRule.List, 30, new[] { 10, 20, 30 })]
    public async Task Run_WithSeveralOutputs_StepsEveryItem_AndReturnsWhatItsRuleSays(OutputRule rule, int output, int[] outputs)
    {
        var last = Flow.Node<int, int>("last", (value, _) => value * 10).End();
        Flow.Start(Flow.Split<int, int>("split", count => [.. Enumerable.Range(1, count)]).To(last)).Output(rule);

        var result = await RunAsync<int, int>(3);

        Assert.Equal((output, 4L), (result.Output, result.StepCount));
        Assert.Equal(outputs, result.Outputs);
    }

    [Fact]
    public async Task Branch_TakesTheFirstArmWhoseGuardHolds()
    {
        var small = Log<int>("small").End();
        var even = Log<int>("even").End();
        var other = Log<int>("other").End();
        Flow.Start(Flow.Split<int, int>("split", _ => [1, 12, 13]).To(
            Flow.Node<int, int>("size", (value, _) => value).Branch(arms => arms.When(value => value < 10, small).When(value => value % 2 == 0, even).Otherwise(other))));

        await RunAsync<int, int>(0);

        Assert.Equal(["small 1", "even 12", "other 13"], Steps);
    }

    [Fact]
    public async Task Branch_OnAClosedType_HandsOverTheCase()
    {
        var pay = Flow.Node<WorkflowCase.Paid, string>("paid", (paid, _) => $"paid {paid.Amount}").End();
        Flow.Start(Flow.Node<int, WorkflowCase>("decide", (value, _) => value > 0 ? new WorkflowCase.Paid(value) : new WorkflowCase.Open())
            .Branch(arms => arms.When(pay).When(Flow.Node<WorkflowCase.Open, string>("open", (_, _) => "open").End())));

        Assert.Equal("paid 7", (await RunAsync<int, string>(7)).Output);
        Assert.Equal("open", (await RunAsync<int, string>(0)).Output);
    }

    [Fact]
    public async Task Join_OfAll_WaitsForEveryBranchThatCanStillCome()
    {
        var join = Flow.Join<int>("all", JoinRule.All).End();
        var slow = Log<int>("slow-2").To(join);
        Flow.Start(Flow.Split<int, int>("split", count => [.. Enumerable.Range(1, count)]).To(
            Flow.Node<int, int>("some", (value, _) => value == 2 ? Transition.Hold<int>() : value).To(join, Log<int>("slow-1").To(slow))));

        Assert.Equal([1, 3, 1, 3], (await RunAsync<int, IReadOnlyList<int>>(3)).Output);
    }

    [Theory]
    [InlineData(1, new[] { 1 })]
    [InlineData(2, new[] { 1, 2 })]
    public async Task Join_OfANumber_GoesOnOnce_AndDropsTheRest(int count, int[] expected)
    {
        Flow.Start(Flow.Split<int, int>("split", items => [.. Enumerable.Range(1, items)]).To(
            Flow.Join<int>("some", count == 1 ? JoinRule.Any : JoinRule.Of(count)).End())).Output(OutputRule.List);

        var result = await RunAsync<int, IReadOnlyList<int>>(5);

        Assert.Equal(expected, Assert.Single(result.Outputs));
    }

    [Fact]
    public async Task Join_ThatCanGetTooFew_FailsNamingItself()
    {
        Flow.Start(Log<int>("one").To(Flow.Join<int>("three", JoinRule.Of(3)).End()));

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await RunAsync<int, IReadOnlyList<int>>(1));

        Assert.Contains("Join 'three' wants 3 items; 1 came", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Loop_EndsAtItsBound_NamingTheNode()
    {
        var loop = Log<int>("loop").AtMost(3);
        loop.Branch(arms => arms.When(value => value >= 0, loop).OtherwiseEnd());
        Flow.Start(loop);

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await RunAsync<int, int>(1));

        Assert.Equal((FlowErrorCode.LimitExceeded, 3), (thrown.Code, Steps.Count));
        Assert.Contains("Node 'loop' may run 3 times", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nested_RunsToItsOutputInOneStep_OnTheSharedContext()
    {
        var inner = new Workflow<GrowCounter>("inner");
        inner.Start(inner.Node<int, int>("twice", Count).To(inner.Node<int, int>("again", Count).End()));
        Flow.Start(Flow.Node<int, int>("before", Count).To(Flow.Nested("nested", inner.Build<int, int>()).End()));

        var result = await RunAsync<int, int>(1);

        Assert.Equal((8, 3L, 2L), (result.Output, result.Context.Value, result.StepCount));

        static Transition<int> Count(int value, NodeScope<GrowCounter> scope)
        {
            scope.Context = scope.Context.Add(scope.Writer);
            return value * 2;
        }
    }

    [Fact]
    public async Task WaitForSignal_InALocalRun_SaysThatNobodyCanSendIt()
    {
        Flow.Start(Flow.Node<int, int>("approval", (_, _) => Transition.WaitForSignal<int>("approved")).End());

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await RunAsync<int, int>(1));

        Assert.Equal(FlowErrorCode.Unsupported, thrown.Code);
        Assert.Contains("'approved'", thrown.Message, StringComparison.Ordinal);
    }

    public abstract record WorkflowCase
    {
        public sealed record Paid(int Amount) : WorkflowCase;

        public sealed record Open : WorkflowCase;
    }
}
