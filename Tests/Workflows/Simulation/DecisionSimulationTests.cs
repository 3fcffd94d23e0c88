using System.Collections.Concurrent;
using OrleansFlow.Simulation.Workflows;

namespace OrleansFlow.Tests.Workflows.Simulation;

/// <summary>
/// Goal: no lost or doubled effect, one right answer, and every run ends or waits for something that has a name. Method: random workflows whose messages are
/// lost, late or doubled and whose process crashes, as a seed says; a seed that fails is told, and fails again.
/// </summary>
public sealed class DecisionSimulationTests
{
    [Fact]
    public void AnySeed_EndsWithTheAnswerOfASequentialRun()
    {
        var broken = new SortedDictionary<ulong, string>();
        var seen = new ConcurrentDictionary<string, int>();
        Parallel.For(0, 800, new ParallelOptions { CancellationToken = TestContext.Current.CancellationToken }, number =>
        {
            if (DecisionSimulation.Run((ulong)number, (what, count) => seen.AddOrUpdate(what, count, (_, sum) => sum + count)) is { } violation)
            {
                lock (broken)
                {
                    broken.Add((ulong)number, violation);
                }
            }
        });

        Assert.True(broken.Count == 0, $"{broken.Count} seeds: " + string.Join('\n', broken.Take(10).Select(one => $"seed {one.Key}: {one.Value}")));
        Assert.All(seen, one => Assert.True(one.Value > 50, $"{one.Key} happened {one.Value} times"));
    }
}
