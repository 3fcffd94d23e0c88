using OrleansFlow.Errors;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Tests.Workflows.Local;

/// <summary>Goal: a batch keeps order and bounds, loses no change of the context, and fails by its first failing element.</summary>
public sealed class BatchNodeTests : LocalRunTestBase
{
    [Fact]
    public async Task Batch_KeepsOrder_RunsSoManyAtATime_AndMergesEveryElementsChange()
    {
        var (running, most) = (0, 0);
        Flow.Start(Flow.Batch<int, int>("batch", 3, async (value, scope, cancellationToken) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            scope.Context = scope.Context.Add(scope.Writer);
            await Task.Delay(TimeSpan.FromSeconds(10 - value), Time, cancellationToken);
            Interlocked.Decrement(ref running);
            return value switch { 2 => Transition.Hold<int>(), 3 => Transition.NextAll([30, 31]), _ => value };
        }).End());

        var run = RunAsync<IReadOnlyList<int>, IReadOnlyList<int>>([1, 2, 3, 4, 5, 6, 7]).AsTask();
        while (!run.IsCompleted)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        var result = await run;
        Assert.Equal([1, 30, 31, 4, 5, 6, 7], result.Output);
        Assert.Equal((3, 7L, 1L), (most, result.Context.Value, result.StepCount));
        Assert.Equal(["0.0", "0.1", "0.2"], result.Context.Sums.Keys);
    }

    [Fact]
    public async Task Batch_WithFailingElements_FailsByTheFirstInOrder_AfterItsWave_WithoutATrace()
    {
        var seen = new List<int>();
        Flow.Start(Flow.Batch<int, int>("batch", 2, (value, scope, _) =>
        {
            seen.Add(value);
            scope.Context = scope.Context.Add(scope.Writer);
            return value is 3 or 4 ? throw new InvalidOperationException($"no {value}") : new(Transition.Next(value));
        }).End().OnFailure(Flow.Node<NodeFailure<IReadOnlyList<int>>, IReadOnlyList<int>>("rescue", (failure, _) => Transition.Next(failure.Input)).End()));

        var result = await RunAsync<IReadOnlyList<int>, IReadOnlyList<int>>([1, 2, 3, 4, 5]);

        Assert.Equal([1, 2, 3, 4], seen);
        Assert.Equal((5, 0L), (result.Output.Count, result.Context.Value));
    }

    [Fact]
    public async Task Batch_WhoseElementWaits_SaysThatItCannot()
    {
        Flow.Start(Flow.Batch<int, int>("batch", 2, (value, _, _) => new(Transition.Sleep(TimeSpan.FromSeconds(1), value))).End());

        var thrown = await Assert.ThrowsAsync<FlowException>(async () => await RunAsync<IReadOnlyList<int>, IReadOnlyList<int>>([1]));

        Assert.Contains("Batch 'batch' cannot wait (Sleep)", thrown.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Flow.Batch<int, int>("none", 0, (value, _, _) => new(Transition.Next(value))));
    }

    [Fact]
    public async Task Batch_OfNothing_IsNothing()
    {
        Flow.Start(Flow.Batch<int, int>("batch", 2, (value, _, _) => new(Transition.Next(value))).End());

        Assert.Empty((await RunAsync<IReadOnlyList<int>, IReadOnlyList<int>>([])).Output);
    }
}
