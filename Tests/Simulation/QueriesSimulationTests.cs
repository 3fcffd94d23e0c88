using System.Collections.Concurrent;
using System.Globalization;
using OrleansFlow.Simulation;
using OrleansFlow.Simulation.Invariants;
using OrleansFlow.Tests.Simulation.Mutations;

namespace OrleansFlow.Tests.Simulation;

/// <summary>Goal: distributed queries give the right rows once, or an error with a reason, end in time and leave nothing behind, whatever happens to workers, silos and messages.</summary>
public sealed class QueriesSimulationTests
{
    private const string Scenario = "queries";
    private const int Seeds = 100;

    // Else the rules were never put to the test.
    private static readonly string[] Happenings =
    [
        " is killed", " hangs for ", " takes ", " attempt 2 ", " attempt 3 ", " is stopped", "Leave", "was changed", "DeadlineExceeded", "Cancelled", "WorkerLost", "QueryLost", " rows",
        "no more of its rows are wanted",
    ];

    [Fact]
    public void Queries_OverManySeedsInWhichEverythingHappens_GiveTheRightRowsOrAReason_AndLeaveNothing()
    {
        var broken = new ConcurrentBag<string>();
        var happened = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        var options = new ParallelOptions { CancellationToken = TestContext.Current.CancellationToken };
        Parallel.For(0, Seeds, options, number =>
        {
            var result = SimulationRunner.Run(Scenario, (ulong)number, keepsHistory: true);
            if (result.Violation is { } violation)
            {
                broken.Add($"{Scenario} seed {number}: {violation}");
            }

            foreach (var one in Happenings.Where(one => result.History.Any(line => line.Contains(one, StringComparison.Ordinal))))
            {
                happened[one] = true;
            }
        });

        Assert.Empty(broken);
        Assert.Empty(Happenings.Except(happened.Keys, StringComparer.Ordinal));
    }

    [Fact]
    public void History_OfTheSameSeed_IsTheSameByteForByte() => Parallel.For(0, 10, number =>
    {
        var first = SimulationRunner.Run(Scenario, (ulong)number, keepsHistory: true);
        var second = SimulationRunner.Run(Scenario, (ulong)number, keepsHistory: true);

        Assert.Equal(string.Join('\n', first.History), string.Join('\n', second.History));
        Assert.Equal(first.Trace, second.Trace);
    });

    [Fact]
    public void WorkersThatAreNotToldOfTheEnd_AreNoticed() => AssertBroken(new QueryCallsMutation { Cancels = false }, "clean: ");

    [Fact]
    public void RowsThatAreReadTwice_AreNoticed() => AssertBroken(
        new QueryCallsMutation
        {
            Plan = plan =>
            {
                foreach (var input in plan.Inputs.Where(input => input.Sources.Count > 0))
                {
                    input.Sources.Add(input.Sources[0].Clone());
                }
            },
        },
        "one attempt: ");

    [Fact]
    public void RowsThatAreMissing_AreNoticed() => AssertBroken(
        new QueryCallsMutation
        {
            Plan = plan =>
            {
                foreach (var input in plan.Inputs.Where(input => input.Sources.Count > 1))
                {
                    input.Sources.RemoveAt(0);
                }
            },
        },
        "rows: ");

    [Fact]
    public void StagesThatMakeOtherRowsUntold_AreNoticed() => AssertBroken(new QueryCallsMutation { TellsVolatile = false }, "rows: ", seeds: 400);

    private static void AssertBroken(Mutation mutation, string rule, ulong seeds = 50)
    {
        for (var seed = 0UL; seed < seeds; seed++)
        {
            if (SimulationRunner.Run(Scenario, seed, keepsHistory: false, mutation).Violation is { } violation)
            {
                Assert.StartsWith(rule, violation, StringComparison.Ordinal);
                return;
            }
        }

        Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"No seed notices it: {rule}"));
    }
}
