using System.Threading.Channels;
using OrleansFlow.Errors;
using OrleansFlow.Tests.Workflows.Local;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Nodes;

namespace OrleansFlow.Tests.Workflows.Nodes;

/// <summary>Goal: a source runs the whole workflow once per item, in order, until it is closed or a run fails.</summary>
public sealed class WorkflowSourceTests : LocalRunTestBase
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Source_RunsTheWorkflowOncePerItem_InOrder_OnOneContext_UntilItIsClosed()
    {
        var source = new WorkflowSource<int>(capacity: 3);
        var outputs = new List<(int, long)>();
        foreach (var item in (int[])[1, 2, 3])
        {
            await source.WriteAsync(item, Token);
        }

        source.Close();
        await foreach (var result in source.RunAsync(Define(), GrowCounter.Empty, cancellationToken: Token))
        {
            outputs.Add((result.Output, result.Context.Value));
        }

        Assert.Equal([(10, 1L), (20, 3L), (30, 6L)], outputs);
    }

    [Fact]
    public async Task FirstFailure_StopsIt()
    {
        var source = new WorkflowSource<int>(capacity: 3);
        var outputs = new List<int>();
        foreach (var item in (int[])[1, -1, 3])
        {
            await source.WriteAsync(item, Token);
        }

        source.Close();
        var thrown = await Assert.ThrowsAsync<FlowException>(async () =>
        {
            await foreach (var result in source.RunAsync(Define(), GrowCounter.Empty, cancellationToken: Token))
            {
                outputs.Add(result.Output);
            }
        });

        Assert.Contains("-1 is negative", thrown.Message, StringComparison.Ordinal);
        Assert.Equal([10], outputs);
    }

    [Fact]
    public async Task FullSource_MakesItsWriterWait_AndAClosedOneRefusesItems()
    {
        var source = new WorkflowSource<int>(capacity: 1);
        await source.WriteAsync(1, Token);
        var second = source.WriteAsync(2, Token);
        Assert.False(second.IsCompleted);

        await using var runs = source.RunAsync(Define(), GrowCounter.Empty, cancellationToken: Token).GetAsyncEnumerator(Token);
        Assert.True(await runs.MoveNextAsync());
        await second;
        source.Close();
        source.Close();

        await Assert.ThrowsAsync<ChannelClosedException>(async () => await source.WriteAsync(3, Token));
        Assert.True(await runs.MoveNextAsync());
        Assert.False(await runs.MoveNextAsync());
    }

    [Fact]
    public void Source_HoldsAtLeastOneItem() => Assert.Throws<ArgumentOutOfRangeException>(() => new WorkflowSource<int>(0));

    private WorkflowDefinition<int, int, GrowCounter> Define()
    {
        Flow.Start(Flow.Node<int, int>("count", (value, scope) =>
        {
            scope.Context = value > 0 ? scope.Context.Add(scope.Writer, value) : throw new InvalidOperationException($"{value} is negative");
            return value * 10;
        }).End());
        return Flow.Build<int, int>();
    }
}
