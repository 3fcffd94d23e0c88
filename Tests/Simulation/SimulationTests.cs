using System.Collections.Concurrent;
using OrleansFlow.Simulation;
using OrleansFlow.Simulation.Cluster;

namespace OrleansFlow.Tests.Simulation;

public sealed class SimulationTests
{
    /// <summary>Least number of times that each kind of fault has to happen in twenty seeds.</summary>
    private const int FaultsMin = 1;

    [Theory]
    [InlineData("leases", 2_000)]
    [InlineData("graphs", 2_000)]
    [InlineData("routing", 1_000)]
    [InlineData("random-graphs", 500)]
    [InlineData("scatter", 500)]
    [InlineData("limits", 500)]
    [InlineData("workflows", 400)]
    public void Rules_OverThousandsOfSeedsWithEveryKindOfFault_Hold(string scenario, int seeds)
    {
        var faults = new ConcurrentDictionary<FaultKind, int>();
        var broken = new SortedDictionary<ulong, string>();
        var options = new ParallelOptions { CancellationToken = TestContext.Current.CancellationToken };
        Parallel.For(0, seeds, options, number =>
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
        Assert.All(Enum.GetValues<FaultKind>(), kind => Assert.True(faults[kind] >= FaultsMin * seeds / 20, $"{kind} happened {faults[kind]} times"));
    }

    [Fact]
    public void Caller_ThatFails_EndsTheSimulationInThatVeryStep()
    {
        var world = new SimulatedWorld(1, new WorldOptions(), keepsHistory: false, mutation: null);
        world.StartCaller(() => Task.FromException(new IOException("lost")));

        var failure = Assert.Throws<InvalidOperationException>(() => world.Kernel.Step());

        Assert.Equal("lost", failure.InnerException?.Message);
    }

    [Theory]
    [InlineData("leases")]
    [InlineData("graphs")]
    [InlineData("routing")]
    [InlineData("random-graphs")]
    [InlineData("scatter")]
    [InlineData("limits")]
    [InlineData("workflows")]
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
    /// Seeds that broke a rule before the product was corrected. What a seed does changes with the faults that there are, so that old ones may
    /// have become worlds like any other.
    /// </summary>
    [Theory]
    [InlineData("leases", 1_567)] // A time-out ended the gateway's loop of receipts, but not the session: the worker's slots were never free again.
    [InlineData("leases", 28_642)] // Two calls stored a task in the same segment of its queue; dropping one copy dropped both.
    [InlineData("leases", 7)] // A back-off stored by a silo whose clock was an hour ahead lasted for that hour.
    [InlineData("leases", 8)] // A wall clock that jumped forwards ended a lease before its time.
    [InlineData("leases", 305)] // A wall clock that was set back kept a dead worker's lease.
    [InlineData("graphs", 259)] // The same in a run.
    [InlineData("routing", 787)] // A timer that was set anew while it asked for a lease's holder cancelled its own work, and the lease never ended.
    [InlineData("workflows", 4)] // A worker whose wall clock was an hour ahead made a sleep of two seconds last an hour.
    [InlineData("workflows", 16)] // A queue asked a run for an item whose grant was being written, was told that it is ready, offered it and was refused, without end.
    [InlineData("workflows", 28)] // A join that was to wait ten years set a timer, which ends at 49 days.
    [InlineData("routing", 134)] // A queue asked a paused run for a task, was told that it is ready, offered it and was refused, without end.
    public void Seed_ThatOnceBrokeARule_BreaksNoneAnyMore(string scenario, ulong seed) => Assert.Null(SimulationRunner.Run(scenario, seed).Violation);

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
