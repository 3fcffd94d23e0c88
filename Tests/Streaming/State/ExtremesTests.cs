using OrleansFlow.Streaming.State.Tables;

namespace OrleansFlow.Tests.Streaming.State;

public sealed class ExtremesTests
{
    [Fact]
    public void Extremes_AreThoseOfAnyLengthAndSign()
    {
        var random = new Random(7);
        for (var length = 1; length < 70; length++)
        {
            var signed = Enumerable.Range(0, length).Select(_ => random.NextInt64(long.MinValue, long.MaxValue)).ToArray();
            var unsigned = signed.Select(value => (ulong)value).ToArray();

            Assert.Equal((signed.Min(), signed.Max()), Extremes.Of<long>(signed));
            Assert.Equal((unsigned.Min(), unsigned.Max()), Extremes.Of<ulong>(unsigned));
        }
    }
}
