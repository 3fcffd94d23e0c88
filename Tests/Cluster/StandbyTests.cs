using OrleansFlow.Client;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Cluster;

/// <summary>Two silo processes on one PostgreSQL database: the second waits for the first to die or to fall silent.</summary>
public sealed class StandbyTests : IAsyncLifetime
{
    private const int WatchdogMs = 600_000;
    private const int PausedWrites = 20;
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("flow-standby-");
    private PostgresServer? _postgres;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Requires.That(PostgresServer.IsInstalled, "PostgreSQL (initdb and postgres on PATH, or Debian's package postgresql)");
        _postgres = await PostgresServer.StartAsync(null, Cancellation, "fsync=off");
    }

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }

        _data.Delete(recursive: true);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Standby_OnceTheOwnerIsKilled_ServesWhatTheOwnerAcknowledged()
    {
        await using var owner = StartSilo("owner");
        var gateway = await owner.WaitForLineAsync("gateway", Cancellation);
        await using var standby = StartSilo("standby");
        await standby.WaitForTextAsync("waits as its standby", Cancellation);
        TaskId task;
        await using (var client = FlowClient.Connect(gateway))
        {
            task = Assert.Single(await client.SubmitTasksAsync([(default, new TaskSubmission { Role = "somebody" })], allowUnknownRoles: true, Cancellation));
        }

        await owner.KillAsync();

        await using var again = FlowClient.Connect(await standby.WaitForLineAsync("gateway", Cancellation));
        Assert.Equal(task, (await again.GetTaskAsync(task, Cancellation)).TaskId);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Owner_ThatWasPausedWhileTheStandbyTookOver_CanWriteNoMoreAndStopsByItself()
    {
        await using var owner = StartSilo("owner");
        await using var client = FlowClient.Connect(await owner.WaitForLineAsync("gateway", Cancellation));
        await SubmitAsync(client, "before");
        await using var standby = StartSilo("standby");
        await standby.WaitForTextAsync("waits as its standby", Cancellation);

        await owner.SignalAsync("STOP");

        // They wait in the paused process's sockets and are the first that it sees.
        var writes = Enumerable.Range(0, PausedWrites).Select(number => SubmitAsync(client, $"paused-{number}")).ToList();
        await standby.WaitForLineAsync("ready", Cancellation);
        await owner.SignalAsync("CONT");

        foreach (var write in writes)
        {
            await Assert.ThrowsAsync<FlowException>(() => write);
        }

        await owner.WaitForExitAsync(Cancellation);
        Assert.Contains("took the store", owner.Output, StringComparison.Ordinal);
        await using var again = FlowClient.Connect(await standby.WaitForLineAsync("gateway", Cancellation));
        Assert.Equal(TaskId.Standalone("before"), (await again.GetTaskAsync(TaskId.Standalone("before"), Cancellation)).TaskId);
        for (var number = 0; number < PausedWrites; number++)
        {
            var failure = await Assert.ThrowsAsync<FlowException>(() => again.GetTaskAsync(TaskId.Standalone($"paused-{number}"), Cancellation));
            Assert.Equal(FlowErrorCode.NotFound, failure.Code);
        }
    }

    private static Task<IReadOnlyList<TaskId>> SubmitAsync(FlowClient client, string task) => client.SubmitTasksAsync(
        [(TaskId.Standalone(task), new TaskSubmission { Role = "somebody" })], allowUnknownRoles: true, Cancellation);

    private FlowProcess StartSilo(string name) => FlowProcess.Flow(
        new Dictionary<string, string> { ["FLOW_POSTGRES"] = _postgres!.ConnectionString },
        "silo", "--data", Path.Combine(_data.FullName, name), "--port", "0", "--http-port", "0");
}
