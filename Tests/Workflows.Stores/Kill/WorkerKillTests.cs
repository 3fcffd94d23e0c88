using System.Diagnostics;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Tests.Workflows.Stores.Kill;

/// <summary>
/// Goal: whatever is killed (SIGKILL), whenever, every run completes and every step counts once. Method: processes do the steps of some runs, each is killed
/// before a random commit, others go on; the last one is this process.
/// </summary>
public sealed class WorkerKillTests(PostgresFixture postgres) : IDisposable
{
    private const int Runs = 50;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("flow-worker-kill-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact(Timeout = 120_000)]
    public async Task KilledWorkers_OnSqlite_LoseNoStep_AndDoubleNone()
    {
        var place = Path.Combine(_folder.FullName, "runs.db");
        await StartRunsAsync(KillableWorker.Sqlite, place);
        var random = new Random(20_260_101);
        for (var round = 0; round < 4; round++)
        {
            await WorkUntilKilledAsync(KillableWorker.Sqlite, place, random.Next(1, 60));
        }

        await FinishAsync(KillableWorker.Sqlite, place);
    }

    [Fact(Timeout = 120_000)]
    public async Task KilledWorkers_OnASharedPostgres_LoseNoStep_AndDoubleNone()
    {
        var place = $"{await postgres.ConnectAsync(Token)}\n{postgres.NewSchema()}";
        await StartRunsAsync(KillableWorker.Postgres, place);
        var random = new Random(20_260_101);
        for (var round = 0; round < 2; round++)
        {
            await Task.WhenAll(
                WorkUntilKilledAsync(KillableWorker.Postgres, place, random.Next(1, 60)),
                WorkUntilKilledAsync(KillableWorker.Postgres, place, random.Next(1, 60)));
        }

        await FinishAsync(KillableWorker.Postgres, place);
    }

    private static async Task StartRunsAsync(string kind, string place)
    {
        await using var store = await KillableWorker.OpenAsync(kind, place, Token);
        for (var number = 0; number < Runs; number++)
        {
            await store.CreateRunAsync(new() { Workflow = KillableWorker.Flow.Compiled, Input = Payload.FromJson("0"), Id = new RunId($"r{number}") }, Token);
        }
    }

    private static async Task WorkUntilKilledAsync(string kind, string place, int killAfter)
    {
        using var worker = Process.Start(new ProcessStartInfo(Environment.ProcessPath!)
        {
            ArgumentList = { typeof(KillableWorker).Assembly.Location, KillableWorker.Mode, kind, place },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var count = 0;
        try
        {
            while (count < killAfter && await worker.StandardOutput.ReadLineAsync(Token) is not null)
            {
                count++;
            }
        }
        finally
        {
            worker.Kill();
        }

        Assert.True(count == killAfter, await worker.StandardError.ReadToEndAsync(Token));
        await worker.WaitForExitAsync(Token);
    }

    private static async Task FinishAsync(string kind, string place)
    {
        await using var store = await KillableWorker.OpenAsync(kind, place, Token);
        await using var pool = KillableWorker.PoolOf(store);
        pool.Start();
        for (var number = 0; number < Runs; number++)
        {
            var ended = await store.WaitForCompletionAsync(new RunId($"r{number}"), Token);
            Assert.Equal((WorkflowRunStatus.Completed, $"{KillableWorker.Steps}"), (ended.Status, ended.Outputs.Single().ToString()));
            Assert.Equal(new RunCounters(Total: KillableWorker.Steps, Completed: 1), await store.GetMetricsAsync(ended.Id, Token));
            Assert.Equal(KillableWorker.Steps, (await store.GetContextAsync(ended.Id, Token))!.Version);
            Assert.All(await store.GetItemsAsync(ended.Id, open: false, Token), item => Assert.Equal((WorkItemState.Completed, 1), (item.State, item.Attempts)));
        }

        await pool.DrainAsync(Token);
    }
}
