using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>From the start of a process to the first answered grain call: a generic host with one silo and memory storage.</summary>
internal sealed class SiloStart : Scenario
{
    /// <summary>First argument that makes this executable such a process.</summary>
    public const string Argument = "--silo-start";

    private const string WithSilo = "silo";
    private const string HostOnly = "host";
    private readonly TimeProvider _clock = TimeProvider.System;

    public override string Name => "silo-start";

    public override string Question => "How long does a silo take from the start of its process to the first answered call?";

    public override string Unit => "ms";

    public override bool HigherIsBetter => false;

    public override string BaselineName => "from the start of a process to a started host without a silo, ms";

    public static async Task RunChildAsync(string kind)
    {
        if (kind == WithSilo)
        {
            await using var silo = await GrainHost.StartAsync(static builder => builder.AddMemoryGrainStorageAsDefault(), CancellationToken.None);
            await silo.Grains.GetGrain<IHoldGrain>(1).GetAsync();
            Console.WriteLine(kind);
            return;
        }

        var host = Host.CreateApplicationBuilder();
        host.Logging.ClearProviders();
        using var started = host.Build();
        await started.StartAsync();
        Console.WriteLine(kind);
        await started.StopAsync();
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken) =>
        new((await ChildProcess.RunAsync(_clock, [Argument, WithSilo], cancellationToken)).Took.TotalMilliseconds);

    public override async Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) =>
        (await ChildProcess.RunAsync(_clock, [Argument, HostOnly], cancellationToken)).Took.TotalMilliseconds;
}
