using System.Collections.Concurrent;
using OrleansFlow.Simulation;

namespace OrleansFlow.Tests.Simulation;

public sealed class SimulationTests
{
    private const int SeedCount = 2_000;

    /// <summary>Least number of times that each kind of fault has to happen over the seeds of one scenario.</summary>
    private const int FaultsMin = 10;

    [Theory]
    [InlineData("leases")]
    [InlineData("graphs")]
    public void Rules_OverTwoThousandSeedsWithEveryKindOfFault_Hold(string scenario)
    {
        var faults = new ConcurrentDictionary<FaultKind, int>();
        var broken = new SortedDictionary<ulong, string>();
        var options = new ParallelOptions { CancellationToken = TestContext.Current.CancellationToken };
        Parallel.For(0, SeedCount, options, number =>
        {
            var result = SimulationRunner.Run(scenario, (ulong)number);
            foreach (var (kind, count) in result.Faults)
            {
                faults.AddOrUpdate(kind, count, (_, sum) => sum + count);
            }

            if (result.Violation is { } violation)
            {
                lock (broken)
                {
                    broken.Add(result.Seed, violation);
                }
            }
        });

        Assert.True(broken.Count == 0, string.Join('\n', broken.Take(10).Select(one => $"{scenario} seed {one.Key}: {one.Value}")));
        Assert.All(Enum.GetValues<FaultKind>(), kind => Assert.True(faults[kind] >= FaultsMin, $"{kind} happened {faults[kind]} times"));
    }

    [Theory]
    [InlineData("leases")]
    [InlineData("graphs")]
    public void History_OfTheSameSeed_IsTheSameByteForByte(string scenario)
    {
        var options = new ParallelOptions { CancellationToken = TestContext.Current.CancellationToken };
        Parallel.For(0, 100, options, number =>
        {
            // On two threads, so that nothing of the first run's thread can help the second.
            var first = SimulationRunner.Run(scenario, (ulong)number, keepsHistory: true);
            var second = SimulationRunner.Run(scenario, (ulong)number, keepsHistory: true);

            Assert.Equal(string.Join('\n', first.History), string.Join('\n', second.History));
            Assert.Equal(first.Trace, second.Trace);
        });
    }

    /// <summary>
    /// Its time-out ended the gateway's loop of outcome receipts, but not the session: the worker's slots were never free again.
    /// </summary>
    [Fact]
    public void WorkerSlots_WhenTheWordOfAFreeOneIsLost_AreFreeAgain() => Assert.Null(SimulationRunner.Run("leases", 1567).Violation);

    /// <summary>Two calls stored a task in the same segment of its queue; dropping the second copy dropped both with the segment's next write.</summary>
    [Fact]
    public void TaskStoredTwice_AfterItsQueueIsReadAgain_IsStillThere() => Assert.Null(SimulationRunner.Run("leases", 28_642).Violation);

    [Fact]
    public void History_IsNeededByNobody_WhenItIsNotKept()
    {
        var told = SimulationRunner.Run("leases", 7, keepsHistory: true);
        var silent = SimulationRunner.Run("leases", 7);

        Assert.NotEmpty(told.History);
        Assert.Empty(silent.History);
        Assert.Equal(told.Trace, silent.Trace);
    }

    [Fact]
    public void Seeds_ThatDiffer_GiveDifferentWorlds()
    {
        var traces = Enumerable.Range(0, 20).Select(seed => SimulationRunner.Run("leases", (ulong)seed).Trace);

        Assert.Equal(20, traces.Distinct().Count());
    }

    [Fact]
    public void Scenario_ThatDoesNotExist_IsNamedWithTheOthers()
    {
        var exception = Assert.Throws<ArgumentException>(() => SimulationRunner.Run("weather", 1));

        Assert.Contains("'weather'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("leases, graphs", exception.Message, StringComparison.Ordinal);
    }
}
