using OrleansFlow.Errors;
using OrleansFlow.Tests.Workflows.Local;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Local;
using OrleansFlow.Workflows.Nodes;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Tests.Workflows.Nodes;

/// <summary>Goal: a long-running node goes on with the state that it saved, and cannot stay suspended for ever.</summary>
public class LongRunningNodeTests : LocalRunTestBase
{
    private readonly LocalSignals _signals = new();

    private LocalRunOptions WithSignals => new() { Signals = _signals };

    [Fact]
    public async Task SuspendedNode_GoesOnWithItsState_AndDropsItWhenComplete()
    {
        var train = Train(stretches: 3, resumeAfter: TimeSpan.FromSeconds(10)).AtMost(2);
        Flow.Start(train.Branch(arms => arms.When(text => text.Length < 4, Flow.Node<string, int>("again", (_, _) => 0).To(train)).OtherwiseEnd()));

        await Assert.ThrowsAsync<FlowException>(() => FinishAsync(RunAsync<int, string>(1, WithSignals)).WaitAsync(TestContext.Current.CancellationToken));

        // The second visit is another item: it begins without a state.
        Assert.Equal(["00:00:00 ", "00:00:10 x", "00:00:20 xx", "00:00:20 ", "00:00:30 x", "00:00:40 xx"], Steps);
    }

    [Fact]
    public async Task SuspendedNode_IsResumedByItsSignal()
    {
        Flow.Start(Train(stretches: 2, resumeAfter: null).End());
        var run = RunAsync<int, string>(1, WithSignals).AsTask();
        Assert.False(run.IsCompleted);

        _signals.Send("resume.train", 0);

        Assert.Equal("xx", (await run).Output);
    }

    [Fact]
    public async Task SuspendTimeOut_IsEnforced_AndNamesTheNode()
    {
        Flow.Start(Train(stretches: 2, resumeAfter: null, suspendAtMost: TimeSpan.FromSeconds(30)).Retry(StepRetryPolicy.Default).End());

        var thrown = await Assert.ThrowsAsync<FlowException>(() => FinishAsync(RunAsync<int, string>(1, WithSignals)));

        Assert.Equal((FlowErrorCode.DeadlineExceeded, "00:00:30"), (thrown.Code, Clock()));
        Assert.Contains("Node 'train' failed once: Node 'train' waited 00:00:30 for signal 'resume.train'", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(29, true)]
    [InlineData(30, true)]
    [InlineData(31, false)]
    public async Task SuspendTimeOut_CountsEachSuspensionAlone(int seconds, bool completes)
    {
        Flow.Start(Train(stretches: 4, TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(30)).End());

        var run = FinishAsync(RunAsync<int, string>(1, WithSignals));

        if (completes)
        {
            Assert.Equal("xxxx", (await run).Output);
        }
        else
        {
            await Assert.ThrowsAsync<FlowException>(() => run);
        }
    }

    [Fact]
    public async Task StretchThatFails_IsRepeatedWithTheStateItBeganWith()
    {
        var calls = new List<string>();
        Flow.Start(Flow.LongRunning<int, string, string>("train", (_, state, scope, _) =>
        {
            calls.Add($"{scope.Attempt}{state}");
            return state is null ? new(Stretch<string, string>.Suspend("half", TimeSpan.FromSeconds(1)))
                : scope.Attempt == 1 ? throw new InvalidOperationException("no")
                : new(Stretch<string, string>.Complete(state + "+half"));
        }).Retry(StepRetryPolicy.Default).End());

        Assert.Equal("half+half", (await FinishAsync(RunAsync<int, string>(1, WithSignals))).Output);
        Assert.Equal(["1", "1half", "2half"], calls);
    }

    [Fact]
    public async Task Suspension_OfAPlainNode_KeepsItsInput_ItsItemAndItsChangesOfTheContext()
    {
        Flow.Start(Flow.Node<int, string>("plain", (input, scope) =>
        {
            scope.Context = scope.Context.Add(scope.Writer);
            return scope.TryGetState<int>(out var count) && count == 2
                ? $"{input} {count} {scope.Item} {Clock()}"
                : Suspension.For(TimeSpan.FromSeconds(5), count + 1);
        }).End());

        var result = await FinishAsync(RunAsync<int, string>(7));

        Assert.Equal(("7 2 1 00:00:10", 3L, 1L), (result.Output, result.Context.Value, result.StepCount));
    }

    private WorkflowNode<int, string, OrleansFlow.Workflows.Contexts.GrowCounter> Train(int stretches, TimeSpan? resumeAfter, TimeSpan? suspendAtMost = null) =>
        Flow.LongRunning<int, string, string>(
            "train",
            (_, state, scope, _) =>
            {
                Assert.Equal(scope.HasState, state is not null);
                Steps.Add($"{Clock()} {state}");
                var next = state + "x";
                return new(next.Length < stretches ? Stretch<string, string>.Suspend(next, resumeAfter) : Stretch<string, string>.Complete(next));
            },
            suspendAtMost);
}
