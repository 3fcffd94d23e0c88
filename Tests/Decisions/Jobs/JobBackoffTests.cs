using OrleansFlow.Decisions.Jobs;

namespace OrleansFlow.Tests.Decisions.Jobs;

/// <summary>Goal: restarts wait min(1 min, 500 ms * 2^n), half for sure and half by chance.</summary>
public sealed class JobBackoffTests
{
    [Theory]
    [InlineData(0, 0.0, 250)]
    [InlineData(0, 0.5, 375)]
    [InlineData(1, 0.0, 500)]
    [InlineData(1, 0.25, 625)]
    [InlineData(2, 0.0, 1_000)]
    [InlineData(3, 0.5, 3_000)]
    [InlineData(6, 0.0, 16_000)]
    [InlineData(7, 0.0, 30_000)]
    [InlineData(7, 0.5, 45_000)]
    [InlineData(19, 0.5, 45_000)]
    [InlineData(2_000_000, 0.0, 30_000)]
    public void Wait_IsHalfForSureAndHalfByChance(int restarts, double chance, int expectedMs) =>
        Assert.Equal(TimeSpan.FromMilliseconds(expectedMs), JobBackoff.Wait(restarts, chance, JobRules.Default));

    [Fact]
    public void Chance_IsSpreadFromZeroToOne_AndTheSameForTheSameSeed()
    {
        var all = Enumerable.Range(0, 1_000).Select(use => JobBackoff.Chance(7, use)).ToList();

        Assert.All(all, chance => Assert.InRange(chance, 0, 0.9999999999999999));
        Assert.InRange(all.Average(), 0.45, 0.55);
        Assert.Equal(1_000, all.Distinct().Count());
        Assert.Equal((all[3], true), (JobBackoff.Chance(7, 3), all[3] != JobBackoff.Chance(8, 3)));
    }

    [Fact]
    public void Defaults_AreThoseOfTheDesign()
    {
        var rules = JobRules.Default;

        Assert.Equal((10 * 60, 120, 30, 120, 60, 5), Seconds(rules.WorkerStartTimeout, rules.TaskStartTimeout, rules.HeartbeatTimeout, rules.HealthyAfter, rules.StopTimeout, rules.TearDownTimeout));
        Assert.Equal((20, 10, 4, false, 4), (rules.RestartsMax, rules.CheckpointsKept, rules.RetentionStep, rules.IsCompacting, rules.CompactAfterEpochs));
        Assert.Equal((1, 24 * 3600), (JobRules.CheckpointIntervalMin.TotalSeconds, JobRules.CheckpointIntervalMax.TotalSeconds));

        static (double, double, double, double, double, double) Seconds(TimeSpan a, TimeSpan b, TimeSpan c, TimeSpan d, TimeSpan e, TimeSpan f) =>
            (a.TotalSeconds, b.TotalSeconds, c.TotalSeconds, d.TotalSeconds, e.TotalSeconds, f.TotalSeconds);
    }
}
