using OrleansFlow.Client;
using OrleansFlow.Client.Jobs;

namespace OrleansFlow.Tests.Cluster;

/// <summary>Goal: a process of one's own that is a worker for one job. Method: the sample, started as a process in each of its two ways.</summary>
public sealed class StreamWorkerTests : IDisposable
{
    private const int WatchdogMs = 240_000;
    private const string Sample = "OrleansFlow.Samples.StreamWorker";

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("flow-stream-worker-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = WatchdogMs)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Worker_OfTheEnvironmentOrOfArguments_RunsItsJob_AndExitsWithZeroOnceItWasFinished(bool isOfEnvironment)
    {
        await using var silo = FlowProcess.Flow(null, "silo", "--data", Path.Combine(_data.FullName, "silo"), "--port", "0", "--http-port", "0");
        await silo.WaitForLineAsync("ready", Cancellation);
        var gateway = await silo.WaitForLineAsync("gateway", Cancellation);
        var environment = new Dictionary<string, string> { ["FLOW_GATEWAY"] = gateway };
        if (isOfEnvironment)
        {
            (environment["JOB_ID"], environment["RUN_ID"], environment["WORKER_ID"]) = ("mine", "run-1", "w1");
        }

        await using var worker = FlowProcess.Sample(Sample, environment, isOfEnvironment ? [] : ["for my job", "w1", "mine", "run-1"]);
        await worker.WaitForTextAsync("registered w1 for job mine", Cancellation);
        await using var client = FlowClient.Connect(gateway);
        await SubmitAsync(client, "other");
        await SubmitAsync(client, "mine");
        await foreach (var job in client.Jobs.WatchAsync("mine", untilAtRest: true, Cancellation))
        {
            Assert.True(job.State is not StreamJobState.Failed, job.Failure);
        }

        Assert.Equal(StreamJobState.Finished, (await client.Jobs.GetAsync("mine", Cancellation)).State);
        Assert.Equal(0, await worker.WaitForExitAsync(Cancellation));
        var other = await client.Jobs.GetAsync("other", Cancellation);
        Assert.Equal((StreamJobState.Scheduling, 0), (other.State, other.Workers.Count));
    }

    [Theory(Timeout = WatchdogMs)]
    [InlineData("JOB_ID")]
    [InlineData("RUN_ID")]
    public async Task Worker_WithoutAVariable_DoesNotStart_AndNamesIt(string missing)
    {
        var environment = new Dictionary<string, string> { ["JOB_ID"] = "mine", ["RUN_ID"] = "run-1", [missing] = "" };
        await using var worker = FlowProcess.Sample(Sample, environment);

        Assert.Equal(1, await worker.WaitForExitAsync(Cancellation));
        Assert.Contains($"The environment variable {missing} is missing.", worker.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _data.Delete(recursive: true);

    private static Task<FlowStreamJob> SubmitAsync(FlowClient client, string id) => client.Jobs.SubmitSqlAsync(
        "CREATE TABLE n WITH (connector = 'impulse', message_count = '1000'); CREATE TABLE o WITH (connector = 'blackhole'); INSERT INTO o SELECT counter FROM n;",
        new StreamJobOptions { JobId = id },
        Cancellation);
}
