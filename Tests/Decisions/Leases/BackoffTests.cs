using OrleansFlow.Decisions.Leases;

namespace OrleansFlow.Tests.Decisions.Leases;

public sealed class BackoffTests
{
    [Theory]
    [InlineData(BackoffKind.Exponential, "10 20 40 60 60")]
    [InlineData(BackoffKind.Linear, "10 20 30 40 50")]
    [InlineData(BackoffKind.Constant, "10 10 10 10 10")]
    public void Wait_GrowsByItsKindUpToTheLongest(BackoffKind kind, string expected)
    {
        var policy = Policy(kind, 0, 0);

        Assert.Equal(expected, string.Join(' ', Enumerable.Range(0, 5).Select(retry => policy.BackoffBefore(retry).TotalSeconds)));
        Assert.True(policy.BackoffBefore(10_000) <= policy.MaxBackoff);
    }

    [Fact]
    public void Jitter_SpreadsTheWaitsOfTasksEvenlyAroundTheWait_AndRepeatsItself()
    {
        var waits = Enumerable.Range(0, 10_000).Select(salt => Policy(BackoffKind.Constant, 20, (ulong)salt).BackoffBefore(0).TotalSeconds).ToList();

        Assert.All(waits, wait => Assert.InRange(wait, 8, 12));
        Assert.InRange(waits.Average(), 9.95, 10.05);
        Assert.InRange(waits.Count(wait => wait < 9), 2_300, 2_700);
        Assert.Equal(waits, Enumerable.Range(0, 10_000).Select(salt => Policy(BackoffKind.Constant, 20, (ulong)salt).BackoffBefore(0).TotalSeconds));
        Assert.NotEqual(Policy(BackoffKind.Constant, 20, 1).BackoffBefore(0), Policy(BackoffKind.Constant, 20, 1).BackoffBefore(1));
    }

    private static LeasePolicy Policy(BackoffKind kind, double jitterPercent, ulong salt) => new()
    {
        Duration = TimeSpan.FromSeconds(60),
        Backoff = TimeSpan.FromSeconds(10),
        MaxBackoff = TimeSpan.FromSeconds(60),
        Kind = kind,
        JitterPercent = jitterPercent,
        JitterSalt = salt,
    };
}
