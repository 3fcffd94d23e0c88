using System.Collections.Concurrent;
using System.Globalization;
using OrleansFlow.Simulation;
using OrleansFlow.Simulation.Invariants;
using OrleansFlow.Tests.Simulation.Mutations;

namespace OrleansFlow.Tests.Simulation;

/// <summary>Goal: every row of a streaming job is committed once, whatever happens to workers, silos, messages and the store; and a checkpoint that counts is whole.</summary>
public sealed class JobsSimulationTests
{
    private const string Scenario = "jobs";
    private const int Seeds = 80;

    // Else the protocol was never put to the test.
    private static readonly string[] Happenings =
    [
        " is killed", " hangs for ", " announces that it ends", "objects fail before: create ", "objects fail after: create ", "objects fail before: put ", " counts, with ", " is to stop: Checkpoint",
        " is to stop: Force", " subtasks of node ", " is to begin again at once", " is Rescaling", " is Recovering", " is Stopped", " is Finished", "-g1 by ",
    ];

    [Fact]
    public void Jobs_OverManySeedsInWhichEverythingHappens_CommitEachRowOnce()
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

        Assert.True(broken.IsEmpty, string.Join('\n', broken.Take(10)));
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
    public void CommitOfACheckpointThatTheStoreDoesNotHave_IsNoticed() => AssertBroken(new JobCheckpointsMutation { SaysThatItKeeps = true }, "one content: ");

    [Fact]
    public void CommitThatIsNotRepeatedAfterACrash_LeavesAGap_AndThatIsNoticed() => AssertBroken(new JobCheckpointsMutation { ForgetsCommits = true }, "no gap: ");

    [Fact]
    public void CheckpointThatNamesAFileThatNobodyWrote_IsNoticed() => AssertBroken(new JobCheckpointsMutation { CompactsIntoNothing = true }, "no file is missing: ");

    /// <summary>A broken protocol may come to a stop as well; some seed has to show what it does to the rows.</summary>
    private static void AssertBroken(Mutation mutation, string rule, ulong seeds = 50)
    {
        for (var seed = 0UL; seed < seeds; seed++)
        {
            if (SimulationRunner.Run(Scenario, seed, keepsHistory: false, mutation).Violation is { } violation && violation.StartsWith(rule, StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"No seed notices it: {rule}"));
    }
}
