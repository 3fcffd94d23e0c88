namespace OrleansFlow.Tests.Cluster;

/// <summary>Goal: the ride sample shows its dashboard of a job that a silo's worker runs, and the job is gone afterwards. Method: the sample as a process, against the real ones.</summary>
public sealed class RidesSampleTests : IDisposable
{
    private const int WatchdogMs = 600_000;
    private static readonly string[] Zones = ["Airport", "Harbour", "Market", "Old town", "Station", "University"];

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("flow-rides-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _data.Delete(recursive: true);

    [Fact(Timeout = WatchdogMs)]
    public async Task Dashboard_ShowsEachZone_AndLeavesNoJobBehind()
    {
        await using var silo = FlowProcess.Flow(null, "silo", "--data", _data.FullName, "--port", "0", "--http-port", "0");
        await silo.WaitForLineAsync("ready", Cancellation);
        var gateway = await silo.WaitForLineAsync("gateway", Cancellation);
        await using var worker = FlowProcess.Flow(null, "worker", "--gateway", gateway, "--id", "w1");
        await worker.WaitForLineAsync("registered", Cancellation);
        await using var sample = FlowProcess.Sample("OrleansFlow.Samples.Rides", new Dictionary<string, string> { ["FLOW_GATEWAY"] = gateway }, "3");

        Assert.True(await sample.WaitForExitAsync(Cancellation) == 0, sample.Output);
        Assert.All(Zones, zone => Assert.Contains(zone, sample.Output, StringComparison.Ordinal));
        Assert.Equal(3, sample.Output.Split("The last ten seconds").Length - 1);
        await using var list = FlowProcess.Flow(null, "jobs", "list", "--gateway", gateway);
        Assert.Equal(0, await list.WaitForExitAsync(Cancellation));
        Assert.DoesNotContain("preview", list.Output, StringComparison.OrdinalIgnoreCase);
    }
}
