using Orleans.TestingHost;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Hosting;

/// <summary>Goal: what a user gets from two lines in a test cluster of their own.</summary>
public sealed class TestClusterTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task AddOrleansFlow_WithAnInProcessWorker_IsAWorkingSystem(short silos)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddOrleansFlow();
            RunningSilo.AddHandlers(silo.Services.AddInProcessFlowWorker(worker => worker.Slots = 2));
        });
        await using var cluster = builder.Build();
        await cluster.DeployAsync(cancellationToken);
        var run = cluster.Client.GetGrain<IGraphRunGrain>("in-a-test-cluster");

        await run.SubmitAsync(
            new RunSubmission
            {
                DocumentJson = """
                    {"name":"sum","nodes":[
                      {"id":"scan","role":"numbers","tasks":4,"params":{"batches":2,"rows":10}},
                      {"id":"total","role":"sum","depends_on":["scan"]}]}
                    """,
            },
            cancellationToken);
        await foreach (var _ in run.WatchAsync(cancellationToken))
        {
            // The stream's end is what is waited for.
        }

        var ended = await run.GetAsync(cancellationToken);
        Assert.Equal(RunStatus.Completed, ended!.Status);
        Assert.Equal($"{79 * 80 / 2}", ended.Nodes[1].Tasks[0].ResultJson);
    }

    [Fact]
    public void AddOrleansFlow_AgainWithAnotherFolder_IsRefused()
    {
        var host = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        using var folder = new TempFolder();

        Assert.Throws<FlowException>(() => Microsoft.Extensions.Hosting.OrleansSiloGenericHostExtensions.UseOrleans(
            host, silo => silo.AddOrleansFlow(flow => flow.DataFolder = folder.Path).AddOrleansFlow(flow => flow.DataFolder = "elsewhere")));
    }
}
