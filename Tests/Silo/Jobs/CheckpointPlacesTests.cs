using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansFlow.Client.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Jobs;
using OrleansFlow.Silo.Gateway.Jobs;
using OrleansFlow.Silo.Hosting;

namespace OrleansFlow.Tests.Silo.Jobs;

/// <summary>Goal: whoever submits a job does not decide where silo and workers write.</summary>
public sealed class CheckpointPlacesTests
{
    private const int WatchdogMs = 60_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("file:///data/artifacts/checkpoints")]
    [InlineData("file:///data/artifacts/checkpoints/")]
    [InlineData("file:///data/artifacts/checkpoints/team/a")]
    [InlineData("file:///data/artifacts//checkpoints/a")]
    [InlineData("file:///shared/a%20b")]
    [InlineData("file:///shared/a%20b/c")]
    [InlineData("s3://bucket/jobs")]
    [InlineData("s3://bucket/jobs/team/")]
    [InlineData("s3://whole/any/thing")]
    public void PlaceBelowOneThatIsAllowed_IsTaken(string url) => Places().Require(url);

    [Theory]
    [InlineData("file:///")]
    [InlineData("file:///etc")]
    [InlineData("file:///data/artifacts")]
    [InlineData("file:///data/artifacts/checkpoints2")]
    [InlineData("file:///data/artifacts/Checkpoints")]
    [InlineData("file:///data/artifacts/checkpoints/../../x")]
    [InlineData("file:///data/artifacts/checkpoints/%2e%2e/x")]
    [InlineData("file:///data/artifacts/checkpoints/%2E./x")]
    [InlineData("file:///data/artifacts/checkpoints/..%2fx")]
    [InlineData("file:///data/artifacts/checkpoints/..%5cx")]
    [InlineData("file:///data/artifacts/checkpoints/..\\x")]
    [InlineData("file://host/data/artifacts/checkpoints")]
    [InlineData("file:///shared/a%2520b")]
    [InlineData("s3://bucket")]
    [InlineData("s3://bucket/jobs2")]
    [InlineData("s3://bucket/jobs/../other")]
    [InlineData("s3://bucket/jobs/%2e%2e/other")]
    [InlineData("s3://other/jobs")]
    [InlineData("s3://key:secret@bucket/jobs")]
    [InlineData("s3://bucket/jobs?x=1")]
    [InlineData("http://bucket/jobs")]
    [InlineData("")]
    public void AnyOtherPlace_IsRefusedByItsUrl(string url)
    {
        var refused = Assert.Throws<FlowException>(() => Places().Require(url));

        Assert.Equal(FlowErrorCode.BadInput, refused.Code);
        Assert.StartsWith($"checkpoint_url is '{url}'; ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PlaceOfTheConfiguration_IsTheDefault_AndTheOnlyOne()
    {
        var places = new CheckpointPlaces(Identity(), Options.Create(new JobOptions { CheckpointUrl = "s3://bucket/all" }));

        Assert.Equal("s3://bucket/all", places.Default);
        places.Require("s3://bucket/all/mine");
        Assert.Throws<FlowException>(() => places.Require("file:///data/artifacts/checkpoints"));
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Submission_ThatNamesAnotherPlace_IsRefusedWithTheOption_ByTheGatewayAndByTheGrain()
    {
        await using var silo = await JobSilo.StartAsync();
        var never = Path.Combine(Path.GetTempPath(), $"never-{Guid.NewGuid():N}");
        var url = new Uri(never).AbsoluteUri;
        var grain = silo.Host.Services.GetRequiredService<IGrainFactory>().GetGrain<IStreamJobGrain>("direct");
        Func<Task>[] submissions =
        [
            () => silo.Client.Jobs.SubmitProgramAsync(JobSilo.Program.ToByteArray(), new StreamJobOptions { JobId = "remote", CheckpointUrl = url }, Token),
            () => grain.SubmitAsync(new StreamJobSubmission { Program = JobSilo.Program.ToByteArray(), CheckpointUrl = url }, Token),
        ];
        foreach (var submit in submissions)
        {
            var refused = await Assert.ThrowsAsync<FlowException>(submit);
            Assert.Equal(FlowErrorCode.BadInput, refused.Code);
            Assert.Contains($"checkpoint_url is '{url}'", refused.Message, StringComparison.Ordinal);
            Assert.Contains("OrleansFlow:Jobs:AllowedCheckpointUrls", refused.Message, StringComparison.Ordinal);
        }

        Assert.Empty(await silo.Client.Jobs.ListAsync(Token).ToListAsync(Token));
        Assert.False(Directory.Exists(never));
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Submission_BelowTheDefault_IsTaken()
    {
        await using var silo = await JobSilo.StartAsync();
        var all = (await silo.Client.Jobs.SubmitProgramAsync(JobSilo.Program.ToByteArray(), new StreamJobOptions { JobId = "one" }, Token)).CheckpointUrl;

        var own = await silo.Client.Jobs.SubmitProgramAsync(JobSilo.Program.ToByteArray(), new StreamJobOptions { JobId = "two", CheckpointUrl = all + "/team" }, Token);

        Assert.Equal(all + "/team", own.CheckpointUrl);
    }

    private static CheckpointPlaces Places() =>
        new(Identity(), Options.Create(new JobOptions { AllowedCheckpointUrls = { "file:///shared/a%20b/", "s3://bucket/jobs", "s3://whole" } }));

    private static GatewayIdentity Identity() => new("c", "/data", "/data/artifacts", "/data/uploads");
}
