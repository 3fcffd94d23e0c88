using OrleansFlow.Silo.Hosting;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Silo.Hosting;

public sealed class TimeSortedIdsTests
{
    private readonly ManualTimeProvider _clock = new(new DateTimeOffset(2026, 7, 14, 10, 30, 15, 123, TimeSpan.Zero));

    [Theory]
    [InlineData(0x00, "20260714-103015-123-00000000")]
    [InlineData(0xFF, "20260714-103015-123-zzzzzzzz")]
    public void NewId_FromKnownBits_HasTimeThenBits(byte bits, string expected) =>
        Assert.Equal(expected, new TimeSortedIds(_clock, bytes => bytes.Fill(bits)).NewId());

    [Fact]
    public void NewId_Later_SortsAfter()
    {
        var ids = new TimeSortedIds(_clock);
        var made = new List<string>();
        for (var step = 0; step < 50; step++)
        {
            made.Add(ids.NewId());
            _clock.Advance(TimeSpan.FromMilliseconds(step * 7 + 1));
        }

        Assert.Equal(made.Order(StringComparer.Ordinal), made);
        Assert.All(made, id => Assert.True(IdText.IsValid(id)));
    }

    [Fact]
    public void NewId_InOneMillisecond_DoesNotRepeat()
    {
        var ids = new TimeSortedIds(_clock);

        Assert.Equal(10_000, Enumerable.Range(0, 10_000).Select(_ => ids.NewId()).Distinct(StringComparer.Ordinal).Count());
    }
}
