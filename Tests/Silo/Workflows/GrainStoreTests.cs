using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansFlow.Client;
using OrleansFlow.Client.Workflows.Stores;
using OrleansFlow.Tests.Silo.Support;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Orchestration;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Workers;

namespace OrleansFlow.Tests.Silo.Workflows;

/// <summary>The cluster as a store, from another process by the look of it: over the gateway's listener.</summary>
public sealed class GrainStoreTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task WorkerAndOrchestratorOverTheGateway_DoRunsOfTheClient_AndTheirOwn()
    {
        await using var silo = await RunningSilo.StartAsync();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(client => client.UseOrleansFlowGateway(options => options.DataFolder = silo.DataFolder));
        using var host = builder.Build();
        await host.StartAsync(Token);
        await using var store = new GrainWorkflowStore(host.Services.GetRequiredService<IClusterClient>());
        var orchestrator = new StoreOrchestrator(store);

        // No worker with a session serves this workflow.
        var worker = WorkflowWorker.CreateBuilder().Id("over-a-store").Store(store).Workflow(TestFlows.Unserved).Build();
        await using var pool = new WorkerPool(worker, 2);
        pool.Start();
        var own = await orchestrator.StartAsync(TestFlows.Unserved, GrowCounter.Empty, 1, cancellationToken: Token);
        var clients = await silo.Client.Workflows.StartAsync(TestFlows.Unserved, GrowCounter.Empty, 20, cancellationToken: Token);

        Assert.Equal(4, await orchestrator.WaitForOutputAsync(TestFlows.Unserved, own, cancellationToken: Token));
        Assert.Equal(42, await clients.ResultAsync(Token));
        Assert.Equal(11, (await orchestrator.ContextAsync(TestFlows.Unserved, clients.Id, cancellationToken: Token)).Value);
        Assert.Equal(new RunCounters(Total: 2, Completed: 1), await orchestrator.MetricsAsync(clients.Id, Token));
        Assert.Contains(await orchestrator.LivenessAsync(TimeSpan.FromMinutes(1), Token), one => one.Health.Id.Value == "over-a-store");
        await pool.DrainAsync();
        await host.StopAsync(Token);
    }

    [Fact(Timeout = 60_000)]
    public async Task QueriesAndUpdatesOfTheClient_AreAnsweredByWorkersOverAStore()
    {
        await using var silo = await RunningSilo.StartAsync();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(client => client.UseOrleansFlowGateway(options => options.DataFolder = silo.DataFolder));
        using var host = builder.Build();
        await host.StartAsync(Token);
        await using var store = new GrainWorkflowStore(host.Services.GetRequiredService<IClusterClient>());
        await using var pool = new WorkerPool(WorkflowWorker.CreateBuilder().Id("w").Store(store).Workflow(TestFlows.Asked).Build(), 2);
        pool.Start();
        var run = await silo.Client.Workflows.StartAsync(TestFlows.Asked, GrowCounter.Empty, 1, cancellationToken: Token);
        var (overStore, overGateway) = (new StoreOrchestrator(store).Answering(TestFlows.Asked), silo.Client.Workflows.ToOrchestrator());

        Assert.Equal(5, await run.UpdateAsync<int, long>("add", 5, cancellationToken: Token));
        Assert.Equal(7, await overStore.UpdateAsync<int, long>(run.Id, "add", 2, cancellationToken: Token));
        Assert.Equal(8, await overGateway.UpdateAsync<int, long>(run.Id, "add", 1, cancellationToken: Token));
        Assert.Equal(8, await run.QueryAsync<int, long>("count", 0, Token));
        Assert.Equal(8, await overStore.QueryAsync<int, long>(run.Id, "count", 0, cancellationToken: Token));
        Assert.Equal(8, await overGateway.QueryAsync<int, long>(run.Id, "count", 0, cancellationToken: Token));
        Assert.Equal(1, (await overGateway.StateAsync(run.Id, Token)).Workflow.Version);
        Assert.Equal(WorkflowRunStatus.Failed, (await overGateway.TerminateAsync(run.Id, "enough", Token)).Status);
        await pool.DrainAsync();
        await host.StopAsync(Token);
    }
}
