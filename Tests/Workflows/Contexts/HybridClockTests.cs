using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Contexts;

namespace OrleansFlow.Tests.Workflows.Contexts;

/// <summary>Goal: stamps follow causes, whatever the machines' clocks do.</summary>
public sealed class HybridClockTests
{
    private readonly ManualTimeProvider _time = new();

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    [Fact]
    public void Next_WithinOneMillisecond_Counts_AndStartsAgainInTheNext()
    {
        var clock = Clock("a");

        Assert.Equal(new WriterStamp(new HybridTime(Now, 0), new WriterId("a"), 1), clock.Next());
        Assert.Equal(new HybridTime(Now, 1), clock.Next().Time);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(new WriterStamp(new HybridTime(Now, 0), new WriterId("a"), 3), clock.Next());
    }

    [Fact]
    public void Next_AfterSeeingALaterTime_IsLaterThanIt()
    {
        var seen = new HybridTime(Now + 5_000, 7);

        Assert.Equal(new HybridTime(Now + 5_000, 8), Clock("a").Next(seen).Time);
    }

    [Fact]
    public void Next_WhenTheCounterIsFull_TakesAMillisecondOnCredit() =>
        Assert.Equal(new HybridTime(Now + 1, 0), Clock("a").Next(new HybridTime(Now, HybridTime.MaxCounter)).Time);

    [Fact]
    public void Observe_WithinTheDrift_MovesTheClock_BeyondIt_RefusesAndLeavesIt()
    {
        var clock = Clock("a");
        var nearest = new HybridTime(Now + 60_000, 0);

        clock.Observe(nearest);
        Assert.Equal(nearest, clock.Last);
        var thrown = Assert.Throws<FlowException>(() => clock.Observe(new HybridTime(Now + 60_001, 0)));

        Assert.Equal(FlowErrorCode.BadInput, thrown.Code);
        Assert.Contains("00:01:00.0010000 ahead of the clock of 'a'", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(nearest, clock.Last);
    }

    [Fact]
    public void Constructor_RefusesANegativeDriftAndANamelessWriter()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new HybridClock(new WriterId("a"), _time, TimeSpan.FromTicks(-1)));
        Assert.Throws<ArgumentException>(() => new HybridClock(default, _time));
    }

    [Fact]
    public void WriterId_TakesSixtyFourCharacters()
    {
        Assert.Equal(64, new WriterId(new string('w', 64)).Value.Length);
        Assert.Throws<ArgumentException>(() => new WriterId(new string('w', 65)));
        Assert.Throws<ArgumentException>(() => new WriterId(""));
    }

    [Fact]
    public void Stamps_AreOrderedByTime_ThenWriter_ThenSequence()
    {
        WriterStamp[] ordered =
        [
            new(new HybridTime(1, 0), new WriterId("b"), 9),
            new(new HybridTime(1, 1), new WriterId("a"), 5),
            new(new HybridTime(1, 1), new WriterId("b"), 1),
            new(new HybridTime(1, 1), new WriterId("b"), 2),
            new(new HybridTime(2, 0), new WriterId("a"), 1),
        ];

        Assert.Equal(ordered, ordered.Reverse().Order());
        Assert.Equal(ordered, JsonSerializer.Deserialize<WriterStamp[]>(JsonSerializer.Serialize(ordered)));
        Assert.Equal("""{"t":"1-0","w":"b","n":9}""", JsonSerializer.Serialize(ordered[0]));
    }

    [Theory]
    [InlineData("\"17\"")]
    [InlineData("\"-1-1\"")]
    [InlineData("\"1-65536\"")]
    [InlineData("\"x-1\"")]
    public void HybridTime_FromFaultyJson_SaysWhatIsExpected(string json) =>
        Assert.Contains("1767225600000-3", Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<HybridTime>(json)).Message, StringComparison.Ordinal);

    private HybridClock Clock(string writer) => new(new WriterId(writer), _time);
}
