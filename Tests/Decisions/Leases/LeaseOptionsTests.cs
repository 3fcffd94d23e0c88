using System.ComponentModel.DataAnnotations;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Leases;

public sealed class LeaseOptionsTests
{
    [Fact]
    public void Defaults_AreValid()
    {
        var options = new LeaseOptions();

        Assert.Empty(Problems(options));
        Assert.Equal(
            (60_000, 5_000, 500, 5_000),
            (options.Duration.TotalMilliseconds, options.HeartbeatInterval.TotalMilliseconds, options.ReconnectGrace.TotalMilliseconds, options.ServingGrace.TotalMilliseconds));
    }

    [Theory]
    [InlineData(20, true)]
    [InlineData(20.001, false)]
    public void HeartbeatInterval_AboveAThirdOfTheDuration_IsRefused(double seconds, bool valid) =>
        Assert.Equal(valid, Problems(new LeaseOptions { HeartbeatInterval = TimeSpan.FromSeconds(seconds) }).Count == 0);

    [Theory]
    [InlineData(0.999, false)]
    [InlineData(1, true)]
    [InlineData(3600, true)]
    [InlineData(3600.001, false)]
    public void Duration_OutsideItsRange_IsRefused(double seconds, bool valid) => Assert.Equal(valid, Problems(new LeaseOptions
    {
        Duration = TimeSpan.FromSeconds(seconds), HeartbeatInterval = TimeSpan.FromMilliseconds(100),
    }).Count == 0);

    [Fact]
    public void ReconnectGrace_AboveTheDuration_IsRefused() =>
        Assert.Single(Problems(new LeaseOptions { ReconnectGrace = TimeSpan.FromSeconds(61) }));

    [Theory]
    [InlineData(4.999, 60, false)]
    [InlineData(5, 60, true)]
    [InlineData(60, 60, true)]
    [InlineData(60.001, 60, false)]
    [InlineData(90, 120, true)]
    [InlineData(15, 59.999, false)]
    public void SilenceThresholds_OutOfOrder_AreRefused(double soft, double hard, bool valid) => Assert.Equal(valid, Problems(new LeaseOptions
    {
        SoftSilence = TimeSpan.FromSeconds(soft), HardSilence = TimeSpan.FromSeconds(hard),
    }).Count == 0);

    [Fact]
    public void SilenceThresholds_ThatAreNotSet_FollowHeartbeatAndDuration()
    {
        var usual = new LeaseOptions();
        Assert.Equal((15, 60), (usual.SoftSilenceInForce.TotalSeconds, usual.HardSilenceInForce.TotalSeconds));
        var tight = new LeaseOptions { Duration = TimeSpan.FromSeconds(10), HeartbeatInterval = TimeSpan.FromSeconds(3.333) };
        Assert.Equal((9.999, 10), (tight.SoftSilenceInForce.TotalSeconds, tight.HardSilenceInForce.TotalSeconds));
    }

    [Fact]
    public void Roles_HaveTheirOwnGraceAndTakeovers()
    {
        var options = new LeaseOptions { MaxTakeovers = 9, Roles = { ["scan"] = new() { ReconnectGrace = TimeSpan.FromSeconds(5), MaxTakeovers = 0 } } };

        Assert.Empty(Problems(options));
        Assert.Equal((TimeSpan.FromSeconds(5), 0), (options.ReconnectGraceOf("scan"), options.MaxTakeoversOf("scan")));
        Assert.Equal((options.ReconnectGrace, 9), (options.ReconnectGraceOf("other"), options.MaxTakeoversOf("other")));
        options.Roles["scan"].MaxTakeovers = -1;
        options.Roles["scan"].ReconnectGrace = TimeSpan.FromSeconds(61);
        Assert.Equal(
            [
                "OrleansFlow:Leases:Roles:scan:MaxTakeovers is -1; use 0 to 1000.",
                "OrleansFlow:Leases:Roles:scan:ReconnectGrace (00:01:01) must be at most Duration (00:01:00).",
            ],
            Problems(options).Select(problem => problem.ErrorMessage!));
    }

    private static List<ValidationResult> Problems(LeaseOptions options)
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        return results;
    }
}
