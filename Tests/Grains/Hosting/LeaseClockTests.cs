using OrleansFlow.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Hosting;

public sealed class LeaseClockTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly SetClock _wall = new(Start);
    private readonly LeaseClock _clock;

    public LeaseClockTests() => _clock = new LeaseClock(_wall);

    [Fact]
    public void Time_OfAClockThatIsRight_IsTheWallClocks()
    {
        _wall.Pass(TimeSpan.FromDays(3));

        Assert.Equal(_wall.GetUtcNow(), _clock.GetUtcNow());
    }

    [Theory]
    [InlineData(3_600)]
    [InlineData(-3_600)]
    public void WallClock_ThatIsSet_MovesLeaseTimeByAHundredthOfWhatPassesAtMost(int seconds)
    {
        _wall.Jump(TimeSpan.FromSeconds(seconds));
        Assert.Equal(Start, _clock.GetUtcNow());

        for (var second = 0; second < 100; second++)
        {
            _wall.Pass(TimeSpan.FromSeconds(1));
            _clock.GetUtcNow();
        }

        Assert.Equal(Start + TimeSpan.FromSeconds(100 + Math.Sign(seconds)), _clock.GetUtcNow());
    }

    [Theory]
    [InlineData(5)]
    [InlineData(-5)]
    public void WallClock_ThatWasSet_IsReachedInTheEnd(int seconds)
    {
        _wall.Jump(TimeSpan.FromSeconds(seconds));
        _wall.Pass(TimeSpan.FromSeconds(500));

        Assert.Equal(_wall.GetUtcNow(), _clock.GetUtcNow());
    }

    [Fact]
    public void Time_WhenTheWallClockIsSetBackWithinAWindow_DoesNotGoBack()
    {
        _wall.Jump(TimeSpan.FromHours(1));
        _wall.Pass(TimeSpan.FromMilliseconds(900));
        var before = _clock.GetUtcNow();
        _wall.Jump(TimeSpan.FromHours(-2));
        _wall.Pass(TimeSpan.FromMilliseconds(1));

        Assert.True(_clock.GetUtcNow() >= before);
    }

    /// <summary>A monotonic clock, and a wall clock that can be set.</summary>
    private sealed class SetClock(DateTimeOffset startUtc) : TimeProvider
    {
        private TimeSpan _passed;
        private TimeSpan _offset;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Pass(TimeSpan time) => _passed += time;

        public void Jump(TimeSpan by) => _offset += by;

        public override long GetTimestamp() => _passed.Ticks;

        public override DateTimeOffset GetUtcNow() => startUtc + _passed + _offset;
    }
}
