using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;
using OrleansFlow.Tests.Embedded.Hosting;

namespace OrleansFlow.Tests.Embedded.Calls;

/// <summary>Calls of methods that answer with a <see cref="ValueTask{TResult}"/> allocate nothing.</summary>
[Collection(RunsAlone.Name)]
public sealed class CallAllocationTests : IAsyncLifetime
{
    private const int Calls = 10_000;
    private const int Rounds = 10;
    private InProcessTestCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await TestClusters.StartAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = 60_000)]
    public async Task Call_OfAClient_AllocatesNothing()
    {
        var grain = _cluster.Client.GetGrain<IFrugalGrain>(1);

        await AssertAllocatesNothingAsync(async () =>
        {
            for (var call = 0; call < Calls; call++)
            {
                await grain.EchoAsync(call);
            }
        });
    }

    [Fact(Timeout = 60_000)]
    public async Task Call_WithACancellationToken_AllocatesNothing()
    {
        using var cancellation = new CancellationTokenSource();
        var grain = _cluster.Client.GetGrain<IFrugalGrain>(1);

        await AssertAllocatesNothingAsync(async () =>
        {
            for (var call = 0; call < Calls; call++)
            {
                await grain.EchoWithTokenAsync(call, cancellation.Token);
            }
        });
    }

    [Fact(Timeout = 60_000)]
    public Task Call_OfAnotherGrain_AllocatesNothing()
    {
        var grain = _cluster.Client.GetGrain<IFrugalGrain>(1);
        var other = _cluster.Client.GetGrain<IFrugalGrain>(2);

        return AssertAllocatesNothingAsync(() => grain.CallOtherAsync(other, Calls));
    }

    // The least of some rounds: in the others something else of this process may have allocated.
    private static async Task AssertAllocatesNothingAsync(Func<Task> makeCalls)
    {
        await makeCalls();
        var least = long.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await makeCalls();
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.InRange((double)least / Calls, 0, 1);
    }
}

/// <summary>Tests that count what the whole process allocates.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class RunsAlone
{
    public const string Name = "allocations of the process";
}
