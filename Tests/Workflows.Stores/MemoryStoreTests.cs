using OrleansFlow.Errors;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;
using OrleansFlow.Workflows.Stores.Conformance;
using OrleansFlow.Workflows.Stores.Logs;

namespace OrleansFlow.Tests.Workflows.Stores;

/// <summary>Goal: the store in memory does what is promised of every store.</summary>
public sealed class MemoryStoreTests
{
    public static TheoryData<string> Checks => [.. WorkflowStoreConformance.Checks.Select(check => check.Name)];

    [Fact(Timeout = 30_000)]
    public async Task ClosedStore_LetsNobodyWait()
    {
        var token = TestContext.Current.CancellationToken;
        var store = await MemoryWorkflowStore.OpenAsync(cancellationToken: token);
        var filter = new WorkFilter { Worker = new("w") };
        var run = (await store.CreateRunAsync(new() { Workflow = Shapes.Single, Input = Payload.FromJson("1") }, token)).Run;
        await store.TakeAsync(filter, TimeSpan.Zero, token);
        var (taking, ending) = (store.TakeAsync(filter, Timeout.InfiniteTimeSpan, token).AsTask(), store.WaitForCompletionAsync(run, token).AsTask());

        await store.DisposeAsync();

        Assert.Equal(FlowErrorCode.StoreUnavailable, (await Assert.ThrowsAsync<FlowException>(() => taking)).Code);
        Assert.Equal(FlowErrorCode.StoreUnavailable, (await Assert.ThrowsAsync<FlowException>(() => ending)).Code);
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Checks))]
    public async Task Store_Conforms(string check)
    {
        var log = new MemoryRunLog();
        await using var fixture = await StoreFixture.OpenAsync(async (options, token) => await MemoryWorkflowStore.OpenAsync(log, options, token), cancellationToken: TestContext.Current.CancellationToken);

        await WorkflowStoreConformance.Find(check).RunAsync(fixture, TestContext.Current.CancellationToken);
    }
}
