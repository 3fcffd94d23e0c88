using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansFlow.Benchmarks.Macro.Baselines;
using OrleansFlow.Client;
using OrleansFlow.Silo.Hosting;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>Grain calls of this process to a silo in another, through its gateway; latencies are those of lone calls.</summary>
internal sealed class GrainCallsRemote : Scenario
{
    /// <summary>First argument that makes this executable the silo; the second is its data folder.</summary>
    public const string Argument = "--grain-silo";

    private const string Ready = "ready";
    private const int InFlight = 100;
    private const int Calls = 100_000;
    private const int LoneCalls = 2_000;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly ScratchFolder _folder = new();
    private Process? _silo;
    private IHost? _client;

    public override string Name => "grain-calls-remote";

    public override string Question => $"How many calls does a client in another process reach, {InFlight} in flight?";

    public override string Unit => "calls/s";

    public override string BaselineName => $"loopback TCP round trips of 32 bytes/s, {InFlight} in flight";

    /// <summary>Serves until the standard input ends, which is when the measuring process does.</summary>
    public static async Task RunSiloAsync(string folder)
    {
        await using var silo = await FlowSiloHost.StartAsync(
            new FlowSiloOptions { DataFolder = folder, GrpcPort = 0, HttpPort = 0, WorkerSlots = 0, LogLevel = LogLevel.Error }, CancellationToken.None);
        Console.WriteLine(Ready);
        await Console.In.ReadToEndAsync();
    }

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardInput = true };
        start.ArgumentList.Add(typeof(GrainCallsRemote).Assembly.Location);
        start.ArgumentList.Add(Argument);
        start.ArgumentList.Add(_folder.Path);
        _silo = Process.Start(start)!;
        while (await _silo.StandardOutput.ReadLineAsync(cancellationToken) is { } line && line != Ready)
        {
            // Whatever else the silo has to say.
        }

        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleansClient(client => client.UseOrleansFlowGateway(options => options.DataFolder = _folder.Path));
        _client = builder.Build();
        await _client.StartAsync(cancellationToken);
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var grains = _client!.Services.GetRequiredService<IClusterClient>();
        var latencies = new double[LoneCalls];
        var lone = grains.GetGrain<IPingGrain>(0);
        for (var call = 0; call < LoneCalls; call++)
        {
            var sent = _clock.GetTimestamp();
            await lone.PingAsync(call);
            latencies[call] = _clock.GetElapsedTime(sent).TotalMilliseconds;
        }

        var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        var began = _clock.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(key => CallAsync(grains, key)));
        var elapsed = _clock.GetElapsedTime(began);
        return new Sample(Calls / elapsed.TotalSeconds, latencies, (double)(GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore) / Calls);
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) =>
        LoopbackEcho.RoundTripsPerSecondAsync(InFlight, Calls, _clock, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.StopAsync();
            _client.Dispose();
        }

        if (_silo is not null)
        {
            _silo.StandardInput.Close();
            await _silo.WaitForExitAsync();
            _silo.Dispose();
        }

        _folder.Dispose();
        await base.DisposeAsync();
    }

    private static async Task CallAsync(IGrainFactory grains, int key)
    {
        var grain = grains.GetGrain<IPingGrain>(key);
        for (var call = 0; call < Calls / InFlight; call++)
        {
            await grain.PingAsync(call);
        }
    }
}
