using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Simulation.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Local;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Tests.Workflows.Simulation;

/// <summary>Random workflows, each with the one right answer that its parts have, whatever happens to its run.</summary>
public sealed class RandomWorkflowTests
{
    /// <summary>The oracle itself is checked against the local mode, which shares no code with it.</summary>
    [Fact]
    public async Task LocalMode_OfWorkflowsWithoutSignals_GivesWhatTheirPartsSay()
    {
        var seen = 0;
        for (var seed = 0UL; seed < 400; seed++)
        {
            var workflow = RandomWorkflow.Create(new SeededRandom(seed, "workflow"), "random", mayFail: false);
            if (workflow.Text.Contains(":signal", StringComparison.Ordinal))
            {
                continue;
            }

            seen++;
            var time = new ManualTimeProvider();
            var run = workflow.Definition.RunAsync(
                MergeMap<GrowCounter>.Empty, workflow.Input, new LocalRunOptions { Time = time, Retry = StepRetryPolicy.Default }, TestContext.Current.CancellationToken).AsTask();
            while (!run.IsCompleted)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                await Task.Yield();
            }

            var result = await run;
            Assert.True(workflow.Outputs.SequenceEqual(result.Outputs.Order()), $"seed {seed}: {string.Join(',', result.Outputs)} of {workflow.Text}");
            Assert.True(workflow.FindWrong(result.Context) is null, $"seed {seed}: {workflow.FindWrong(result.Context)} in {workflow.Text}");
        }

        Assert.InRange(seen, 100, 400);
    }
}
