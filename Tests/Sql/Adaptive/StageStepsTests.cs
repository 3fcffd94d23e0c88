using OrleansFlow.Sql.Adaptive;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Tests.Sql.Adaptive;

/// <summary>Stages start together where rows are not kept, after each other where they are, and never wait in a circle.</summary>
public sealed class StageStepsTests
{
    [Fact]
    public void Stages_WhoseRowsAreNotKept_StartTogether()
    {
        var steps = StageSteps.Of(Plan([], [], [0, 1], [2]), (_, _) => false, []);

        Assert.Equal([0, 1, 2, 3], Assert.Single(steps.Groups));
        Assert.Empty(steps.Needs[0]);
    }

    [Fact]
    public void Stage_ThatReadsKeptRows_StartsWhenTheyAreMade()
    {
        var steps = StageSteps.Of(Plan([], [], [0, 1], [2]), (stage, _) => stage < 2, []);

        Assert.Equal([[0], [1], [2, 3]], steps.Groups);
        Assert.Equal([[], [], [0, 1]], steps.Needs.Select(needs => needs.Order().ToArray()));
    }

    [Fact]
    public void Stage_ThatHadBetterWait_Waits()
    {
        var steps = StageSteps.Of(Plan([], [], [0, 1], [2]), (_, _) => true, [(1, 0)]);

        Assert.Equal([0], steps.Needs[1]);
    }

    [Fact]
    public void Stages_ThatWouldWaitForEachOther_DoNot()
    {
        var steps = StageSteps.Of(Plan([], [], [0, 1], [2]), (_, _) => true, [(1, 0), (0, 1), (0, 3), (1, 1)]);

        Assert.Equal([[], [0], [0, 1], [2]], steps.Needs.Select(needs => needs.Order().ToArray()));
    }

    [Fact]
    public void GroupsThatReadEachOther_StartTogether()
    {
        // 0 -> 2 -> 3 without keeping, 0 => 1 and 1 => 3 kept: 1 stands between two stages of one group.
        var steps = StageSteps.Of(Plan([], [0], [0], [1, 2]), (stage, output) => stage == 1 || (stage == 0 && output == 0), []);

        Assert.Equal([0, 1, 2, 3], Assert.Single(steps.Groups));
    }

    [Fact]
    public void RandomPlans_AlwaysHaveAStageThatCanStart()
    {
        for (var seed = 0; seed < 2_000; seed++)
        {
            var random = new Random(seed);
            var reads = Enumerable.Range(0, random.Next(1, 9)).Select(stage => Enumerable.Range(0, stage).Where(_ => random.Next(3) == 0).ToArray()).ToArray();
            var kept = new bool[9, 16];
            foreach (var index in Enumerable.Range(0, 9 * 16))
            {
                kept[index / 16, index % 16] = random.Next(2) == 0;
            }

            var waits = Enumerable.Range(0, random.Next(6)).Select(_ => (random.Next(reads.Length), random.Next(reads.Length))).ToList();
            var steps = StageSteps.Of(Plan(reads), (stage, output) => kept[stage, output], waits);

            var ended = new HashSet<int>();
            while (steps.Groups.Select((group, index) => (group, index)).FirstOrDefault(one => !ended.IsSupersetOf(one.group) && ended.IsSupersetOf(steps.Needs[one.index])).group is { } next)
            {
                ended.UnionWith(next);
            }

            Assert.True(ended.Count == reads.Length, $"seed {seed}: {reads.Length - ended.Count} stages never start");
        }
    }

    /// <summary>A plan whose stages read these positions, each by an output of its own.</summary>
    private static DistributedPlan Plan(params int[][] reads)
    {
        var outputs = reads.Select(_ => new List<StageOutput>()).ToArray();
        var stages = reads.Select((inputs, position) => new QueryStage
        {
            Id = position + 1,
            Sql = "",
            ColumnTypes = [],
            TaskCount = 1,
            Inputs =
            [
                .. inputs.Select(input =>
                {
                    outputs[input].Add(new StageOutput(ExchangeKind.Coalesce, 1, [], [], false));
                    return new StageInput($"i{input}", input + 1, outputs[input].Count - 1, 0, 1);
                }),
            ],
            Outputs = outputs[position],
        }).ToList();
        return new DistributedPlan { Stages = stages, Names = [] };
    }
}
