using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Streaming.State;

public sealed class KeyRangeTests
{
    public static TheoryData<int> Parallelisms() => [1, 2, 3, 4, 5, 7, 16, 100, 127, 128, 1_000, 65_535];

    [Fact]
    public void OneSubtask_OwnsEverything() => Assert.Equal(new KeyRange(0, ulong.MaxValue), KeyRange.Of(0, 1));

    [Fact]
    public void Ranges_AreThoseOfTheSpec()
    {
        Assert.Equal([new KeyRange(0, 0x7FFF_FFFF_FFFF_FFFF), new KeyRange(0x8000_0000_0000_0000, ulong.MaxValue)], [KeyRange.Of(0, 2), KeyRange.Of(1, 2)]);
        Assert.Equal(new KeyRange(0x5555_5555_5555_5556, 0xAAAA_AAAA_AAAA_AAAB), KeyRange.Of(1, 3));
    }

    [Theory]
    [MemberData(nameof(Parallelisms))]
    public void Ranges_FollowEachOtherWithoutGapOrOverlap(int parallelism)
    {
        var next = 0UL;
        for (var i = 0; i < parallelism; i++)
        {
            var range = KeyRange.Of(i, parallelism);
            Assert.Equal(next, range.Min);
            Assert.True(range.Max >= range.Min);
            next = unchecked(range.Max + 1);
        }

        // One beyond the largest hash is 0 again.
        Assert.Equal(0UL, next);
    }

    [Theory]
    [MemberData(nameof(Parallelisms))]
    public void EveryHash_HasExactlyOneOwner(int parallelism)
    {
        var random = new Random(parallelism);
        for (var round = 0; round < 200; round++)
        {
            var edge = KeyRange.Of(random.Next(parallelism), parallelism);
            foreach (var hash in new[] { (ulong)random.NextInt64() * 2 + (ulong)random.Next(2), edge.Min, edge.Max, 0UL, ulong.MaxValue })
            {
                var owner = KeyRange.OwnerOf(hash, parallelism);
                Assert.True(KeyRange.Of(owner, parallelism).Contains(hash));
                Assert.False(owner > 0 && KeyRange.Of(owner - 1, parallelism).Contains(hash));
                Assert.False(owner < parallelism - 1 && KeyRange.Of(owner + 1, parallelism).Contains(hash));
            }
        }
    }

    [Fact]
    public void Overlap_IsWhatASharedHashSays()
    {
        var random = new Random(5);
        for (var round = 0; round < 2_000; round++)
        {
            var (a, b) = (Small(random), Small(random));
            var shares = Enumerable.Range(0, 12).Any(hash => a.Contains((ulong)hash) && b.Contains((ulong)hash));
            Assert.Equal(shares, a.Overlaps(b));
            Assert.Equal(shares, b.Overlaps(a));
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1, 2)]
    [InlineData(2, 2)]
    public void SubtaskThatDoesNotExist_IsRefused(int index, int parallelism) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => KeyRange.Of(index, parallelism));

    private static KeyRange Small(Random random)
    {
        var min = random.Next(10);
        return new KeyRange((ulong)min, (ulong)random.Next(min, 12));
    }
}
