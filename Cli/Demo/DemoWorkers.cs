using System.Collections.Concurrent;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Cli.Demo;

/// <summary>The demo's worker processes: the flights sample, started twice.</summary>
internal sealed class DemoWorkers : IAsyncDisposable
{
    private const int LinesKept = 50;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<WorkerId, ChildProcess> _processes = [];
    private readonly ConcurrentQueue<string> _lastLines = [];

    /// <summary>The workers, in order.</summary>
    public IReadOnlyList<WorkerId> Ids { get; } = [new WorkerId("worker-1"), new WorkerId("worker-2")];

    public void Start(string gateway, string? token, int slots)
    {
        var assembly = Repository.Assembly("OrleansFlow.Samples.Flights");
        if (!File.Exists(assembly))
        {
            throw new FlowException(FlowErrorCode.NotFound, $"The sample is not built ({assembly}). Run './flow demo', which builds it.");
        }

        foreach (var id in Ids)
        {
            var environment = new Dictionary<string, string>
            {
                ["OrleansFlow__Worker__WorkerId"] = id.Value,
                ["OrleansFlow__Worker__Gateway"] = gateway,
                ["OrleansFlow__Worker__Slots"] = slots.ToString(System.Globalization.CultureInfo.InvariantCulture),
            };
            if (token is not null)
            {
                environment["OrleansFlow__Worker__Token"] = token;
            }

            _processes[id] = ChildProcess.StartDotNet(assembly, [], environment, KeepLine);
        }
    }

    /// <summary>Waits until every worker is online.</summary>
    /// <exception cref="FlowException"><c>worker_lost</c>: one ended, or did not come up in time.</exception>
    public async Task WaitUntilOnlineAsync(Client.FlowClient client, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(StartLimit, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50), clock);
        try
        {
            while (true)
            {
                var online = (await client.ListWorkersAsync(both.Token)).Where(worker => worker.Liveness == WorkerLiveness.Online).Select(worker => worker.WorkerId);
                if (!Ids.Except(online).Any())
                {
                    return;
                }

                if (_processes.FirstOrDefault(process => process.Value.HasExited) is { Key.IsDefault: false } dead)
                {
                    throw Lost($"Worker '{dead.Key}' ended before its first heartbeat.");
                }

                await timer.WaitForNextTickAsync(both.Token);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Lost($"The workers did not come up within {StartLimit.TotalSeconds:0} s.");
        }
    }

    /// <summary>SIGKILL.</summary>
    /// <returns>The killed process's id.</returns>
    public int Kill(WorkerId worker)
    {
        var process = _processes[worker];
        process.Kill();
        return process.Id;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.Values)
        {
            await process.DisposeAsync();
        }
    }

    private void KeepLine(string line)
    {
        _lastLines.Enqueue(line);
        while (_lastLines.Count > LinesKept)
        {
            _lastLines.TryDequeue(out _);
        }
    }

    private FlowException Lost(string what) =>
        new(FlowErrorCode.WorkerLost, $"{what} Its last lines:{Environment.NewLine}{string.Join(Environment.NewLine, _lastLines)}");
}
