using OrleansFlow.Storage.Postgres;

namespace OrleansFlow.Tests.Storage.Postgres;

public sealed class PostgresBackOffTests
{
    private static readonly TimeSpan DelayMax = TimeSpan.FromSeconds(2);
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public async Task Wait_AgainAndAgain_DoublesItsPauseUpToTheLongest()
    {
        var backOff = new PostgresBackOff(DelayMax, TimeSpan.FromHours(1), _clock);
        foreach (var longestMs in (int[])[50, 100, 200, 400, 800, 1_600, 2_000, 2_000])
        {
            var wait = backOff.WaitAsync(TestContext.Current.CancellationToken).AsTask();

            // A random part of the upper half is left out.
            _clock.Advance(TimeSpan.FromMilliseconds((longestMs / 2) - 1));
            Assert.False(wait.IsCompleted);
            _clock.Advance(TimeSpan.FromMilliseconds((longestMs / 2) + 1));
            Assert.True(await wait);
        }
    }

    [Fact]
    public async Task Wait_AfterTheOutageTimeout_GivesUp()
    {
        var backOff = new PostgresBackOff(DelayMax, TimeSpan.FromSeconds(30), _clock);
        _clock.Advance(TimeSpan.FromSeconds(30));

        Assert.False(await backOff.WaitAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Wait_WhenTheStoreCloses_Ends()
    {
        using var stop = new CancellationTokenSource();
        var wait = new PostgresBackOff(DelayMax, TimeSpan.FromSeconds(30), _clock).WaitAsync(stop.Token).AsTask();
        await stop.CancelAsync();

        Assert.False(await wait);
    }
}
