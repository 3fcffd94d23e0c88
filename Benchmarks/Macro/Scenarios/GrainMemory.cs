using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>What a process with a million idle activations occupies at its peak; a process of its own each time.</summary>
/// <param name="withState">Whether each grain has a persistent state, read from memory storage.</param>
internal sealed class GrainMemory(bool withState) : Scenario
{
    /// <summary>First argument that makes this executable such a process.</summary>
    public const string Argument = "--grain-memory";

    private const int Activations = 1_000_000;
    private const string Plain = "plain";
    private const string State = "state";
    private const string Objects = "objects";
    private readonly TimeProvider _clock = TimeProvider.System;

    public override string Name => withState ? "grain-memory-state" : "grain-memory";

    public override string Question => $"What does a process with a million idle activations{(withState ? " with a persistent state each" : "")} occupy?";

    public override string Unit => "GB";

    public override bool HigherIsBetter => false;

    public override string BaselineName => "a million objects stored by key, GB";

    public static async Task RunChildAsync(string kind)
    {
        if (kind == Objects)
        {
            var stored = new ConcurrentDictionary<string, object>();
            for (var key = 0; key < Activations; key++)
            {
                stored[key.ToString("X", CultureInfo.InvariantCulture)] = new object();
            }

            WritePeak();
            GC.KeepAlive(stored);
            return;
        }

        await using var host = await GrainHost.StartAsync(static silo => silo.AddMemoryGrainStorageAsDefault(), CancellationToken.None);
        for (var key = 0; key < Activations; key++)
        {
            await (kind == State ? host.Grains.GetGrain<IHoldGrain>(key).GetAsync() : host.Grains.GetGrain<IPingGrain>(key).PingAsync(0));
        }

        WritePeak();
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken) =>
        new(await PeakAsync(withState ? State : Plain, cancellationToken));

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) => PeakAsync(Objects, cancellationToken);

    private static void WritePeak()
    {
        using var process = Process.GetCurrentProcess();
        Console.WriteLine((process.PeakWorkingSet64 / 1e9).ToString(CultureInfo.InvariantCulture));
    }

    private async Task<double> PeakAsync(string kind, CancellationToken cancellationToken) =>
        double.Parse((await ChildProcess.RunAsync(_clock, [Argument, kind], cancellationToken)).Line, CultureInfo.InvariantCulture);
}
