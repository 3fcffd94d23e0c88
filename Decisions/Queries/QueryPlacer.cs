using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Queries;

/// <summary>
/// Deals tasks out to workers. Within a stage the tasks are spread evenly for the cores that there are; among workers that are equally good for
/// that, the one wins that a task is near to, then the one that makes most of what the task reads, then the one with the least to do.
/// </summary>
/// <remarks>
/// The workers of a stage stand in a heap by what is the same for all of its tasks, so that a task costs a few looks and not one at each worker: a query of a thousand workers has
/// thousands of tasks. What is a task's own (the worker that it is near to, those that make the part that it reads) is looked at besides.
/// </remarks>
internal sealed class QueryPlacer
{
    private const int NoWorker = -1;

    private readonly QueryState _state;
    private readonly ImmutableArray<QueryTask>.Builder _tasks;
    private readonly List<QueryWorker> _workers;
    private readonly Dictionary<string, int> _indexes;
    private readonly long[] _cores;
    private readonly long[] _load;
    private readonly int[] _ofStage;
    private readonly Dictionary<int, int[]> _producers = [];
    private readonly WorkerHeap _order;

    // Tasks of each worker that all tasks of the stage read, and those that only the task at hand does.
    private readonly int[] _fed;
    private readonly int[] _fedMore;
    private readonly List<int> _feedsMore = [];
    private readonly List<int> _readWhole = [];
    private readonly List<int> _whole = [];
    private bool _isOrdered;
    private int _stage = -1;

    /// <summary>Prepares it.</summary>
    /// <param name="state">The query; tasks that keep their place count as work of their workers.</param>
    /// <param name="tasks">The tasks as they become; the places of other tasks are read from it.</param>
    public QueryPlacer(QueryState state, ImmutableArray<QueryTask>.Builder tasks)
    {
        _state = state;
        _tasks = tasks;
        _workers = [.. state.Workers.Where(worker => !worker.IsLost)];
        _indexes = new Dictionary<string, int>(_workers.Count, StringComparer.Ordinal);
        _cores = new long[_workers.Count];
        _load = new long[_workers.Count];
        for (var index = 0; index < _workers.Count; index++)
        {
            _indexes.TryAdd(_workers[index].Id, index);
            _cores[index] = Math.Max(1, _workers[index].Cores);
            _load[index] = _workers[index].RunningTasks;
        }

        _ofStage = new int[_workers.Count];
        _fed = new int[_workers.Count];
        _fedMore = new int[_workers.Count];
        _order = new WorkerHeap(_workers.Count, Compare);
        foreach (var task in tasks)
        {
            if (task.IsLive && IndexOf(task.Worker) is >= 0 and var index)
            {
                _load[index]++;
            }

            if (task.CopyWorker is { } worker && IndexOf(worker) is >= 0 and var copying)
            {
                _load[copying]++;
            }
        }
    }

    /// <summary>Whether any worker is left.</summary>
    public bool HasWorkers => _workers.Count > 0;

    /// <summary>Whether a worker is there.</summary>
    public bool Has(string worker) => _indexes.ContainsKey(worker);

    /// <summary>The worker of a task. Stages come one after the other, producers first.</summary>
    /// <param name="id">The task.</param>
    /// <param name="not">A worker that only gets it when there is no other; null for none.</param>
    public string Place(QueryTaskId id, string? not = null)
    {
        Enter(id.Stage);
        var preferred = _state.Stages[id.Stage].Preferred;
        var near = id.Number < preferred.Length ? IndexOf(preferred[id.Number]) : NoWorker;
        var avoided = not is { } worker ? IndexOf(worker) : NoWorker;
        CountFed(id);
        var best = _order.First(avoided);
        best = near == NoWorker ? best : Better(near, best, near, avoided);
        foreach (var feeding in _feedsMore)
        {
            best = Better(feeding, best, near, avoided);
        }

        _load[best]++;
        _ofStage[best]++;
        _order.Sink(best);
        return _workers[best].Id;
    }

    /// <summary>A task runs again where it was: as much work for its stage as one that is placed there.</summary>
    /// <param name="id">The task.</param>
    /// <param name="worker">Where; one that is there.</param>
    /// <returns>The worker.</returns>
    public string Keep(QueryTaskId id, string worker)
    {
        Enter(id.Stage);
        var index = IndexOf(worker);
        _ofStage[index]++;
        if (_isOrdered)
        {
            _order.Sink(index);
        }

        return worker;
    }

    private int IndexOf(string worker) => _indexes.TryGetValue(worker, out var index) ? index : NoWorker;

    private int Better(int one, int other, int near, int avoided)
    {
        if ((one == avoided) != (other == avoided))
        {
            return one == avoided ? other : one;
        }

        var order = CompareSpread(one, other);
        if (order == 0 && (one == near) != (other == near))
        {
            return near;
        }

        order = order != 0 ? order : (_fed[other] + _fedMore[other]).CompareTo(_fed[one] + _fedMore[one]);
        order = order != 0 ? order : CompareLoad(one, other);
        return order < 0 || (order == 0 && one < other) ? one : other;
    }

    /// <summary>The order for a task with nothing of its own: the best first.</summary>
    private int Compare(int one, int other)
    {
        var order = CompareSpread(one, other);
        order = order != 0 ? order : _fed[other].CompareTo(_fed[one]);
        order = order != 0 ? order : CompareLoad(one, other);
        return order != 0 ? order : one.CompareTo(other);
    }

    // As products: a worker with twice the cores of another one gets twice the tasks.
    private int CompareSpread(int one, int other) => ((_ofStage[one] + 1) * _cores[other]).CompareTo((_ofStage[other] + 1) * _cores[one]);

    private int CompareLoad(int one, int other) => (_load[one] * _cores[other]).CompareTo(_load[other] * _cores[one]);

    /// <summary>Counts anew what belongs to a stage: its tasks that have a place, and what all of its tasks read.</summary>
    private void Enter(int stage)
    {
        if (stage == _stage)
        {
            return;
        }

        _stage = stage;
        Array.Clear(_ofStage);
        Count(_ofStage, stage, 0, _state.Stages[stage].TaskCount);
        _producers.Clear();
        _isOrdered = false;
    }

    /// <summary>Counts the tasks of each worker that a task reads. Tasks that come one after the other mostly read the same whole stages.</summary>
    private void CountFed(QueryTaskId id)
    {
        foreach (var feeding in _feedsMore)
        {
            _fedMore[feeding] = 0;
        }

        _feedsMore.Clear();
        _whole.Clear();
        foreach (var input in _state.Stages[id.Stage].Inputs)
        {
            var producerCount = _state.Stages[input.Producer].TaskCount;
            var (first, count) = input.ReadBy(id.Number, producerCount);
            if (count == producerCount)
            {
                _whole.Add(input.Producer);
            }
            else
            {
                CountMore(input.Producer, first, count);
            }
        }

        if (_isOrdered && _whole.SequenceEqual(_readWhole))
        {
            return;
        }

        Array.Clear(_fed);
        _readWhole.Clear();
        foreach (var producer in _whole)
        {
            _readWhole.Add(producer);
            if (!_producers.TryGetValue(producer, out var all))
            {
                _producers[producer] = all = new int[_workers.Count];
                Count(all, producer, 0, _state.Stages[producer].TaskCount);
            }

            for (var index = 0; index < all.Length; index++)
            {
                _fed[index] += all[index];
            }
        }

        _order.Order();
        _isOrdered = true;
    }

    private void CountMore(int stage, int firstTask, int count)
    {
        var first = _state.IndexOf(new QueryTaskId(stage, 0)) + firstTask;
        for (var number = first; number < first + count; number++)
        {
            if (_tasks[number].Status != QueryTaskStatus.Pending && IndexOf(_tasks[number].Worker) is >= 0 and var index && _fedMore[index]++ == 0)
            {
                _feedsMore.Add(index);
            }
        }
    }

    private void Count(int[] counts, int stage, int firstTask, int count)
    {
        var first = _state.IndexOf(new QueryTaskId(stage, 0)) + firstTask;
        for (var number = first; number < first + count; number++)
        {
            if (_tasks[number].Status != QueryTaskStatus.Pending && IndexOf(_tasks[number].Worker) is >= 0 and var index)
            {
                counts[index]++;
            }
        }
    }
}
