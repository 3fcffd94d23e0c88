using System.Collections.Concurrent;
using System.Globalization;
using OrleansFlow.Client;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Cluster;

/// <summary>
/// Goal: a restart of the database under load loses nothing that was acknowledged, and the silo goes on by itself. Method: a real silo, callers that
/// submit all the time, a server that is stopped and killed beneath them.
/// </summary>
public sealed class PostgresRestartTests : IAsyncLifetime
{
    private const int Callers = 8;
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("flow-restart-");
    private PostgresServer? _postgres;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Requires.That(PostgresServer.IsInstalled, "PostgreSQL (initdb and postgres on PATH, or Debian's package postgresql)");
        _postgres = await PostgresServer.StartAsync(null, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }

        _data.Delete(recursive: true);
    }

    [Fact(Timeout = 180_000)]
    public async Task Silo_WhoseServerIsRestartedAndKilledUnderLoad_LosesNothingAndGoesOnByItself()
    {
        await using var silo = FlowProcess.Flow(
            new Dictionary<string, string> { ["FLOW_POSTGRES"] = _postgres!.ConnectionString },
            "silo", "--data", Path.Combine(_data.FullName, "data"), "--port", "0", "--http-port", "0");
        await using var client = FlowClient.Connect(await silo.WaitForLineAsync("gateway", Cancellation));
        await silo.WaitForLineAsync("ready", Cancellation);
        var acknowledged = new ConcurrentDictionary<TaskId, int>();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var callers = Enumerable.Range(0, Callers).Select(caller => SubmitUntilAsync(client, caller, acknowledged, enough.Token)).ToList();

        for (var round = 0; round < 4; round++)
        {
            await WaitForProgressAsync(acknowledged);
            await (round % 2 == 0 ? _postgres.StopAsync() : _postgres.KillAsync());
            await _postgres.StartAsync(Cancellation);
        }

        await WaitForProgressAsync(acknowledged);
        await enough.CancelAsync();
        await Task.WhenAll(callers);

        foreach (var task in acknowledged.Keys)
        {
            Assert.Equal(task, (await client.GetTaskAsync(task, Cancellation)).TaskId);
        }
    }

    /// <summary>A call that fails with this code leaves it open; its caller repeats it with the same id.</summary>
    private static async Task SubmitUntilAsync(FlowClient client, int caller, ConcurrentDictionary<TaskId, int> acknowledged, CancellationToken enough)
    {
        for (var number = 0; !enough.IsCancellationRequested;)
        {
            var task = TaskId.Standalone(string.Create(CultureInfo.InvariantCulture, $"t-{caller}-{number}"));
            try
            {
                await client.SubmitTasksAsync([(task, new TaskSubmission { Role = "nobody" })], allowUnknownRoles: true, Cancellation);
                acknowledged[task] = caller;
                number++;
            }
            catch (FlowException exception) when (exception.Code == FlowErrorCode.StoreUnavailable)
            {
                Cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    private static async Task WaitForProgressAsync(ConcurrentDictionary<TaskId, int> acknowledged)
    {
        var before = acknowledged.Count;
        while (acknowledged.Count < before + (Callers * 5))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);
        }
    }
}
