using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansFlow.Client;
using OrleansFlow.Client.Jobs;

namespace OrleansFlow.Tests.Cluster;

/// <summary>
/// Goal: whatever is killed, a streaming job goes on by itself, and its files hold each row once. Method: a silo and three workers with one slot each as processes of
/// their own; kills (SIGKILL) follow the checkpoints that the job itself shows, and the rows are compared with those of a run that nothing disturbs.
/// </summary>
public sealed class KilledStreamJobTests : IAsyncDisposable
{
    private const int WatchdogMs = 300_000;
    private const int Rows = 50_000;
    private const int RowsPerSecond = 2_000;
    private const int Keys = 23;

    /// <summary>A row has a millisecond of its own, and a window is a second.</summary>
    private const int Windows = Rows / 1_000;

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("flow-killed-stream-");
    private readonly List<FlowProcess> _workers = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = WatchdogMs)]
    public async Task WorkerKilledInTheMiddleOfItsJob_AnotherOneGoesOn_AndTheRowsAreThoseOfTheUndisturbedRun()
    {
        await using var silo = await StartSiloAsync(FreePort());
        var gateway = await silo.WaitForLineAsync("gateway", Cancellation);
        await StartWorkersAsync(gateway);
        await using var client = FlowClient.Connect(gateway);
        var undisturbed = await UndisturbedAsync(client);

        await SubmitAsync(client, "killed", RowsPerSecond);
        var before = await UntilAsync(client, "killed", job => job is { State: StreamJobState.Running, Checkpoint: >= 1 });
        Assert.Equal(2, before.Workers.Count);
        var victim = before.Workers.Keys.Order(StringComparer.Ordinal).First();
        await _workers[victim[1] - '0'].KillAsync();

        var after = await UntilAsync(client, "killed", job => job is { State: StreamJobState.Running } && job.Generation > before.Generation);
        Assert.DoesNotContain(victim, after.Workers.Keys);
        Assert.True(after.Checkpoint >= before.Checkpoint, $"It went back from checkpoint {before.Checkpoint} to {after.Checkpoint}.");
        await UntilFinishedAsync(client, "killed");
        Assert.Equal(undisturbed, Lines("killed"));
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task SiloKilledAndStartedAgain_TheJobGoesOnByItself_AndTheRowsAreThoseOfTheUndisturbedRun()
    {
        var port = FreePort();
        await using var silo = await StartSiloAsync(port);
        var gateway = await silo.WaitForLineAsync("gateway", Cancellation);
        await StartWorkersAsync(gateway);
        List<string> undisturbed;
        FlowStreamJob before;
        await using (var client = FlowClient.Connect(gateway))
        {
            undisturbed = await UndisturbedAsync(client);
            await SubmitAsync(client, "killed", RowsPerSecond);
            before = await UntilAsync(client, "killed", job => job is { State: StreamJobState.Running, Checkpoint: >= 1 });
            await silo.KillAsync();
        }

        await using var second = await StartSiloAsync(port);
        await using var again = FlowClient.Connect(gateway);
        var after = await UntilAsync(again, "killed", job => job.State == StreamJobState.Running && job.Checkpoint > before.Checkpoint);
        Assert.Equal(2, after.Workers.Count);
        await UntilFinishedAsync(again, "killed");
        Assert.Equal(undisturbed, Lines("killed"));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
        {
            await worker.DisposeAsync();
        }

        _data.Delete(recursive: true);
    }

    private static async Task<FlowStreamJob> UntilAsync(FlowClient client, string id, Func<FlowStreamJob, bool> isThere)
    {
        var last = "";
        await foreach (var job in client.Jobs.WatchAsync(id, untilAtRest: true, Cancellation))
        {
            last = $"{job.State} {job.Phase}, generation {job.Generation}, checkpoint {job.Checkpoint}: {job.Failure}";
            if (isThere(job))
            {
                return job;
            }
        }

        throw new InvalidOperationException($"Job '{id}' came to rest before it stood as the test wants: {last}");
    }

    private static Task<FlowStreamJob> UntilFinishedAsync(FlowClient client, string id) => UntilAsync(client, id, job => job.State == StreamJobState.Finished);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<List<string>> UndisturbedAsync(FlowClient client)
    {
        await SubmitAsync(client, "undisturbed", rowsPerSecond: 0);
        await UntilFinishedAsync(client, "undisturbed");
        var lines = Lines("undisturbed");
        Assert.Equal(Windows * Keys, lines.Count);
        return lines;
    }

    private Task<FlowStreamJob> SubmitAsync(FlowClient client, string id, int rowsPerSecond) => client.Jobs.SubmitSqlAsync(
        string.Create(CultureInfo.InvariantCulture, $"""
            CREATE TABLE n WITH (connector = 'impulse', event_rate = '{rowsPerSecond}', message_count = '{Rows}', event_time_interval_ms = '1');
            CREATE TABLE o WITH (connector = 'single_file', path = '{Path.Combine(Out(id), "rows.json")}');
            INSERT INTO o SELECT counter % {Keys} AS k, count(*) AS c, sum(counter)::BIGINT AS s FROM n GROUP BY tumble(INTERVAL '1 second'), counter % {Keys};
            """),
        new StreamJobOptions { JobId = id, Parallelism = 2, CheckpointInterval = TimeSpan.FromSeconds(1) },
        Cancellation);

    private string Out(string id) => Path.Combine(_data.FullName, "out-" + id);

    private List<string> Lines(string id) => [.. Directory.GetFiles(Out(id)).Where(file => !file.Contains("staged", StringComparison.Ordinal)).SelectMany(File.ReadAllLines).Order(StringComparer.Ordinal)];

    /// <summary>w0, w1 and w2: a job of two subtasks a node runs on two of them.</summary>
    private async Task StartWorkersAsync(string gateway)
    {
        for (var number = 0; number < 3; number++)
        {
            _workers.Add(FlowProcess.Flow(
                new Dictionary<string, string> { ["OrleansFlow__Worker__Jobs__Slots"] = "1" },
                "worker", "--id", string.Create(CultureInfo.InvariantCulture, $"w{number}"), "--gateway", gateway));
        }

        foreach (var worker in _workers)
        {
            await worker.WaitForLineAsync("registered", Cancellation);
        }
    }

    private async Task<FlowProcess> StartSiloAsync(int port)
    {
        var silo = FlowProcess.Flow(null, "silo", "--data", Path.Combine(_data.FullName, "silo"), "--port", port.ToString(CultureInfo.InvariantCulture), "--http-port", "0");
        await silo.WaitForLineAsync("ready", Cancellation);
        return silo;
    }
}
