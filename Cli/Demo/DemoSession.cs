using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansFlow.Cli.Rendering;
using OrleansFlow.Client;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Tasks;
using Spectre.Console;

namespace OrleansFlow.Cli.Demo;

/// <summary>One run of the demo, step by step as the README tells it. Whatever ends it, nothing is left running.</summary>
internal sealed class DemoSession(string dataFolder, bool keep) : IAsyncDisposable
{
    /// <summary>Slots of each worker: more tasks in flight than cores, so that reading and computing overlap.</summary>
    private const int SlotsPerWorker = 3;

    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly DemoWorkers _workers = new();
    private FlowSiloHost? _silo;
    private FlowClient? _client;
    private bool _ownsFolder;

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var job = FlightsJob.Load();
        PrepareFolder();
        Step("starting a silo on the embedded grain runtime, SQLite store, gateway on a free port");
        _silo = await FlowSiloHost.StartAsync(
            new FlowSiloOptions { DataFolder = dataFolder, GrpcPort = 0, HttpPort = 0, LogLevel = LogLevel.Error }, cancellationToken);
        _client = FlowClient.Connect(_silo.Endpoints.GrpcUrl, _silo.Endpoints.Token);
        Step($"starting two worker processes that register over gRPC at {_silo.Endpoints.GrpcUrl}");
        _workers.Start(_silo.Endpoints.GrpcUrl, _silo.Endpoints.Token, SlotsPerWorker);
        await _workers.WaitUntilOnlineAsync(_client, _clock, cancellationToken);

        Step($"submitting samples/flights/graph.json over {RunTables.Count(FlightsJob.Rows)} flights");
        var began = _clock.GetTimestamp();
        var run = await _client.SubmitGraphFileAsync(job.GraphPath, new SubmitOptions { Files = job.Files }, cancellationToken);
        var state = new DemoState();
        var killed = await WatchAsync(run, state, began, cancellationToken);
        var distributed = _clock.GetElapsedTime(began);
        if (!ShowTakeovers(state, killed))
        {
            return 1;
        }

        Step("streaming the report through Arrow Flight (GetFlightInfo, DoGet)");
        var report = await FlightsReport.ReadAsync(_client, run, cancellationToken);
        report.Print();

        Step("checking it against one direct DuckDB query over the same files");
        var (direct, directTime) = await FlightsReport.QueryDirectlyAsync(job, _clock, cancellationToken);
        var difference = report.FirstDifferenceTo(direct);
        AnsiConsole.MarkupLine(difference is null
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"[green]identical[/]: {report.RowCount} rows; distributed, with a worker killed: {distributed.TotalSeconds:0.00} s; one DuckDB query: {directTime.TotalSeconds:0.00} s")
            : $"[red]different[/]: {Markup.Escape(difference)}");
        if (difference is not null)
        {
            return 1;
        }

        if (keep)
        {
            await StayAsync(run, cancellationToken);
        }

        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        await _workers.DisposeAsync();
        if (_client is not null)
        {
            await _client.DisposeAsync();
        }

        if (_silo is not null)
        {
            await _silo.DisposeAsync();
        }

        if (_ownsFolder && Directory.Exists(dataFolder))
        {
            Directory.Delete(dataFolder, recursive: true);
        }
    }

    private static void Step(string text) => AnsiConsole.MarkupLine($"[bold blue]>[/] {Markup.Escape(text)}");

    private static bool ShowTakeovers(DemoState state, WorkerId killed)
    {
        var moved = state.Takeovers.Where(takeover => takeover.OldWorker == killed && takeover.NewEpoch is not null).ToList();
        foreach (var takeover in moved)
        {
            AnsiConsole.MarkupLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {Markup.Escape(takeover.TaskId.Value)}: lease of {takeover.OldWorker} ended ({Markup.Escape(takeover.Reason)}), epoch {takeover.OldEpoch} -> {takeover.NewEpoch} on {takeover.NewWorker} after {takeover.Gap.TotalMilliseconds:0} ms"));
        }

        if (state.HighestEpoch >= 2 && moved.Count > 0)
        {
            return true;
        }

        AnsiConsole.MarkupLine($"[red]no task reached epoch 2 although {Markup.Escape(killed.Value)} was killed while it held a lease[/]");
        return false;
    }

    /// <summary>Only a folder that an earlier demo made, or an empty one, is emptied: --data might name something precious.</summary>
    private void PrepareFolder()
    {
        var marker = Path.Combine(dataFolder, ".orleansflow-demo");
        if (Directory.Exists(dataFolder) && Directory.EnumerateFileSystemEntries(dataFolder).Any())
        {
            if (!File.Exists(marker))
            {
                throw new FlowException(FlowErrorCode.BadInput, $"'{dataFolder}' is not empty and not a demo's folder. Choose another with --data.");
            }

            if (EndpointsAlive())
            {
                throw new FlowException(FlowErrorCode.StoreInUse, $"Another demo runs on '{dataFolder}'. Stop it, or choose another folder with --data.");
            }

            Directory.Delete(dataFolder, recursive: true);
        }

        Directory.CreateDirectory(dataFolder);
        File.WriteAllText(marker, "made by 'flow demo', which deletes it again");
        _ownsFolder = true;
    }

    private bool EndpointsAlive()
    {
        if (Hosting.EndpointsFile.Read(dataFolder) is not { } endpoints)
        {
            return false;
        }

        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(endpoints.ProcessId);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Shows the run live; after a quarter of the batches kills the worker whose running lease the stream shows.</summary>
    private async Task<WorkerId> WatchAsync(RunId run, DemoState state, long began, CancellationToken cancellationToken)
    {
        var killed = default(WorkerId);
        var live = AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected;
        if (live)
        {
            await AnsiConsole.Live(new Text("")).AutoClear(false).StartAsync(async context =>
            {
                await foreach (var change in _client!.WatchRunAsync(run, cancellationToken))
                {
                    state.Apply(change);
                    killed = KillWhenDue(state, killed);
                    context.UpdateTarget(DemoDisplay.Draw(state, _workers.Ids, killed, _clock.GetElapsedTime(began)));
                }
            });
        }
        else
        {
            var shown = -1L;
            await foreach (var change in _client!.WatchRunAsync(run, cancellationToken))
            {
                state.Apply(change);
                killed = KillWhenDue(state, killed);
                var tenth = state.BatchesOf(FlightsJob.ScanNode) * 10 / FlightsJob.Batches;
                if (tenth != shown)
                {
                    shown = tenth;
                    Console.WriteLine("  " + DemoDisplay.Line(state));
                }
            }
        }

        if (!killed.IsDefault)
        {
            AnsiConsole.MarkupLine($"  [red]{Markup.Escape(killed.Value)} was killed (SIGKILL) after a quarter of the batches[/]");
        }

        return state.Status == RunStatus.Completed
            ? killed
            : throw new FlowException(
                FlowErrorCode.UnexpectedError, $"The run ended as {state.Status}: {state.Failure?.Reason} {state.Failure?.Message}");
    }

    private WorkerId KillWhenDue(DemoState state, WorkerId killed)
    {
        if (!killed.IsDefault || state.BatchesOf(FlightsJob.ScanNode) * 4 < FlightsJob.Batches)
        {
            return killed;
        }

        // The delays node holds a lease too; killing its worker as well as scans' shows both kinds of takeover, so any lease will do.
        var victim = _workers.Ids.FirstOrDefault(worker => state.RunningOn(worker).Any());
        if (!victim.IsDefault)
        {
            _workers.Kill(victim);
        }

        return victim;
    }

    private async Task StayAsync(RunId run, CancellationToken cancellationToken)
    {
        AnsiConsole.MarkupLine("[bold]It stays up until Ctrl-C. Try, in another terminal:[/]");
        foreach (var line in (string[])
            [
                "./flow runs", $"./flow run show {run}", $"./flow get {run}/{FlightsJob.ReportNode} --format table --limit 10",
                "./flow workers", "./flow doctor", "./flow submit samples/flights/graph.json", "./flow cancel RUN",
            ])
        {
            Console.WriteLine("  " + line);
        }

        await _silo!.WaitForShutdownAsync(cancellationToken);
    }
}
