using Google.Protobuf;
using OrleansFlow.Errors;
using OrleansFlow.Jobs;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Simulation.Scenarios;

namespace OrleansFlow.Simulation.Jobs;

/// <summary>Submits a streaming job, changes its mind about it while things go wrong, and in the end wants every row of it, once.</summary>
internal sealed class JobCaller
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly SimulatedWorld _world;
    private readonly SimulatedJobs _jobs;
    private readonly string _id;
    private readonly SeededRandom _random;
    private readonly Protocol.Streaming.V1.Program _program;
    private readonly long _rows;
    private readonly double _meddles;
    private readonly TimeSpan _calmAt;

    /// <param name="world">The world.</param>
    /// <param name="jobs">Its jobs.</param>
    /// <param name="id">Of the job.</param>
    /// <param name="calmAt">When nothing goes wrong any more.</param>
    public JobCaller(SimulatedWorld world, SimulatedJobs jobs, string id, TimeSpan calmAt)
    {
        (_world, _jobs, _id, _calmAt) = (world, jobs, id, calmAt);
        _random = new SeededRandom(world.Seed, id);
        _meddles = _random.Chance(0.6) ? _random.NextDouble() : 0;
        _rows = _random.Between(20, 200);
        _program = new Protocol.Streaming.V1.Program();
        for (var node = 1U; node <= (uint)_random.Between(1, 2); node++)
        {
            _program.Nodes.Add(new ProgramNode
            {
                Id = node,
                Parallelism = (uint)_random.Between(1, 3),
                Chain = { new ProgramOperator { Id = $"source-{node}", Kind = "source" }, new ProgramOperator { Id = $"sink-{node}", Kind = "sink" } },
            });
        }

        jobs.SetRows(id, _rows);
    }

    /// <summary>The state that was seen last.</summary>
    public string Seen { get; private set; } = "not seen";

    private IStreamJobGrain Grain => _world.Cluster.Client.GetGrain<IStreamJobGrain>(_id);

    /// <summary>Runs the job to its end.</summary>
    public async Task RunAsync()
    {
        _world.History.Add($"{_id}: {_rows} rows of {JobPartition.Count} partitions, {string.Join(" + ", _program.Nodes.Select(node => node.Parallelism))} subtasks, meddled with {_meddles:0.00}");
        var submission = new StreamJobSubmission { Program = _program.ToByteArray(), CheckpointUrl = SimulatedObjects.Url, CheckpointInterval = TimeSpan.FromSeconds(_random.Between(1, 3)) };
        await CallAsync(grain => grain.SubmitAsync(submission, CancellationToken.None));
        while (true)
        {
            await Task.Delay(Look, _world.Clock);
            var view = await SimulationScenario.UntilAnsweredAsync(_world, () => Grain.GetAsync(CancellationToken.None));
            if (view is null)
            {
                _world.Watch.Violate($"durable submit: {_id} was accepted, and is not there");
                return;
            }

            if (view.Status != Seen)
            {
                _world.History.Add($"{_id} is {view.Status} in generation {view.Generation}, checkpoint {view.Checkpoint}");
                Seen = view.Status;
            }

            if (view.Status == "Finished")
            {
                CheckRows();
                return;
            }

            if (view.Status == "Failed")
            {
                _world.Watch.Violate($"nothing fails for good: {_id} did: {view.Failure}");
                return;
            }

            if (view.Status == "Stopped")
            {
                await CallAsync(grain => grain.StartAsync(ignoreState: false, CancellationToken.None));
            }
            else if (_world.Kernel.Now < _calmAt && _random.Chance(_meddles))
            {
                await MeddleAsync();
            }
        }
    }

    private async Task MeddleAsync()
    {
        switch (_random.Next(6))
        {
            case 0 or 1:
                var mode = _random.Pick<StreamJobStopMode>([StreamJobStopMode.Checkpoint, StreamJobStopMode.Checkpoint, StreamJobStopMode.Graceful, StreamJobStopMode.Immediate, StreamJobStopMode.Force]);
                _world.History.Add($"{_id} is to stop: {mode}");
                await CallAsync(grain => grain.StopAsync(mode, CancellationToken.None));
                break;
            case 2 or 3:
                var (node, parallelism) = ((uint)_random.Between(1, _program.Nodes.Count), _random.Between(1, 4));
                _world.History.Add($"{_id} is to have {parallelism} subtasks of node {node}");
                await CallAsync(grain => grain.RescaleAsync(new Dictionary<uint, int> { [node] = parallelism }, CancellationToken.None));
                break;
            case 4:
                var isForced = _random.Chance(0.5);
                _world.History.Add($"{_id} is to begin again{(isForced ? " at once" : "")}");
                await CallAsync(grain => grain.RestartAsync(isForced, ignoreState: false, CancellationToken.None));
                break;
            default:
                await CallAsync(grain => grain.TakeCheckpointAsync(CancellationToken.None));
                break;
        }
    }

    /// <summary>Calls until there is an answer; that it is not possible now is one, and gives false.</summary>
    private Task<bool> CallAsync(Func<IStreamJobGrain, Task> call) => SimulationScenario.UntilAnsweredAsync(_world, async () =>
    {
        try
        {
            await call(Grain);
            return true;
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.BadInput)
        {
            return false;
        }
    });

    private void CheckRows()
    {
        foreach (var sink in _program.Nodes.Select(node => node.Chain[1].Id))
        {
            foreach (var partition in JobPartition.All)
            {
                var committed = _jobs.Watch.CommittedOf(_id, sink, partition.Number);
                if (committed != _rows)
                {
                    _world.Watch.Violate($"no gap: {_id} has finished, and {sink} has committed {committed} of {_rows} rows of partition {partition.Number}");
                }
            }
        }
    }
}
