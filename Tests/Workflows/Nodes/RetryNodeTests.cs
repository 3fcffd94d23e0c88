using OrleansFlow.Errors;
using OrleansFlow.Tests.Workflows.Local;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Nodes;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Tests.Workflows.Nodes;

/// <summary>Goal: a node that is repeated waits as its policy says, passes results through and reports its last error.</summary>
public class RetryNodeTests : LocalRunTestBase
{
    private static readonly StepRetryPolicy Linear = new() { MaxAttempts = 3, Strategy = BackoffStrategy.Linear };

    [Fact]
    public async Task RetryNode_InsideABatch_RepeatsTheElementThatFailed_AndUndoesWhatItDid()
    {
        var inner = new RetryNode<int, int, GrowCounter>(new Flaky(this, failures: 1), Linear);
        Flow.Start(Flow.Batch("batch", 2, inner).End());

        var result = await FinishAsync(RunAsync<IReadOnlyList<int>, IReadOnlyList<int>>([1, 2, 3]));

        Assert.Equal([10, 20, 30], result.Output);
        Assert.Equal(3, result.Context.Value);
        Assert.Equal(["1 at 00:00:00", "2 at 00:00:00", "1 at 00:00:01", "2 at 00:00:01", "3 at 00:00:01", "3 at 00:00:02"], Steps);
    }

    [Fact]
    public async Task RetryNode_OutOfAttempts_ReportsTheLastError()
    {
        Flow.Start(Flow.Node("node", new RetryNode<int, int, GrowCounter>(new Flaky(this, failures: 9), Linear)).End());

        var thrown = await Assert.ThrowsAsync<FlowException>(() => FinishAsync(RunAsync<int, int>(1)));

        Assert.Equal("Node 'node' failed once: try 3", thrown.Message);
        Assert.Equal(["1 at 00:00:00", "1 at 00:00:01", "1 at 00:00:03"], Steps);
    }

    [Fact]
    public async Task RetryNode_PassesHoldAndNextAllThrough()
    {
        var node = new RetryNode<int, int, GrowCounter>(new Says(Transition.NextAll<int>([1, 2])), Linear);
        var hold = new RetryNode<int, int, GrowCounter>(new Says(Transition.Hold<int>()), Linear);
        Flow.Start(Flow.Node("many", node).To(Log<int>("each").To(Flow.Node("hold", hold).End())));

        Assert.Equal(FlowErrorCode.NoTerminalOutput, (await Assert.ThrowsAsync<FlowException>(async () => await RunAsync<int, int>(1))).Code);
        Assert.Equal(["each 1", "each 2"], Steps);
    }

    [Fact]
    public async Task RetryNode_RepeatsAbortsAsWell_ButOnlyWhatItsPolicyNames()
    {
        var policy = Linear with { RetryOn = FailureKinds.Timeout };
        Flow.Start(Flow.Node("node", new RetryNode<int, int, GrowCounter>(new Says(Transition.Abort<int>(new InvalidOperationException("no"))), policy)).End());

        Assert.Equal("Node 'node' failed once: no", (await Assert.ThrowsAsync<FlowException>(async () => await RunAsync<int, int>(1))).Message);
    }

    [Fact]
    public async Task RetryWait_IsInterruptedByCancel()
    {
        using var cancel = new CancellationTokenSource();
        Flow.Start(Flow.Node("node", new RetryNode<int, int, GrowCounter>(new Flaky(this, failures: 9), Linear)).End());
        var run = RunAsync<int, int>(1, cancellationToken: cancel.Token).AsTask();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Fact]
    public async Task NodeWithARetryPolicyOfItsOwn_OverridesTheRuns_AndHoldsUpNobodyWhileItWaits()
    {
        Flow.Start(Flow.Node<int, int>("first", (value, _) => value).To(
            Flow.Retry("flaky", Linear, new Flaky(this, failures: 2)).End(), Log<int>("other").End()));

        await FinishAsync(RunAsync<int, int>(1));

        Assert.Equal(["1 at 00:00:00", "other 1", "1 at 00:00:01", "1 at 00:00:03"], Steps);
    }

    [Fact]
    public async Task NonRetryableFailure_IsNotRepeated_WhateverThePolicySays()
    {
        Flow.Start(Flow.Node<int, int>("node", (_, _) => throw new NonRetryableException("never", new TimeoutException())).Retry(Linear).End());

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await RunAsync<int, int>(1));

        Assert.Equal((FlowErrorCode.DeadlineExceeded, "Node 'node' failed once: never"), (thrown.Code, thrown.Message));
    }

    private sealed class Says(Transition<int> transition) : INode<int, int, GrowCounter>
    {
        public ValueTask<Transition<int>> RunAsync(int input, NodeScope<GrowCounter> scope, CancellationToken cancellationToken) => new(transition);
    }

    private sealed class Flaky(RetryNodeTests test, int failures) : INode<int, int, GrowCounter>
    {
        private readonly Dictionary<int, int> _calls = [];

        public ValueTask<Transition<int>> RunAsync(int input, NodeScope<GrowCounter> scope, CancellationToken cancellationToken)
        {
            var calls = _calls[input] = _calls.GetValueOrDefault(input) + 1;
            test.Steps.Add($"{input} at {test.Clock()}");
            scope.Context = scope.Context.Add(scope.Writer);
            return calls <= failures ? throw new InvalidOperationException($"try {calls}") : new(input * 10);
        }
    }
}
