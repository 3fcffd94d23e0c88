using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Tests.Workflows.Retries;

/// <summary>The waits are those of the specification's table of vectors.</summary>
public sealed class StepRetryPolicyTests
{
    [Fact]
    public void Default_WaitsOneTwoFourEightSeconds_ThenTheFifthAttemptIsTheLast()
    {
        var policy = StepRetryPolicy.Default;

        Assert.Equal([1, 2, 4, 8], Enumerable.Range(1, 4).Select(attempt => policy.BackoffAfter(attempt).TotalSeconds));
        Assert.True(policy.ShouldRetry(FailureKinds.Generic, 4));
        Assert.False(policy.ShouldRetry(FailureKinds.Generic, 5));
    }

    [Theory]
    [InlineData(BackoffStrategy.Linear, new[] { 100, 200, 300, 400, 450, 450 })]
    [InlineData(BackoffStrategy.Exponential, new[] { 100, 200, 400, 450, 450, 450 })]
    [InlineData(BackoffStrategy.Constant, new[] { 100, 100, 100, 100, 100, 100 })]
    public void Backoff_GrowsAsItsStrategySays_UpToTheCap(BackoffStrategy strategy, int[] milliseconds)
    {
        var policy = new StepRetryPolicy { InitialBackoff = TimeSpan.FromMilliseconds(100), MaxBackoff = TimeSpan.FromMilliseconds(450), Strategy = strategy };

        Assert.Equal(milliseconds, Enumerable.Range(1, 6).Select(attempt => (int)policy.BackoffAfter(attempt).TotalMilliseconds));
    }

    [Fact]
    public void FixedJitter_IsAddedAfterTheCap()
    {
        var policy = StepRetryPolicy.Default with { MaxBackoff = TimeSpan.FromSeconds(4), FixedJitter = TimeSpan.FromMilliseconds(250) };

        Assert.Equal([1250, 2250, 4250, 4250], Enumerable.Range(1, 4).Select(attempt => policy.BackoffAfter(attempt).TotalMilliseconds));
    }

    [Fact]
    public void Factor_EndsAtTheLargest32BitNumber()
    {
        var policy = new StepRetryPolicy { InitialBackoff = TimeSpan.FromTicks(1), MaxBackoff = TimeSpan.MaxValue };

        Assert.Equal(1L << 31, policy.BackoffAfter(32).Ticks);
        Assert.Equal(uint.MaxValue, policy.BackoffAfter(33).Ticks);
        Assert.Equal(uint.MaxValue, policy.BackoffAfter(int.MaxValue).Ticks);
    }

    [Fact]
    public void RandomJitter_SpreadsTheWaitToBothSides()
    {
        var policy = StepRetryPolicy.Default with { JitterPercent = 20 };

        Assert.Equal([0.8, 1.0, 1.1], new[] { 0, 0.5, 0.75 }.Select(chance => policy.BackoffAfter(1, chance).TotalSeconds));
    }

    [Theory]
    [InlineData(FailureKinds.All, FailureKinds.Timeout, true)]
    [InlineData(FailureKinds.Timeout, FailureKinds.Timeout, true)]
    [InlineData(FailureKinds.Timeout, FailureKinds.Generic, false)]
    [InlineData(FailureKinds.Generic, FailureKinds.Cancelled, false)]
    [InlineData(FailureKinds.Cancelled, FailureKinds.Cancelled, true)]
    public void RetryOn_ChoosesTheFailures(FailureKinds on, FailureKinds failure, bool retries) =>
        Assert.Equal(retries, (StepRetryPolicy.Default with { RetryOn = on }).ShouldRetry(failure, 1));

    [Fact]
    public void Settings_OutsideTheirRange_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new StepRetryPolicy { MaxAttempts = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new StepRetryPolicy { InitialBackoff = TimeSpan.FromTicks(-1) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new StepRetryPolicy { JitterPercent = 100.1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => StepRetryPolicy.Default.BackoffAfter(0));
    }
}
