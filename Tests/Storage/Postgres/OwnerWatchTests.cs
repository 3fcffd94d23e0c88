using OrleansFlow.Storage.Postgres;

namespace OrleansFlow.Tests.Storage.Postgres;

/// <summary>
/// Goal: a standby takes over within 5 s of the owner's death and never from one that lives. Method: owner and standby as a time line in
/// milliseconds, for every phase between the two; no clock.
/// </summary>
public sealed class OwnerWatchTests
{
    /// <summary>The server's answer, the wait for the lock of a transaction that died, and the take-over itself.</summary>
    private const int TakeMs = 500;
    private const int DeathMs = 10_000;
    private static readonly PostgresStoreOptions Defaults = new();

    [Fact]
    public void Standby_OfAnOwnerThatDies_TakesOverWithin5SecondsWhateverThePhase()
    {
        for (var phase = 0; phase < 600; phase++)
        {
            var taken = TakenAt(Defaults.OwnerTimeout, phase, DeathMs);

            Assert.InRange(taken + TakeMs - DeathMs, 1_000, 5_000);
        }
    }

    [Theory]
    [InlineData(500)]
    [InlineData(3_000)]
    [InlineData(300_000)]
    public void Standby_OfAnOwnerThatLives_NeverTakesOver(int ownerTimeoutMs)
    {
        for (var phase = 0; phase < 600; phase += 7)
        {
            Assert.Equal(int.MaxValue, TakenAt(TimeSpan.FromMilliseconds(ownerTimeoutMs), phase, int.MaxValue));
        }
    }

    [Fact]
    public void MayTake_OfAStoreThatNobodyOwns_IsAtOnce() => Assert.True(new OwnerWatch(Defaults.OwnerTimeout).MayTake(new OwnerRow(null, 3, 8), default, default));

    [Fact]
    public void MayTake_AfterALookThatTookLong_CountsTheSilenceAnew()
    {
        var watch = new OwnerWatch(TimeSpan.FromSeconds(3));
        var row = new OwnerRow("owner", 1, 7);

        Assert.False(watch.MayTake(row, Seconds(0), Seconds(0)));
        Assert.False(watch.MayTake(row, Seconds(0.3), Seconds(9)));
        Assert.False(watch.MayTake(row, Seconds(11.9), Seconds(11.9)));
        Assert.True(watch.MayTake(row, Seconds(12), Seconds(12)));
    }

    [Fact]
    public void IsAlive_IsSaidOfAnOwnerWhoseHeartbeatMovedAndOfNoOther()
    {
        var watch = new OwnerWatch(TimeSpan.FromSeconds(3));
        watch.MayTake(new OwnerRow("owner", 1, 7), default, default);
        watch.MayTake(new OwnerRow("owner", 1, 7), Seconds(1), Seconds(1));
        Assert.False(watch.IsAlive);

        watch.MayTake(new OwnerRow("owner", 1, 8), Seconds(2), Seconds(2));
        Assert.True(watch.IsAlive);
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    /// <summary>When the standby, which first looks at <paramref name="phase"/>, may take the store; the owner beats until it dies.</summary>
    private static int TakenAt(TimeSpan ownerTimeout, int phase, int deathMs)
    {
        var watch = new OwnerWatch(ownerTimeout);
        var (beatMs, lookMs) = ((int)watch.BeatInterval.TotalMilliseconds, (int)watch.LookInterval.TotalMilliseconds);
        for (var look = 0; look < 2_000; look++)
        {
            var nowMs = phase + (look * lookMs);
            var now = TimeSpan.FromMilliseconds(nowMs);
            if (watch.MayTake(new OwnerRow("owner", 1, Math.Min(nowMs, deathMs) / beatMs), now, now))
            {
                return nowMs;
            }
        }

        return int.MaxValue;
    }
}
