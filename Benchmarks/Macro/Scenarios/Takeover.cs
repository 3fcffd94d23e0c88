using OrleansFlow.Client;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>200 tasks in flight at one worker process, which is killed while another one stands by; default settings.</summary>
/// <remarks>Value is the time from the kill until all have finished; the delay until the first one is leased again is <c>p50_ms</c>. A task that ends otherwise than by its second lease fails the round.</remarks>
internal sealed class Takeover : Scenario
{
    private const int Count = 200;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly BenchSilo _silo = new();
    private int _holder = -1;

    public override string Name => "takeover";

    public override string Question => $"{Count} tasks in flight, their worker killed: when have all finished, when does the first begin again (p50_ms)?";

    public override string Unit => "s";

    public override bool HigherIsBetter => false;

    public override string BaselineName => "the reconnect grace, s";

    public override string? Durability => "SQLite, WAL, synchronous=FULL";

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        await _silo.StartAsync(cancellationToken);
        _holder = await _silo.AddWorkerAsync(typeof(Takeover).Assembly.Location, WaitingWorker.Argument, Count, cancellationToken);
    }

    public override async Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var run = await _silo.Client.SubmitGraphAsync(
            $$"""{"name":"takeover","nodes":[{"id":"n","role":"{{WaitingWorker.Role}}","tasks":{{Count}}}]}""", cancellationToken: cancellationToken);
        await using var changes = _silo.Client.WatchRunAsync(run, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var leased = new HashSet<TaskId>();
        while (leased.Count < Count)
        {
            leased.UnionWith((await NextAsync(changes)).Where(task => task.Status == FlowTaskStatus.Leased).Select(task => task.TaskId));
        }

        var standby = await _silo.AddWorkerAsync(typeof(Takeover).Assembly.Location, WaitingWorker.Argument, Count, cancellationToken);
        var began = _clock.GetTimestamp();
        await _silo.KillWorkerAsync(_holder);
        _holder = standby;
        var (first, finished) = (TimeSpan.Zero, new HashSet<TaskId>());
        while (finished.Count < Count)
        {
            foreach (var task in await NextAsync(changes))
            {
                first = first == TimeSpan.Zero && task is { Status: FlowTaskStatus.Leased, Epoch: 2 } ? _clock.GetElapsedTime(began) : first;
                if (task.Status == FlowTaskStatus.Completed && (!finished.Add(task.TaskId) || task.Epoch != 2))
                {
                    throw new FlowException(FlowErrorCode.UnexpectedError, $"Task {task.TaskId} completed with epoch {task.Epoch}, or twice.");
                }
            }
        }

        return new Sample(_clock.GetElapsedTime(began).TotalSeconds, [first.TotalMilliseconds]);
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken) => Task.FromResult(new LeaseOptions().ReconnectGrace.TotalSeconds);

    public override async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        await base.DisposeAsync();
    }

    private static async Task<IEnumerable<TaskView>> NextAsync(IAsyncEnumerator<RunChange> changes) => !await changes.MoveNextAsync()
        ? throw new FlowException(FlowErrorCode.UnexpectedError, "The run ended before all of its tasks did.")
        : changes.Current switch
        {
            RunChange.Snapshot snapshot => snapshot.Run.Nodes.SelectMany(node => node.Tasks),
            RunChange.TaskChanged task => [task.Task],
            _ => [],
        };
}
