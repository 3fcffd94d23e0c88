using OrleansFlow.Errors;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Queries;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;

namespace OrleansFlow.Simulation.Queries;

/// <summary>The workers of queries of a world, what goes wrong with them, and what must hold of what they are given.</summary>
internal sealed class SimulatedQueries : IQueryWorkers
{
    private static readonly TimeSpan StaleFor = TimeSpan.FromSeconds(1);

    private readonly SimulatedWorld _world;
    private readonly SeededRandom _random;
    private readonly DistributedQueryOptions _options;
    private readonly Dictionary<string, SimulatedQueryWorker> _all = new(StringComparer.Ordinal);
    private readonly List<SimulatedQueryWorker> _workers = [];
    private readonly Dictionary<string, TimeSpan> _endedAt = new(StringComparer.Ordinal);
    private readonly double _kills;
    private readonly double _hangs;
    private readonly double _slow;
    private readonly double _failing;
    private int _last;
    private bool _isCalm;

    /// <summary>Makes the workers, and lets things go wrong with them for a while.</summary>
    /// <param name="world">The world.</param>
    /// <param name="random">Draws how badly.</param>
    /// <param name="faultTime">For how long.</param>
    public SimulatedQueries(SimulatedWorld world, SeededRandom random, TimeSpan faultTime)
    {
        _world = world;
        _random = new SeededRandom(world.Seed, "query faults");
        _options = world.Options.Queries;
        Wire = new QueryWire(world);
        (_kills, _hangs) = (Level(0.6, 1), Level(0.5, 1));
        (_slow, _failing) = (Level(0.6, 0.15), Level(0.3, 0.05));
        for (var count = random.Between(2, 4); count > 0; count--)
        {
            Add();
        }

        world.History.Add($"workers of queries: {_workers.Count}, kills {_kills:0.00}, hangs {_hangs:0.00}, slow tasks {_slow:0.00}, failing ones {_failing:0.00}");
        NextFault();
        world.Kernel.At(faultTime, () => _isCalm = true);
    }

    public QueryWire Wire { get; }

    /// <summary>Those of this moment, hanging ones included.</summary>
    public IEnumerable<SimulatedQueryWorker> Living => _all.Values.Where(worker => !worker.HasEnded);

    /// <summary>A worker by its location, dead ones included.</summary>
    public SimulatedQueryWorker At(string location) => _all[location];

    /// <summary>Whether nothing goes wrong with workers any more.</summary>
    public bool IsCalm => _isCalm && Living.All(worker => !worker.IsHung);

    public Task<IReadOnlyList<QueryPeer>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<QueryPeer>>(
        [.. _all.Values.Where(worker => !worker.HasEnded || _world.Kernel.Now - _endedAt[worker.Name] < StaleFor).Select(worker => worker.Peer)]);

    /// <summary>What a task meets with: a failure, or some time in which it does nothing.</summary>
    public (FlowErrorCode? Failure, TimeSpan Time) HindranceOf(SimulatedQueryTask task)
    {
        if (_isCalm)
        {
            return (null, TimeSpan.Zero);
        }

        if (_random.Chance(_failing))
        {
            return (_random.Chance(0.8) ? FlowErrorCode.StoreUnavailable : FlowErrorCode.EngineError, TimeSpan.Zero);
        }

        return (null, !_random.Chance(_slow) ? TimeSpan.Zero : _random.Chance(0.2) ? TimeSpan.FromHours(1) : _random.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(15)));
    }

    /// <summary>A worker was given a plan.</summary>
    public void OnSet(SimulatedQueryWorker worker, TaskPlan plan)
    {
        var key = plan.Key;
        _world.History.Add($"{key.QueryId} task {key.Stage}.{key.Task} attempt {key.Attempt} ({plan.Sql}) begins at {worker.Name}");
        if (key.Attempt > _options.AttemptsMax)
        {
            _world.Watch.Violate($"attempts: {key} is attempt {key.Attempt} of {_options.AttemptsMax}");
        }

        foreach (var input in plan.Inputs)
        {
            foreach (var producer in input.Sources.GroupBy(source => (source.Range.Key.Stage, source.Range.Key.Task)))
            {
                var read = producer.SelectMany(source => Enumerable.Range(source.Range.FirstPartition, source.Range.PartitionCount)).ToList();
                if (producer.Select(source => source.Range.Key.Attempt).Distinct().Count() > 1 || read.Distinct().Count() < read.Count)
                {
                    _world.Watch.Violate($"one attempt: {key} reads rows of {producer.Key} twice");
                }
            }
        }
    }

    private double Level(double probability, double most) => _random.Chance(probability) ? most * _random.NextDouble() : 0;

    private void Add()
    {
        var worker = new SimulatedQueryWorker(_world, this, $"query-{++_last}", _random.Chance(0.5));
        _all.Add(worker.Name, worker);
        _workers.Add(worker);
    }

    private void NextFault() => _world.Kernel.At(_random.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1.5)), () =>
    {
        if (_isCalm)
        {
            return;
        }

        var worker = _random.Pick(_workers);
        if (_random.Chance(_kills) && !worker.HasEnded)
        {
            _world.Tally.Add(FaultKind.WorkerCrash);
            worker.Kill();
            _endedAt[worker.Name] = _world.Kernel.Now;
            _world.Kernel.At(_random.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(3)), () =>
            {
                _workers.Remove(worker);
                Add();
            });
        }
        else if (_random.Chance(_hangs) && !worker.HasEnded)
        {
            worker.Hang(_random.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(8)));
        }

        NextFault();
    });
}
