using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansFlow.Client;
using OrleansFlow.Graphs;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Benchmarks.Macro;

/// <summary>A silo in this process with a store on disk, and worker processes beside it.</summary>
internal sealed class BenchSilo : IAsyncDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly List<Process> _workers = [];
    private FlowSiloHost? _silo;

    public string Folder => _folder.Path;

    public FlowClient Client { get; private set; } = null!;

    public FlowSiloHost Silo => _silo!;

    /// <summary>Processor time of the worker processes so far.</summary>
    public TimeSpan WorkersCpu => _workers.Aggregate(TimeSpan.Zero, (sum, worker) =>
    {
        worker.Refresh();
        return sum + worker.TotalProcessorTime;
    });

    public Task StartAsync(CancellationToken cancellationToken) => StartAsync(_ => { }, cancellationToken);

    public async Task StartAsync(Action<FlowSiloOptions> configure, CancellationToken cancellationToken)
    {
        var options = new FlowSiloOptions { DataFolder = _folder.Path, GrpcPort = 0, HttpPort = 0, LogLevel = LogLevel.Error };
        configure(options);
        _silo = await FlowSiloHost.StartAsync(options, cancellationToken);
        Client = FlowClient.Connect(_silo.Endpoints.GrpcUrl, _silo.Endpoints.Token);
    }

    /// <summary>Starts a worker process and waits until it is online.</summary>
    /// <returns>Its number, for <see cref="KillWorkerAsync"/>.</returns>
    public Task<int> AddWorkerAsync(string assembly, string argument, int slots, CancellationToken cancellationToken) =>
        AddWorkerAsync(assembly, argument, slots, new Dictionary<string, string>(), cancellationToken);

    /// <summary>Starts a worker process with settings of its own and waits until it is online.</summary>
    /// <param name="assembly">What runs.</param>
    /// <param name="argument">Its first argument; empty: none.</param>
    /// <param name="slots">Tasks at a time.</param>
    /// <param name="settings">Further variables of its environment.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Its number, for <see cref="KillWorkerAsync"/>.</returns>
    public async Task<int> AddWorkerAsync(string assembly, string argument, int slots, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true };
        start.ArgumentList.Add(assembly);
        if (argument.Length > 0)
        {
            start.ArgumentList.Add(argument);
        }

        var id = $"bench-{_workers.Count}";
        start.Environment["OrleansFlow__Worker__WorkerId"] = id;
        start.Environment["OrleansFlow__Worker__Gateway"] = _silo!.Endpoints.GrpcUrl;
        start.Environment["OrleansFlow__Worker__Token"] = _silo.Endpoints.Token ?? "";

        // What a killed worker left unsent in an earlier benchmark is not this one's.
        start.Environment["OrleansFlow__Worker__TempFolder"] = System.IO.Path.Combine(_folder.Path, "workers");
        start.Environment["OrleansFlow__Worker__Slots"] = slots.ToString(System.Globalization.CultureInfo.InvariantCulture);

        // Not the machine's common folder: there the next run would find what this one's killed worker leaves.
        start.Environment["OrleansFlow__Worker__TempFolder"] = Path.Combine(_folder.Path, "temp");

        // As `flow worker` does: a watch on the settings files would tell the worker of each write to the store, which is in a folder below.
        start.Environment["DOTNET_hostBuilder__reloadConfigOnChange"] = "false";
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        var worker = Process.Start(start)!;
        _workers.Add(worker);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        while (!(await Client.ListWorkersAsync(cancellationToken)).Any(known => known.WorkerId.Value == id && known.Liveness == WorkerLiveness.Online))
        {
            if (worker.HasExited)
            {
                throw new InvalidOperationException($"The worker process {id} ended with code {worker.ExitCode} before it was online.");
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }

        return _workers.Count - 1;
    }

    /// <summary>Ends a worker process at once, as a crash does.</summary>
    public async Task KillWorkerAsync(int number)
    {
        _workers[number].Kill(entireProcessTree: true);
        await _workers[number].WaitForExitAsync();
    }

    /// <summary>Submits a graph and waits until it has completed.</summary>
    public async Task RunAsync(string document, CancellationToken cancellationToken) =>
        await WaitAsync(await Client.SubmitGraphAsync(document, cancellationToken: cancellationToken), cancellationToken);

    /// <summary>Waits until a run has completed.</summary>
    public async Task WaitAsync(RunId run, CancellationToken cancellationToken)
    {
        var ended = await Client.WaitForRunAsync(run, cancellationToken);
        if (ended.Status != RunStatus.Completed)
        {
            throw new InvalidOperationException($"Run {run} ended as {ended.Status}: {ended.Failure?.Message}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
        {
            worker.Kill(entireProcessTree: true);
            await worker.WaitForExitAsync();
            worker.Dispose();
        }

        if (_silo is not null)
        {
            await Client.DisposeAsync();
            await _silo.DisposeAsync();
        }

        _folder.Dispose();
    }
}
