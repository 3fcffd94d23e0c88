using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Tests.Worker.Sessions;

public class LeaseFenceTests
{
    private readonly ManualTimeProvider _clock = new();
    private int _expired;

    [Fact]
    public void Fence_WithoutReceipts_FallsAfterTheDurationFromTheRegistrationsSending()
    {
        using var fence = new LeaseFence(_clock, () => _expired++);
        var sentAt = _clock.GetTimestamp();
        _clock.Advance(TimeSpan.FromSeconds(3));
        fence.OnRegistered(sentAt, TimeSpan.FromSeconds(60));

        _clock.Advance(TimeSpan.FromSeconds(57) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, _expired);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, _expired);
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, _expired);
    }

    [Fact]
    public void Fence_WithAReceipt_CountsFromWhenTheHeartbeatWasSentAndNotFromWhenItWasAnswered()
    {
        using var fence = new LeaseFence(_clock, () => _expired++);
        fence.OnRegistered(_clock.GetTimestamp(), TimeSpan.FromSeconds(60));
        _clock.Advance(TimeSpan.FromSeconds(5));
        fence.OnSending(1);
        _clock.Advance(TimeSpan.FromSeconds(40));
        fence.OnReceipt(1);

        _clock.Advance(TimeSpan.FromSeconds(20) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, _expired);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, _expired);
    }

    [Fact]
    public void Fence_WithTheReceiptOfALaterHeartbeat_CoversTheEarlierOnes()
    {
        using var fence = new LeaseFence(_clock, () => _expired++);
        fence.OnRegistered(_clock.GetTimestamp(), TimeSpan.FromSeconds(10));
        fence.OnSending(1);
        _clock.Advance(TimeSpan.FromSeconds(5));
        fence.OnSending(2);
        fence.OnReceipt(2);
        fence.OnReceipt(1);

        _clock.Advance(TimeSpan.FromSeconds(9.999));
        Assert.Equal(0, _expired);
        _clock.Advance(TimeSpan.FromSeconds(0.001));
        Assert.Equal(1, _expired);
    }

    [Fact]
    public void Fence_AfterItFell_StandsAgainWithTheNextRegistration()
    {
        using var fence = new LeaseFence(_clock, () => _expired++);
        fence.OnRegistered(_clock.GetTimestamp(), TimeSpan.FromSeconds(10));
        _clock.Advance(TimeSpan.FromSeconds(10));
        fence.OnRegistered(_clock.GetTimestamp(), TimeSpan.FromSeconds(10));
        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(1, _expired);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, _expired);
    }
}
