using OrleansFlow.Grains.Commits;

namespace OrleansFlow.Tests.Grains.Commits;

public sealed class CommitSignalTests
{
    private readonly CommitSignal _signal = new();

    [Fact]
    public async Task Pulse_WakesThoseWhoWaitAndNobodyWhoComesLater()
    {
        _signal.Pulse();
        var (one, two) = (_signal.WaitAsync(TestContext.Current.CancellationToken), _signal.WaitAsync(TestContext.Current.CancellationToken));
        Assert.False(one.IsCompleted);

        _signal.Pulse();
        await Task.WhenAll(one, two);
        Assert.False(_signal.WaitAsync(TestContext.Current.CancellationToken).IsCompleted);
    }

    [Fact]
    public async Task Fail_EndsTheWaitOfThoseWhoWaitAndOfThoseWhoComeLater()
    {
        var waiting = _signal.WaitAsync(TestContext.Current.CancellationToken);
        _signal.Fail(new IOException("disk"));

        await Assert.ThrowsAsync<IOException>(() => waiting);
        await Assert.ThrowsAsync<IOException>(() => _signal.WaitAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Wait_Cancelled_EndsThatWaitAlone()
    {
        using var cancelled = new CancellationTokenSource();
        var (one, two) = (_signal.WaitAsync(cancelled.Token), _signal.WaitAsync(TestContext.Current.CancellationToken));
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);

        _signal.Pulse();
        await two;
    }
}
