using OrleansFlow.Benchmarks.Queries.Scaling;

namespace OrleansFlow.Tests.Queries;

/// <summary>The model of large clusters: its arithmetic, and that the documentation says what it says.</summary>
public sealed class ScalingModelTests
{
    private static readonly ScalingModel Model = new(new ScalingCosts());

    [Fact]
    public void Documentation_HasTheTableOfTheModel() =>
        Assert.Contains(ScalingTable.Write(new ScalingCosts()), File.ReadAllText(RepositoryRoot.Combine("docs", "performance.md")), StringComparison.Ordinal);

    [Fact]
    public void Shuffle_OfAThousandWorkers_IsAMillionMessages()
    {
        var figures = Model.Of(1_000, scaleFactor: 1_000);

        Assert.Equal(1e6, figures.ShuffleMessages);
        Assert.Equal(6_001_215_000 * 0.5 * 32 / 1e6, figures.MessageBytes, 3);
    }

    [Fact]
    public void Rows_CostEachWorkerHalf_WhereThereAreTwiceAsMany()
    {
        var (few, many) = (Model.Of(100, 1_000), Model.Of(200, 1_000));

        Assert.Equal(few.ScanSeconds, many.ScanSeconds * 2, 9);
        Assert.Equal(few.DealSeconds, many.DealSeconds * 2, 9);
        Assert.Equal(few.TransferSeconds, many.TransferSeconds * 2, 9);
        Assert.True(few.Efficiency > many.Efficiency);
    }

    /// <summary>What grows with the square of the workers is telling all of them where all tasks are: at some size it is most of the coordinator's work for a task.</summary>
    [Fact]
    public void Places_AreWhatBreaksFirst()
    {
        var costs = new ScalingCosts();

        var with = Model.Of(4_000, 1_000);
        var without = new ScalingModel(costs with { ToldMicros = 0 }).Of(4_000, 1_000);

        Assert.True(with.CoordinatorMicrosPerTask > 3 * without.CoordinatorMicrosPerTask);
        Assert.Equal(with.Workers * (double)(with.Workers + 1) * costs.ToldBytes / 1e6, with.PlanMegabytes, 6);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1_000)]
    public void Coordinator_OfAThousandWorkers_NeedsLessThanTwentyMicrosecondsForATask(int workers) =>
        Assert.InRange(Model.Of(workers, 1_000).CoordinatorMicrosPerTask, 1, 20);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void Cluster_ThatIsNone_IsRefused(int workers, double scaleFactor) =>
        Assert.ThrowsAny<ArgumentException>(() => Model.Of(workers, scaleFactor));
}
