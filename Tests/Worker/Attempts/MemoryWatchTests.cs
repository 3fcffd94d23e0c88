using OrleansFlow.Worker.Attempts;

namespace OrleansFlow.Tests.Worker.Attempts;

public class MemoryWatchTests
{
    private const long MiB = 1024 * 1024;
    private readonly ManualTimeProvider _clock = new();
    private readonly List<(long First, long Last)> _warnings = [];
    private long _bytes = 100 * MiB;
    private int _looks;

    [Fact]
    public void WorkingSet_WithinASecond_IsLookedAtOnce()
    {
        var watch = Make();

        Assert.Equal(100 * MiB, watch.WorkingSet());
        _bytes = 200 * MiB;
        _clock.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal(100 * MiB, watch.WorkingSet());
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal((200 * MiB, 2), (watch.WorkingSet(), _looks));
    }

    [Theory]
    [InlineData(20, 20, 1)]
    [InlineData(20, 10, 0)]
    [InlineData(6, 20, 0)]
    public void Growth_MinuteAfterMinute_WarnsOnceWhenItIsLongAndLarge(int mebibytes, int minutes, int warnings)
    {
        var watch = Make();
        for (var minute = 0; minute < minutes; minute++)
        {
            Minute(watch, mebibytes * MiB);
        }

        Assert.Equal(warnings, _warnings.Count);
    }

    [Fact]
    public void Growth_ThatFallsBack_BeginsAnew()
    {
        var watch = Make();
        for (var minute = 0; minute < 40; minute++)
        {
            Minute(watch, minute % 9 == 8 ? -100 * MiB : 40 * MiB);
        }

        Assert.Empty(_warnings);
    }

    private MemoryWatch Make() => new(
        _clock,
        () =>
        {
            _looks++;
            return _bytes;
        },
        (first, last, _) => _warnings.Add((first, last)));

    private void Minute(MemoryWatch watch, long growth)
    {
        // The sawtooth of a collector on top.
        _bytes += growth + (500 * MiB);
        _clock.Advance(TimeSpan.FromSeconds(30));
        watch.WorkingSet();
        _bytes -= 500 * MiB;
        _clock.Advance(TimeSpan.FromSeconds(30));
        watch.WorkingSet();
    }
}
