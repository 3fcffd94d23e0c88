using OrleansFlow.Tests.Grains.Hosting;
using OrleansFlow.Workflows.Stores.Conformance;

namespace OrleansFlow.Tests.Grains.Workflows.Stores;

/// <summary>Goal: the store over grains does what is promised of every store.</summary>
public sealed class GrainStoreTests
{
    private const int Watchdog = 60_000;

    public static TheoryData<string, bool> Checks()
    {
        var data = new TheoryData<string, bool>();
        foreach (var check in WorkflowStoreConformance.Checks)
        {
            data.Add(check.Name, true);
            data.Add(check.Name, false);
        }

        return data;
    }

    [Theory(Timeout = Watchdog)]
    [MemberData(nameof(Checks))]
    public async Task Store_Conforms(string check, bool batches)
    {
        await using var fixture = await GrainStoreFixture.OpenAsync(batches);

        await WorkflowStoreConformance.Find(check).RunAsync(fixture, FlowCluster.Token);
    }
}
