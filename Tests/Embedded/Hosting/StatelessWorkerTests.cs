using Orleans.Configuration;
using Orleans.TestingHost;
using OrleansFlow.Tests.Embedded.Grains;

namespace OrleansFlow.Tests.Embedded.Hosting;

/// <summary>How many activations a stateless worker has, and when they end.</summary>
public sealed class StatelessWorkerTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly string _key = Guid.NewGuid().ToString("N");

    [Fact(Timeout = 30_000)]
    public async Task Workers_WithoutWork_End_ButForTheLast()
    {
        await using var cluster = await StartAsync();
        var grain = cluster.Client.GetGrain<IWorkerPoolGrain>(7, typeof(WorkerPoolGrain).FullName);
        await RunSideBySideAsync(grain, _key);
        Assert.Equal(2, await CountAsync(cluster));

        _clock.Advance(TimeSpan.FromMilliseconds(499));
        Assert.Equal(2, await CountAsync(cluster));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        while (await CountAsync(cluster) != 1)
        {
            await Task.Yield();
        }

        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, await CountAsync(cluster));

        // More work makes more workers again.
        await RunSideBySideAsync(grain, _key + "/again");
        Assert.Equal(2, await CountAsync(cluster));
    }

    [Fact(Timeout = 30_000)]
    public async Task Workers_AtWork_Stay()
    {
        await using var cluster = await StartAsync();
        var grain = cluster.Client.GetGrain<IWorkerPoolGrain>(7, typeof(WorkerPoolGrain).FullName);
        var calls = new[] { grain.HoldAsync(_key), grain.HoldAsync(_key) };
        await TestClusters.UntilAsync(() => Gates.EnteredCount(_key) == 2);

        _clock.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(2, await CountAsync(cluster));
        Gates.Open(_key);
        Assert.Equal(2, (await Task.WhenAll(calls)).Distinct().Count());
    }

    [Theory(Timeout = 30_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Workers_ThatAreNotToBeRemoved_StayForTheirCollectionAge(bool byOption)
    {
        await using var cluster = await StartAsync(options => options.RemoveIdleWorkers = !byOption);
        IWorkerPoolGrain grain = byOption
            ? cluster.Client.GetGrain<IWorkerPoolGrain>(7, typeof(WorkerPoolGrain).FullName)
            : cluster.Client.GetGrain<ILastingWorkerPoolGrain>(7);
        await RunSideBySideAsync(grain, _key);

        _clock.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal(2, await CountAsync(cluster));
    }

    [Fact]
    public void Options_HaveTheirDefaults()
    {
        var options = new StatelessWorkerOptions();

        Assert.Equal((true, 1), (options.RemoveIdleWorkers, options.MinIdleCyclesBeforeRemoval));
        Assert.Equal(TimeSpan.FromMilliseconds(500), options.IdleWorkersInspectionPeriod);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(0, 1)]
    [InlineData(500, 0)]
    public async Task Options_OutOfRange_StopTheStart(int periodMs, int cycles)
    {
        var exception = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await using var cluster = await StartAsync(options =>
            {
                options.IdleWorkersInspectionPeriod = TimeSpan.FromMilliseconds(periodMs);
                options.MinIdleCyclesBeforeRemoval = cycles;
            });
        });

        Assert.Contains(nameof(StatelessWorkerOptions), exception.ToString(), StringComparison.Ordinal);
    }

    private static async Task RunSideBySideAsync(IWorkerPoolGrain grain, string gate)
    {
        var calls = Enumerable.Range(0, 4).Select(_ => grain.HoldAsync(gate)).ToList();
        await TestClusters.UntilAsync(() => Gates.EnteredCount(gate) == 2);
        Gates.Open(gate);
        Assert.Equal(2, (await Task.WhenAll(calls)).Distinct().Count());
    }

    private static async Task<int> CountAsync(InProcessTestCluster cluster) =>
        (await cluster.Client.GetGrain<IManagementGrain>(0).GetSimpleGrainStatistics())
            .Where(static statistic => statistic.GrainType.Contains("WorkerPool", StringComparison.OrdinalIgnoreCase))
            .Sum(static statistic => statistic.ActivationCount);

    private Task<InProcessTestCluster> StartAsync(Action<StatelessWorkerOptions>? configure = null) => TestClusters.StartAsync(
        clock: _clock,
        configure: silo => silo.Configure<StatelessWorkerOptions>(options => configure?.Invoke(options)));
}
