using OrleansFlow.Sql.Adaptive;
using OrleansFlow.Sql.Stages;

namespace OrleansFlow.Tests.Sql.Adaptive;

/// <summary>Tasks by the sizes that finished stages wrote: every row is read once, whatever the sizes are.</summary>
public sealed class AdaptivePlannerTests
{
    private const int JoinId = 3;

    [Fact]
    public void Assignments_OfRandomSizes_ReadEveryRowOnce()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var partitionCount = random.Next(1, 40);
            var isLeftDivisible = random.Next(2) == 0;
            var plan = Join(partitionCount, random.Next(2, 8), isLeftDivisible, isRightDivisible: random.Next(2) == 0);
            var sizes = new[] { Sizes(random, random.Next(1, 9), partitionCount), Sizes(random, random.Next(1, 9), partitionCount) };
            var options = new AdaptiveOptions { TaskCountMax = random.Next(1, 20), BytesPerTask = random.Next(1, 2_000), SkewFactor = 1 + (random.NextDouble() * 4) };

            var assignment = AdaptivePlanner.Assign(plan, plan.Stages[2], (stage, _) => sizes[stage - 1], options)!;

            AssertReadsOnce(assignment, plan.Stages[2], sizes, partitionCount, seed);
            if (plan.Stages[2].Inputs.All(input => !input.IsDivisible))
            {
                Assert.InRange(assignment.Tasks.Count, 1, options.TaskCountMax);
            }
        }
    }

    [Fact]
    public void SmallPartitions_BecomeFewTasks_AndLargeOnesMany()
    {
        var plan = Join(12, 4, true, true);
        var options = new AdaptiveOptions { TaskCountMax = 8, BytesPerTask = 1_000 };

        Assert.Single(Assign(plan, Even(12, 2, 10), options).Tasks);
        Assert.Equal(4, Assign(plan, Even(12, 2, 100), options with { TaskCountMax = 4 }).Tasks.Count);
        Assert.Equal(8, Assign(plan, Even(12, 2, 200), options).Tasks.Count);
        Assert.Equal(12, Assign(plan, Even(12, 2, 10_000), options with { TaskCountMax = 100 }).Tasks.Count);
    }

    [Fact]
    public void PartitionWithMostOfTheRows_IsDividedOnlyWhereTheStageAllowsIt()
    {
        var skewed = new OutputSizes([[10, 5_000, 10], [10, 5_000, 10], [10, 5_000, 10], [10, 5_000, 10]]);
        var flat = new OutputSizes([[10, 10, 10]]);
        var options = new AdaptiveOptions { TaskCountMax = 4, BytesPerTask = 1_000 };

        var divided = AdaptivePlanner.Assign(Join(3, 3, true, false), Join(3, 3, true, false).Stages[2], (stage, _) => stage == 1 ? skewed : flat, options)!;
        Assert.Equal([0, 1, 2, 3], divided.Tasks.Where(task => task.Inputs[0].FirstPartition == 1).Select(task => task.Inputs[0].FirstProducer));
        Assert.All(divided.Tasks, task => Assert.Equal((0, 1), (task.Inputs[1].FirstProducer, task.Inputs[1].ProducerCount)));

        var whole = AdaptivePlanner.Assign(Join(3, 3, false, false), Join(3, 3, false, false).Stages[2], (stage, _) => stage == 1 ? skewed : flat, options)!;
        Assert.All(whole.Tasks, task => Assert.Equal((0, 4), (task.Inputs[0].FirstProducer, task.Inputs[0].ProducerCount)));
    }

    [Fact]
    public void StageOfOneTask_WhichMayCountAllRows_StaysAsPlanned()
    {
        Assert.Null(AdaptivePlanner.Assign(Join(3, 1, true, true), Join(3, 1, true, true).Stages[2], (_, _) => Even(3, 2, 10_000), new AdaptiveOptions { TaskCountMax = 4, BytesPerTask = 1 }));
        Assert.Null(AdaptivePlanner.Broadcast(Join(3, 1, true, true), JoinId, "a", new OutputSizes([[1]]), new AdaptiveOptions()));
    }

    [Fact]
    public void StageWhoseTasksMatter_StaysAsPlanned()
    {
        var plan = Join(3, 3, true, true);
        var options = new AdaptiveOptions { TaskCountMax = 4 };
        StageAssignment? Of(DistributedPlan changed, int stage) => AdaptivePlanner.Assign(changed, changed.Stages[stage], (_, _) => Even(3, 2, 5), options);

        Assert.Null(Of(plan, 0));
        Assert.Null(Of(plan, 3));
        Assert.NotNull(Of(plan, 2));
        var pairs = plan with { Stages = [.. plan.Stages.Take(3), plan.Stages[3] with { Inputs = [new StageInput("in", JoinId, 0, 0, 3)], TaskCount = 3 }] };
        Assert.Null(Of(pairs, 2));
        var united = plan with { Stages = [.. plan.Stages.Take(2), plan.Stages[2] with { TaskCount = 6 }, plan.Stages[3]] };
        Assert.Null(Of(united, 2));
        Assert.Throws<ArgumentException>(() => AdaptivePlanner.Assign(plan, plan.Stages[2], (_, _) => Even(2, 2, 5), options));
    }

    [Fact]
    public void SideThatTurnedOutSmall_IsReadByAllAndTheOtherStays()
    {
        var plan = Join(6, 3, true, false);
        var options = new AdaptiveOptions { BroadcastBytesMax = 100 };

        Assert.Null(AdaptivePlanner.Broadcast(plan, JoinId, "b", Even(6, 2, 50), options));
        Assert.Null(AdaptivePlanner.Broadcast(plan, JoinId, "a", Even(6, 2, 1), options));
        var changed = AdaptivePlanner.Broadcast(plan, JoinId, "b", Even(6, 2, 1), options)!;

        Assert.Equal(ExchangeKind.Coalesce, changed.Stages[0].Outputs[0].Kind);
        Assert.Equal(ExchangeKind.Broadcast, changed.Stages[1].Outputs[0].Kind);
        Assert.Equal(changed.Stages[0].TaskCount, changed.Stages[2].TaskCount);
        Assert.All(changed.Stages[2].Inputs, input => Assert.Equal(changed.Stages[0].TaskCount, input.TaskCount));
    }

    [Theory]
    [InlineData(0, 1, 0, 1)]
    [InlineData(1, 0, 0, 1)]
    [InlineData(1, 1, -1, 1)]
    [InlineData(1, 1, 0, 0.5)]
    [InlineData(1, 1, 0, double.NaN)]
    public void Options_OutOfRange_AreRefused(int tasks, long bytes, long broadcast, double skew) =>
        Assert.Throws<ArgumentException>(
            new AdaptiveOptions { TaskCountMax = tasks, BytesPerTask = bytes, BroadcastBytesMax = broadcast, SkewFactor = skew }.Validate);

    private static StageAssignment Assign(DistributedPlan plan, OutputSizes sizes, AdaptiveOptions options) =>
        AdaptivePlanner.Assign(plan, plan.Stages[2], (_, _) => sizes, options)!;

    // Each pair of rows of one partition meets in exactly one task.
    private static void AssertReadsOnce(StageAssignment assignment, QueryStage stage, OutputSizes[] sizes, int partitionCount, int seed)
    {
        for (var partition = 0; partition < partitionCount; partition++)
        {
            var met = new int[sizes[0].TaskBytes.Count, sizes[1].TaskBytes.Count];
            foreach (var task in assignment.Tasks)
            {
                var (left, right) = (task.Inputs[0], task.Inputs[1]);
                Assert.Equal((left.FirstPartition, left.PartitionCount), (right.FirstPartition, right.PartitionCount));
                if (partition < left.FirstPartition || partition >= left.FirstPartition + left.PartitionCount)
                {
                    continue;
                }

                Assert.True(stage.Inputs[0].IsDivisible || left.ProducerCount == sizes[0].TaskBytes.Count, $"seed {seed}");
                Assert.True(stage.Inputs[1].IsDivisible || right.ProducerCount == sizes[1].TaskBytes.Count, $"seed {seed}");
                for (var first = left.FirstProducer; first < left.FirstProducer + left.ProducerCount; first++)
                {
                    for (var second = right.FirstProducer; second < right.FirstProducer + right.ProducerCount; second++)
                    {
                        met[first, second]++;
                    }
                }
            }

            Assert.All(met.Cast<int>(), count => Assert.True(count == 1, $"seed {seed}, partition {partition}: {count}"));
        }
    }

    private static OutputSizes Even(int partitionCount, int taskCount, long bytes) =>
        new([.. Enumerable.Range(0, taskCount).Select(_ => (IReadOnlyList<long>)[.. Enumerable.Repeat(bytes, partitionCount)])]);

    private static OutputSizes Sizes(Random random, int taskCount, int partitionCount)
    {
        var skewed = random.Next(partitionCount);
        return new OutputSizes(
        [
            .. Enumerable.Range(0, taskCount).Select(_ => (IReadOnlyList<long>)
            [
                .. Enumerable.Range(0, partitionCount).Select(partition => random.Next(3) == 0 ? 0L : random.Next(100) * (partition == skewed ? 1_000L : 1L)),
            ]),
        ]);
    }

    private static DistributedPlan Join(int partitionCount, int taskCount, bool isLeftDivisible, bool isRightDivisible)
    {
        StageOutput shuffle = new(ExchangeKind.Shuffle, partitionCount, [0], [], true);
        QueryStage Source(int id) => new() { Id = id, Sql = "", ColumnTypes = ["BIGINT"], TaskCount = 4, Scans = [new StageScan("s", "t", [], 0, 4)], Outputs = [shuffle] };
        return new DistributedPlan
        {
            Names = ["c"],
            Stages =
            [
                Source(1),
                Source(2),
                new QueryStage
                {
                    Id = JoinId,
                    Sql = "",
                    ColumnTypes = ["BIGINT"],
                    TaskCount = taskCount,
                    Inputs =
                    [
                        new StageInput("a", 1, 0, 0, taskCount) { IsDivisible = isLeftDivisible },
                        new StageInput("b", 2, 0, 0, taskCount) { IsDivisible = isRightDivisible },
                    ],
                    Outputs = [new StageOutput(ExchangeKind.Coalesce, 1, [], [], false)],
                },
                new QueryStage { Id = 4, Sql = "", ColumnTypes = ["BIGINT"], TaskCount = 1, Inputs = [new StageInput("in", JoinId, 0, 0, 1)] },
            ],
        };
    }
}
