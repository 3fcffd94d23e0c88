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

    private static List<ValidationResult> Problems(LeaseOptions options)
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        return results;
    }
}
