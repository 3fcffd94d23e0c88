using OrleansFlow.Decisions.Workers;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Workers;

public sealed class SessionTimesTests
{
    private static readonly LeaseOptions Options = new();

    [Fact]
    public void Times_ThatTheWorkerDoesNotName_AreTheSilos() =>
        Assert.Equal((60, 5, 15, 60), Seconds(SessionTimes.Of(Options, null, null)));

    [Fact]
    public void Lease_ThatTheWorkerNames_BringsHeartbeatAndThresholdsWithIt()
    {
        Assert.Equal((9, 3, 9, 9), Seconds(SessionTimes.Of(Options, TimeSpan.FromSeconds(9), null)));
        Assert.Equal((9, 1, 3, 9), Seconds(SessionTimes.Of(Options, TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(1))));
        Assert.Equal((60, 20, 60, 60), Seconds(SessionTimes.Of(Options, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(20))));
    }

    [Theory]
    [InlineData(60.001, null)]
    [InlineData(60.0, 20.001)]
    [InlineData(null, 20.001)]
    public void Times_ThatCannotHold_AreRefusedWithTheWayOut(double? lease, double? heartbeat)
    {
        var failure = Assert.Throws<FlowException>(() => SessionTimes.Of(Options, Time(lease), Time(heartbeat)));

        Assert.Equal(FlowErrorCode.BadOption, failure.Code);
    }

    private static TimeSpan? Time(double? seconds) => seconds is { } value ? TimeSpan.FromSeconds(value) : null;

    private static (double, double, double, double) Seconds(SessionTimes times) =>
        (times.Lease.TotalSeconds, times.Heartbeat.TotalSeconds, times.SoftSilence.TotalSeconds, times.HardSilence.TotalSeconds);
}
