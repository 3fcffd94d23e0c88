using OrleansFlow.Tasks;
using OrleansFlow.Tests.Grains.Hosting;

namespace OrleansFlow.Tests.Grains.Graphs;

/// <summary>What a handler is told of why it was called.</summary>
public sealed class ParentFailureTests
{
    private const int Watchdog = 60_000;

    [Fact(Timeout = Watchdog)]
    public async Task Remedy_IsToldWhichParentFailedAndWhy()
    {
        await using var cluster = await FlowCluster.StartAsync();
        var worker = await cluster.StartWorkerAsync("w", 1, "r");
        var fixer = await cluster.StartWorkerAsync("f", 1, "fix");
        await cluster.SubmitAsync("r1", """{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":["a"]},{"id":"fix","role":"fix","depends_on":[{"node":"b","on":"failure"},{"node":"a","on":"done"}]}""");
        var first = await worker.NextOfferAsync();
        Assert.Empty(first.ParentFailures);
        await worker.CompleteAsync(first);

        await worker.EndAsync(await worker.NextOfferAsync(), AttemptEnd.Failed, failure: new TaskFailure("schema_mismatch", true, "no column x"));

        var failure = Assert.Single((await fixer.NextOfferAsync()).ParentFailures);
        Assert.Equal(("b", "schema_mismatch"), (failure.Node, failure.Reason));
        Assert.Contains("no column x", failure.Message, StringComparison.Ordinal);
    }
}
