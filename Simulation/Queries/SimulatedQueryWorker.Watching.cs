using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Simulation.Workers;

namespace OrleansFlow.Simulation.Queries;

/// <content>What it says of its tasks, at once when something changes and now and then while they run.</content>
internal sealed partial class SimulatedQueryWorker
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, (SimulatedPipe<TaskReport> Pipe, string Place)> _watchers = new(StringComparer.Ordinal);

    /// <summary>The action watch: reports go to a pipe until the query is cancelled.</summary>
    public Task<bool> WatchAsync(string query, SimulatedPipe<TaskReport> pipe, string place)
    {
        if (_cancelled.Contains(query))
        {
            Send((pipe, place), () => pipe.End(null));
            return Task.FromResult(true);
        }

        _watchers[query] = (pipe, place);
        foreach (var task in _tasks.Values.Where(task => task.Key.QueryId == query))
        {
            Tell(task);
        }

        _ = BeatAsync(query);
        return Task.FromResult(true);
    }

    private void BreakWatchers()
    {
        foreach (var (pipe, _) in _watchers.Values)
        {
            Wire.BreakLater(() => pipe.End(QueryWire.Gone(this)));
        }
    }

    private void EndWatch(string query)
    {
        if (_watchers.Remove(query, out var watcher))
        {
            Send(watcher, () => watcher.Pipe.End(null));
        }
    }

    private void Tell(SimulatedQueryTask task)
    {
        if (_watchers.TryGetValue(task.Key.QueryId, out var watcher))
        {
            var report = task.Report();
            Send(watcher, () => watcher.Pipe.Deliver(report));
            if (_world.Network.IsRepeated())
            {
                Send(watcher, () => watcher.Pipe.Deliver(report));
            }
        }
    }

    private void Send((SimulatedPipe<TaskReport> Pipe, string Place) watcher, Action deliver)
    {
        if (!_world.Network.Send(Name, watcher.Place, mayStraggle: false, deliver))
        {
            Wire.BreakLater(() => watcher.Pipe.End(QueryWire.Gone(this)));
        }
    }

    private async Task BeatAsync(string query)
    {
        while (_watchers.ContainsKey(query))
        {
            await Task.Delay(ReportInterval, Process.Clock);
            await WhenAwakeAsync();
            foreach (var task in _tasks.Values.Where(task => task.IsRunning && task.Key.QueryId == query).ToList())
            {
                Tell(task);
            }
        }
    }
}
