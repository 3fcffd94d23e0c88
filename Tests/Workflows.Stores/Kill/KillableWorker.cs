using OrleansFlow.Tests.Workflows.Stores.Workers;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Stores;
using OrleansFlow.Workflows.Stores.Postgres;
using OrleansFlow.Workflows.Stores.Sqlite;
using OrleansFlow.Workflows.Workers;

namespace OrleansFlow.Tests.Workflows.Stores.Kill;

/// <summary>A process that does the steps of a store's runs until it is killed, and prints a line before each commit.</summary>
internal static class KillableWorker
{
    public const string Mode = "do-steps-until-killed";
    public const string Sqlite = "sqlite";
    public const string Postgres = "postgres";
    public const int Steps = 8;

    public static WorkflowDefinition<int, int, GrowCounter> Flow { get; } = WorkerBench.Chain(Steps);

    public static async Task<int> RunAsync(string kind, string place)
    {
        await using var store = await OpenAsync(kind, place, CancellationToken.None);
        await using var pool = PoolOf(store, line => Console.Out.WriteLine(line));
        pool.Start();
        await pool.JoinAsync();
        return 0;
    }

    public static WorkerPool PoolOf(IWorkflowStore store, Action<string>? print = null) => new(
        WorkflowWorker.CreateBuilder().Id($"w-{Environment.ProcessId}").Store(store).Workflow(Flow)
            .OnSuccess((attempt, _, _) =>
            {
                print?.Invoke($"{attempt.Run} {attempt.Node}");
                return default;
            })
            .Build(),
        4);

    /// <param name="kind">Which store.</param>
    /// <param name="place">The database's path, or connection string and schema with a line feed between.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IWorkflowStore> OpenAsync(string kind, string place, CancellationToken cancellationToken)
    {
        var options = new WorkflowStoreOptions { LeaseDuration = TimeSpan.FromSeconds(2) };
        if (kind == Sqlite)
        {
            return await SqliteWorkflowStore.OpenAsync(place, options, cancellationToken);
        }

        var parts = place.Split('\n');
        return await PostgresWorkflowStore.OpenAsync(new PostgresWorkflowStoreOptions { ConnectionString = parts[0], Schema = parts[1] }, options, cancellationToken);
    }
}
