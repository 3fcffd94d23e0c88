using System.Threading.Channels;
using OrleansFlow.Errors;
using OrleansFlow.Tests.Workflows.Local;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Local;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Tests.Workflows.Nodes;

/// <summary>Goal: a node gets the events it waits for, each once and in order, and its wait ends when it should.</summary>
public class EventNodeTests : LocalRunTestBase
{
    private readonly LocalSignals _signals = new();

    private LocalRunOptions WithSignals => new() { Signals = _signals };

    [Fact]
    public async Task Signal_SentBeforeTheRun_IsKeptForTheNodeThatWaitsForIt()
    {
        _signals.Send("other", 1);
        _signals.Send("approved", "eve");
        Flow.Start(Flow.OnSignal<int, string, string>("approval", "approved", (amount, who, _, _) => new($"{amount} by {who}")).End());

        Assert.Equal("7 by eve", (await RunAsync<int, string>(7, WithSignals)).Output);
    }

    [Fact]
    public async Task Signal_SentWhileTheRunWaits_WakesIt()
    {
        Flow.Start(Flow.OnSignal<int, string, string>("approval", "approved", (amount, who, _, _) => new($"{amount} by {who}")).End());
        var run = RunAsync<int, string>(7, WithSignals).AsTask();
        Assert.False(run.IsCompleted);

        _signals.Send("approved", "ada");

        Assert.Equal("7 by ada", (await run).Output);
    }

    [Fact]
    public async Task Events_OfALoop_AreHandledInOrder_UntilOneEndsIt()
    {
        foreach (var word in (string[])["a", "b", "stop", "c"])
        {
            _signals.Send("word", word);
        }

        var words = Flow.OnSignal<string, string, string>("words", "word", (soFar, word, _, _) => new(word == "stop" ? soFar + "." : soFar + word));
        Flow.Start(words.Branch(arms => arms.EndWhen(text => text.EndsWith('.')).Otherwise(words)));

        Assert.Equal("ab.", (await RunAsync<string, string>("", WithSignals)).Output);
    }

    [Fact]
    public async Task TimeOut_TakesItsConfiguredAction()
    {
        Flow.Start(Flow.OnSignal<int, string, string>(
            "approval", "approved", (_, who, _, _) => new(who), TimeSpan.FromSeconds(30), (amount, _) => $"{amount} timed out at {Clock()}").End());

        Assert.Equal("7 timed out at 00:00:30", (await FinishAsync(RunAsync<int, string>(7, WithSignals))).Output);
    }

    [Fact]
    public async Task TimeOut_WithoutAnAction_FailsForGood_SoThatTheFallbackApplies()
    {
        var late = Flow.Node<NodeFailure<int>, string>("late", (failure, _) => $"{failure.Input}, {failure.Attempts}: {failure.Error}").End();
        Flow.Start(Flow.OnSignal<int, string, string>("approval", "approved", (_, who, _, _) => new(who), TimeSpan.FromSeconds(30))
            .Retry(StepRetryPolicy.Default).OnFailure(late).End());

        Assert.Equal("7, 1: Node 'approval' waited 00:00:30 for signal 'approved', and none came.", (await FinishAsync(RunAsync<int, string>(7, WithSignals))).Output);
    }

    [Fact]
    public async Task TimeOut_WithoutActionAndFallback_IsADeadlineThatWasExceeded()
    {
        Flow.Start(Flow.OnSignal<int, string, string>("approval", "approved", (_, who, _, _) => new(who), TimeSpan.FromSeconds(30)).End());

        Assert.Equal(FlowErrorCode.DeadlineExceeded, (await Assert.ThrowsAsync<FlowException>(() => FinishAsync(RunAsync<int, string>(7, WithSignals)))).Code);
    }

    [Fact]
    public async Task SignalInTime_CancelsTheTimeOut()
    {
        Flow.Start(Flow.OnSignal<int, string, string>("approval", "approved", (_, who, _, _) => new(who), TimeSpan.FromSeconds(30)).End());
        var run = RunAsync<int, string>(7, WithSignals).AsTask();
        Time.Advance(TimeSpan.FromSeconds(29));

        _signals.Send("approved", "eve");

        Assert.Equal("eve", (await run).Output);
        Assert.Equal("00:00:29", Clock());
    }

    [Fact]
    public async Task TwoNodes_ThatWaitForOneSignal_GetOneEach()
    {
        _signals.Send("go", 1);
        _signals.Send("go", 2);
        Flow.Start(Flow.Node<int, int>("first", (value, _) => value).To(Wait("a"), Wait("b"))).Output(OutputRule.List);

        Assert.Equal(["a1", "b2"], (await RunAsync<int, string>(0, WithSignals)).Outputs);

        WorkflowNode<int, string, OrleansFlow.Workflows.Contexts.GrowCounter> Wait(string name) =>
            Flow.OnSignal<int, int, string>(name, "go", (_, number, _, _) => new($"{name}{number}")).End();
    }

    [Fact]
    public async Task JoinOfAll_WaitsForABranchThatWaitsForASignal()
    {
        var join = Flow.Join<int>("all", JoinRule.All).End();
        Flow.Start(Flow.Node<int, int>("first", (value, _) => value).To(
            Log<int>("quick").To(join), Flow.OnSignal<int, int, int>("slow", "go", (_, number, _, _) => new(number)).To(join)));
        var run = RunAsync<int, IReadOnlyList<int>>(1, WithSignals).AsTask();
        Assert.False(run.IsCompleted);

        _signals.Send("go", 2);

        Assert.Equal([1, 2], (await run).Output);
    }

    [Fact]
    public async Task Signals_BeyondTheirBound_AreRefused()
    {
        for (var count = 0; count < LocalSignals.MaxKept; count++)
        {
            _signals.Send("many", count);
        }

        Assert.Equal(FlowErrorCode.LimitExceeded, Assert.Throws<FlowException>(() => _signals.Send("many", 0)).Code);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task Channel_GivesEachEventToOneItem()
    {
        var source = Channel.CreateBounded<int>(10);
        await source.Writer.WriteAsync(3, TestContext.Current.CancellationToken);
        await source.Writer.WriteAsync(4, TestContext.Current.CancellationToken);
        var add = Flow.OnEvent<int, int, int>("add", source.Reader, (sum, number, _, _) => new(sum + number));
        Flow.Start(add.Branch(arms => arms.EndWhen(sum => sum >= 7).Otherwise(add)));

        Assert.Equal(7, (await RunAsync<int, int>(0)).Output);
    }

    [Fact]
    public async Task Channel_ThatIsClosed_FailsNamingTheNode()
    {
        var source = Channel.CreateBounded<int>(10);
        source.Writer.Complete();
        Flow.Start(Flow.OnEvent<int, int, int>("add", source.Reader, (sum, number, _, _) => new(sum + number)).End());

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await RunAsync<int, int>(0));

        Assert.Contains("Node 'add' waits for an event, and its source is closed", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Channel_WithoutAnEventInTime_TakesTheTimeOutAction()
    {
        var source = Channel.CreateBounded<int>(10);
        Flow.Start(Flow.OnEvent<int, int, int>("add", source.Reader, (sum, number, _, _) => new(sum + number), TimeSpan.FromSeconds(2), (_, _) => -1).End());

        Assert.Equal(-1, (await FinishAsync(RunAsync<int, int>(0))).Output);
    }
}
