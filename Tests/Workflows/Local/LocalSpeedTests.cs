using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;

namespace OrleansFlow.Tests.Workflows.Local;

/// <summary>Goal: what a step costs is known. Method: allocation is deterministic, so runs of different lengths are compared.</summary>
public sealed class LocalSpeedTests
{
    [Fact]
    public async Task TrivialSteps_OnStructs_AllocateNothing()
    {
        var flow = new Workflow<NoContext>("loop");
        var step = flow.Node<Countdown, Countdown>("step", (value, _) => new Countdown(value.Left - 1, value.Sum + value.Left));
        flow.Start(step.Branch(arms => arms.When(value => value.Left > 0, step).OtherwiseEnd()));
        var definition = flow.Build<Countdown, Countdown>();
        await BytesAsync(1_000);

        var shorter = await BytesAsync(1_000);
        var longer = await BytesAsync(201_000);

        Assert.InRange(longer - shorter, 0, 1_000);

        async Task<long> BytesAsync(int steps)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var result = await definition.RunAsync(default, new Countdown(steps, 0), cancellationToken: TestContext.Current.CancellationToken);
            var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal(steps, result.StepCount);
            return bytes;
        }
    }

    private readonly record struct Countdown(int Left, long Sum);
}
