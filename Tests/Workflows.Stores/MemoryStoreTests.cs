using OrleansFlow.Workflows.Stores;
using OrleansFlow.Workflows.Stores.Conformance;
using OrleansFlow.Workflows.Stores.Logs;

namespace OrleansFlow.Tests.Workflows.Stores;

/// <summary>Goal: the store in memory does what is promised of every store.</summary>
public sealed class MemoryStoreTests
{
    public static TheoryData<string> Checks => [.. WorkflowStoreConformance.Checks.Select(check => check.Name)];

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Checks))]
    public async Task Store_Conforms(string check)
    {
        var log = new MemoryRunLog();
        await using var fixture = await StoreFixture.OpenAsync(async (options, token) => await MemoryWorkflowStore.OpenAsync(log, options, token), cancellationToken: TestContext.Current.CancellationToken);

        await WorkflowStoreConformance.Find(check).RunAsync(fixture, TestContext.Current.CancellationToken);
    }
}
