#if EMBEDDED_RUNTIME
using Microsoft.Extensions.Hosting;
using Orleans.TestingHost;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>A test cluster of two silos and a client in a process that has started some before, up to the first answered call.</summary>
internal sealed class ClusterStart : Scenario
{
    private const int Starts = 10;
    private const int Silos = 2;
    private readonly TimeProvider _clock = TimeProvider.System;

    public override string Name => "cluster-start";

    public override string Question => "How long does a test cluster of two silos take to start in a warm process?";

    public override string Unit => "ms";

    public override bool HigherIsBetter => false;

    public override string BaselineName => "three hosts without a silo, ms";

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var tookMs = new double[Starts];
        for (var start = 0; start < Starts; start++)
        {
            var began = _clock.GetTimestamp();
            await using var cluster = new InProcessTestClusterBuilder(Silos).Build();
            await cluster.DeployAsync(cancellationToken);
            await cluster.Client.GetGrain<IPingGrain>(start).PingAsync(start);
            tookMs[start] = _clock.GetElapsedTime(began).TotalMilliseconds;
        }

        return new Sample(Median(tookMs), tookMs);
    }

    public override async Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        var tookMs = new double[Starts];
        for (var start = 0; start < Starts; start++)
        {
            var began = _clock.GetTimestamp();
            for (var count = 0; count < Silos + 1; count++)
            {
                using var host = Host.CreateEmptyApplicationBuilder(null).Build();
                await host.StartAsync(cancellationToken);
                await host.StopAsync(cancellationToken);
            }

            tookMs[start] = _clock.GetElapsedTime(began).TotalMilliseconds;
        }

        return Median(tookMs);
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}
#endif
