using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Gateway.Jobs;

namespace OrleansFlow.Tests.Silo.Jobs;

/// <summary>Goal: wrong options stop the start and say which; right ones are the rules of jobs.</summary>
public sealed class JobOptionsTests
{
    private static readonly JobOptionsValidator Validator = new();

    public static TheoryData<string, Action<JobOptions>> Wrong { get; } = new()
    {
        { "OrleansFlow:Jobs:CheckpointUrl is 'checkpoints'; use file:///folder or s3://bucket/prefix.", options => options.CheckpointUrl = "checkpoints" },
        { "OrleansFlow:Jobs:CheckpointUrl is 'http://store/x'", options => options.CheckpointUrl = "http://store/x" },
        { "OrleansFlow:Jobs:CheckpointUrl is 'file:///a/../b'", options => options.CheckpointUrl = "file:///a/../b" },
        { "OrleansFlow:Jobs:AllowedCheckpointUrls:1 is 'jobs'; use file:///folder or s3://bucket/prefix.", options => Add(options, "file:///jobs", "jobs") },
        { "OrleansFlow:Jobs:CheckpointInterval is 00:00:00.9990000; use 00:00:01 to 1.00:00:00.", options => options.CheckpointInterval = TimeSpan.FromMilliseconds(999) },
        { "OrleansFlow:Jobs:WorkerStartTimeout is 00:00:00", options => options.WorkerStartTimeout = TimeSpan.Zero },
        { "OrleansFlow:Jobs:TaskStartTimeout is 01:00:01", options => options.TaskStartTimeout = TimeSpan.FromSeconds(3_601) },
        { "OrleansFlow:Jobs:HeartbeatTimeout is 00:00:09", options => options.HeartbeatTimeout = TimeSpan.FromSeconds(9) },
        { "OrleansFlow:Jobs:RestartsMax is -2", options => options.RestartsMax = -2 },
        { "OrleansFlow:Jobs:BackoffMax is 00:00:00", options => options.BackoffMax = TimeSpan.Zero },
        { "OrleansFlow:Jobs:CheckpointTimeout is 00:00:00", options => options.CheckpointTimeout = TimeSpan.Zero },
        { "OrleansFlow:Jobs:CommitTimeout is 00:00:00", options => options.CommitTimeout = TimeSpan.Zero },
        { "OrleansFlow:Jobs:CheckpointsKept is 0; use 1 to 1000.", options => options.CheckpointsKept = 0 },
        { "OrleansFlow:Jobs:DrainGrace is 00:00:00", options => options.DrainGrace = TimeSpan.Zero },
    };

    private static void Add(JobOptions options, params string[] urls)
    {
        foreach (var url in urls)
        {
            options.AllowedCheckpointUrls.Add(url);
        }
    }

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void WrongOption_IsNamedWithItsValueAndRange(string message, Action<JobOptions> change)
    {
        var options = new JobOptions();
        change(options);

        Assert.Contains(message, Validator.Validate(null, options).FailureMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("file:///var/checkpoints")]
    [InlineData("s3://bucket/jobs")]
    public void UrlsOfStores_AreTaken(string url) => Assert.True(Validator.Validate(null, new JobOptions { CheckpointUrl = url }).Succeeded);

    [Fact]
    public void Defaults_AreTheRulesOfJobs()
    {
        Assert.True(Validator.Validate(null, new JobOptions()).Succeeded);
        Assert.Equal(JobRules.Default, new JobOptions().ToRules());
    }

    [Fact]
    public void EveryOption_ThatIsARule_ReachesTheJobs()
    {
        var (options, defaults) = (new JobOptions(), JobRules.Default);
        foreach (var property in typeof(JobOptions).GetProperties().Where(one => typeof(JobRules).GetProperty(one.Name) is not null))
        {
            property.SetValue(options, property.GetValue(options) switch { TimeSpan time => time + TimeSpan.FromSeconds(1), int number => number + 1, bool flag => (object)!flag, _ => null });
            Assert.NotEqual(typeof(JobRules).GetProperty(property.Name)!.GetValue(defaults), typeof(JobRules).GetProperty(property.Name)!.GetValue(options.ToRules()));
        }
    }

    [Fact]
    public async Task Silo_WithAWrongOption_DoesNotStart()
    {
        var failure = await Assert.ThrowsAsync<FlowException>(() => Support.RunningSilo.StartAsync(options =>
            options.ConfigureServices = services => Microsoft.Extensions.DependencyInjection.OptionsServiceCollectionExtensions.Configure<JobOptions>(services, jobs => jobs.CheckpointsKept = 0)));

        Assert.Equal(FlowErrorCode.BadOption, failure.Code);
        Assert.Contains("OrleansFlow:Jobs:CheckpointsKept is 0", failure.Message, StringComparison.Ordinal);
    }
}
