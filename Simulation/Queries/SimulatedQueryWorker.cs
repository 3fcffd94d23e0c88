using OrleansFlow.Errors;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Workers;
using OrleansFlow.Worker.Queries.Inputs;

namespace OrleansFlow.Simulation.Queries;

/// <summary>
/// One life of a worker of queries: what the protocol says that it does (<c>query_v1.proto</c>), without an engine. It can be killed, and it can hang: then
/// nothing of it moves, and what was sent to it waits.
/// </summary>
internal sealed partial class SimulatedQueryWorker : SimulatedPeer
{
    private static readonly TimeSpan PlanWait = TimeSpan.FromSeconds(10);

    private readonly SimulatedWorld _world;
    private readonly SimulatedQueries _queries;
    private readonly Dictionary<(string Query, int Stage, int Task), SimulatedQueryTask> _tasks = [];
    private readonly List<SimulatedQueryTask> _replaced = [];
    private readonly HashSet<string> _cancelled = new(StringComparer.Ordinal);
    private readonly bool _takesPlaces;
    private TaskCompletionSource _changed = new();

    /// <param name="world">The world.</param>
    /// <param name="queries">All workers of queries.</param>
    /// <param name="name">Its place and its location.</param>
    /// <param name="takesPlaces">Whether it is told once where the tasks of a stage are.</param>
    public SimulatedQueryWorker(SimulatedWorld world, SimulatedQueries queries, string name, bool takesPlaces)
        : base(world, name)
    {
        _takesPlaces = takesPlaces;
        _world = world;
        _queries = queries;
    }

    public QueryWire Wire => _queries.Wire;

    public QueryPeer Peer => new(Name, Name, 1, _tasks.Values.Count(task => task.IsRunning)) { TakesPlaces = _takesPlaces };

    /// <summary>Finds a worker by its location.</summary>
    public SimulatedQueryWorker Peers(string location) => _queries.At(location);

    /// <summary>Tasks of a query that run here, and such that are kept.</summary>
    public (int Running, int Kept) Left(string query)
    {
        var tasks = _tasks.Where(task => task.Key.Query == query).Select(task => task.Value).Concat(_replaced.Where(task => task.Key.QueryId == query)).ToList();
        return (tasks.Count(task => task.IsRunning), tasks.Count);
    }

    /// <inheritdoc/>
    public override void Kill()
    {
        base.Kill();
        BreakWatchers();
    }

    /// <summary>What keeps a task from its work, if anything does.</summary>
    public async Task HinderAsync(SimulatedQueryTask task, CancellationToken cancellationToken)
    {
        var (kind, time) = _queries.HindranceOf(task);
        if (kind is { } code)
        {
            await WorkAsync(cancellationToken);
            throw new FlowException(code, $"{task.Key} fails.");
        }

        if (time > TimeSpan.Zero)
        {
            _world.History.Add($"{task.Key} takes {time.TotalSeconds:0.000} s");
            await Task.Delay(time, Process.Clock, cancellationToken);
            await WhenAwakeAsync();
        }
    }

    /// <summary>Works for some time.</summary>
    public async Task WorkAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(_world.Faults.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(200)), Process.Clock, cancellationToken);
        await WhenAwakeAsync();
    }

    /// <summary>The action set-plans.</summary>
    public async Task SetAsync(SetPlansRequest request)
    {
        SourceSpans.Resolve(request);
        var plans = request.Plans;
        foreach (var key in plans.Select(plan => plan.Key))
        {
            ThrowIfStale(key, isPlan: true);
        }

        var replaced = new List<SimulatedQueryTask>();
        foreach (var plan in plans)
        {
            _queries.OnSet(this, plan);
            var place = (plan.Key.QueryId, plan.Key.Stage, plan.Key.Task);
            if (_tasks.Remove(place, out var older))
            {
                _replaced.Add(older);
                replaced.Add(older);
            }

            var task = _tasks[place] = new SimulatedQueryTask(plan, this, Tell);
            task.Start();
        }

        Pulse();
        foreach (var older in replaced)
        {
            await older.CancelAsync("a later attempt replaced it");
        }
    }

    /// <summary>The action cancel.</summary>
    public async Task<int> CancelAsync(string query)
    {
        _cancelled.Add(query);
        var tasks = _tasks.Where(task => task.Key.Query == query).ToList();
        foreach (var (place, _) in tasks)
        {
            _tasks.Remove(place);
        }

        // They count until they have ended.
        _replaced.AddRange(tasks.Select(task => task.Value));
        Pulse();
        await Task.WhenAll(_replaced.Where(task => task.Key.QueryId == query).Select(task => task.CancelAsync("the query was cancelled")));
        _replaced.RemoveAll(task => task.Key.QueryId == query);
        EndWatch(query);

        return tasks.Count;
    }

    /// <summary>The action stop-tasks.</summary>
    public async Task<bool> StopAsync(IReadOnlyList<TaskKey> keys)
    {
        foreach (var key in keys)
        {
            if (_tasks.TryGetValue((key.QueryId, key.Stage, key.Task), out var task) && task.Key.Attempt == key.Attempt)
            {
                _world.History.Add($"{key.QueryId} task {key.Stage}.{key.Task} attempt {key.Attempt} is stopped at {Name}");
                await task.CancelAsync("another attempt ended first");
            }
        }

        return true;
    }

    /// <summary>DoGet: waits for the plan, and begins to read.</summary>
    public async Task<SimulatedQueryTask> OpenAsync(OutputRange range, CancellationToken cancellationToken)
    {
        var limit = Process.Clock.GetTimestamp() + PlanWait.Ticks;
        while (true)
        {
            ThrowIfStale(range.Key, isPlan: false);
            if (_tasks.TryGetValue((range.Key.QueryId, range.Key.Stage, range.Key.Task), out var task) && task.Key.Attempt == range.Key.Attempt)
            {
                task.Outputs[range.Output].Open(range.FirstPartition, range.PartitionCount);
                return task;
            }

            try
            {
                await _changed.Task.WaitAsync(TimeSpan.FromTicks(Math.Max(1, limit - Process.Clock.GetTimestamp())), Process.Clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                throw new FlowException(FlowErrorCode.NotFound, $"{Name} got no plan of {range.Key}.");
            }
        }
    }

    private void ThrowIfStale(TaskKey key, bool isPlan)
    {
        if (_cancelled.Contains(key.QueryId))
        {
            throw new FlowException(FlowErrorCode.Cancelled, $"Query {key.QueryId} was cancelled.");
        }

        if (!_tasks.TryGetValue((key.QueryId, key.Stage, key.Task), out var known))
        {
            return;
        }

        if (known.Key.Attempt > key.Attempt)
        {
            throw new FlowException(FlowErrorCode.LeaseLost, $"{key} was replaced by attempt {known.Key.Attempt}.");
        }

        if (isPlan && known.Key.Attempt == key.Attempt)
        {
            throw new FlowException(FlowErrorCode.AlreadyExists, $"{key} has its plan already.");
        }
    }

    private void Pulse()
    {
        var changed = _changed;
        _changed = new TaskCompletionSource();
        changed.SetResult();
    }
}
