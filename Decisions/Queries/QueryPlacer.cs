using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Queries;

/// <summary>
/// Deals tasks out to workers. Within a stage the tasks are spread evenly for the cores that there are; among workers that are equally good for
/// that, the one wins that a task is near to, then the one that makes most of what the task reads, then the one with the least to do.
/// </summary>
internal sealed class QueryPlacer
{
    private readonly QueryState _state;
    private readonly ImmutableArray<QueryTask>.Builder _tasks;
    private readonly List<QueryWorker> _workers;
    private readonly int[] _assigned;

    /// <summary>Prepares it.</summary>
    /// <param name="state">The query; tasks that keep their place count as work of their workers.</param>
    /// <param name="tasks">The tasks as they become; the places of other tasks are read from it.</param>
    public QueryPlacer(QueryState state, ImmutableArray<QueryTask>.Builder tasks)
    {
        _state = state;
        _tasks = tasks;
        _workers = [.. state.Workers.Where(worker => !worker.IsLost)];
        _assigned = new int[_workers.Count];
        foreach (var task in tasks)
        {
            if (task.IsLive && _workers.FindIndex(worker => worker.Id == task.Worker) is >= 0 and var index)
            {
                _assigned[index]++;
            }
        }
    }

    /// <summary>Whether any worker is left.</summary>
    public bool HasWorkers => _workers.Count > 0;

    /// <summary>Whether a worker is there.</summary>
    public bool Has(string worker) => _workers.Exists(known => known.Id == worker);

    /// <summary>The worker of a task.</summary>
    /// <param name="id">The task.</param>
    /// <param name="not">A worker that only gets it when there is no other; null for none.</param>
    public string Place(QueryTaskId id, string? not = null)
    {
        var preferred = _state.Stages[id.Stage].Preferred;
        var near = id.Number < preferred.Length ? preferred[id.Number] : "";
        var fed = FedBy(id);
        var ofStage = OfStage(id);
        var best = -1;
        (bool IsNot, double Spread, bool IsFar, int Fed, double Load) bestRank = default;
        for (var index = 0; index < _workers.Count; index++)
        {
            var worker = _workers[index];
            var cores = Math.Max(1, worker.Cores);
            var rank = (worker.Id == not, (double)(ofStage[index] + 1) / cores, worker.Id != near, -fed[index], (double)(worker.RunningTasks + _assigned[index]) / cores);
            if (best < 0 || rank.CompareTo(bestRank) < 0)
            {
                (best, bestRank) = (index, rank);
            }
        }

        _assigned[best]++;
        return _workers[best].Id;
    }

    /// <summary>Tasks of the stage that each worker has already.</summary>
    private int[] OfStage(QueryTaskId id)
    {
        var counts = new int[_workers.Count];
        var first = _state.IndexOf(new QueryTaskId(id.Stage, 0));
        for (var number = 0; number < _state.Stages[id.Stage].TaskCount; number++)
        {
            Count(counts, _tasks[first + number]);
        }

        return counts;
    }

    /// <summary>Tasks of each worker that a task reads.</summary>
    private int[] FedBy(QueryTaskId id)
    {
        var counts = new int[_workers.Count];
        foreach (var input in _state.Stages[id.Stage].Inputs)
        {
            var (from, count) = input.ReadBy(id.Number, _state.Stages[input.Producer].TaskCount);
            var first = _state.IndexOf(new QueryTaskId(input.Producer, from));
            for (var number = 0; number < count; number++)
            {
                Count(counts, _tasks[first + number]);
            }
        }

        return counts;
    }

    private void Count(int[] counts, QueryTask task)
    {
        if (task.Status != QueryTaskStatus.Pending && _workers.FindIndex(worker => worker.Id == task.Worker) is >= 0 and var index)
        {
            counts[index]++;
        }
    }
}
