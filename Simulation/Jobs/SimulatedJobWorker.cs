using OrleansFlow.Errors;
using OrleansFlow.Jobs;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Scenarios;
using OrleansFlow.Simulation.Workers;

namespace OrleansFlow.Simulation.Jobs;

/// <summary>One life of a worker of streaming jobs. What its jobs say goes to their grains in order, again until it is answered.</summary>
internal sealed class SimulatedJobWorker : SimulatedPeer
{
    private const int ReportMax = 16;
    private static readonly TimeSpan ReportRetry = TimeSpan.FromMilliseconds(300);

    private readonly SimulatedJobs _jobs;
    private readonly Dictionary<string, SimulatedJobRun> _runs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _ended = new(StringComparer.Ordinal);
    private readonly List<WorkerEvent> _said = [];
    private bool _isReporting;

    public SimulatedJobWorker(SimulatedWorld world, SimulatedJobs jobs, string name, int slots)
        : base(world, name) => (_jobs, Slots) = (jobs, slots);

    public int Slots { get; }

    /// <summary>Whether it takes nothing new.</summary>
    public bool IsDraining { get; set; }

    /// <summary>The jobs of which something runs here, with their generations.</summary>
    public IReadOnlyList<JobContext> Held => [.. _runs.Values.Select(run => run.Context)];

    /// <summary>Begins a run; one of an older generation ends.</summary>
    public Task StartAsync(StartExecutionRequest request)
    {
        var context = request.Context;
        if (_ended.GetValueOrDefault(context.JobId) >= context.Generation || (_runs.TryGetValue(context.JobId, out var known) && known.Context.Generation > context.Generation))
        {
            throw new FlowException(FlowErrorCode.AlreadyEnded, $"Generation {context.Generation} of {context.JobId} has ended at {Name}.");
        }

        if (_runs.TryGetValue(context.JobId, out var older))
        {
            if (older.Context.Generation == context.Generation)
            {
                return Task.CompletedTask;
            }

            older.End();
        }

        World.History.Add($"{context.JobId} generation {context.Generation} begins at {Name} from '{request.RestoreManifest}'");
        var run = _runs[context.JobId] = new SimulatedJobRun(World, _jobs, this, request);
        run.Begin();
        return Task.CompletedTask;
    }

    /// <summary>The run that an order is for.</summary>
    /// <exception cref="FlowException">It is not here.</exception>
    public SimulatedJobRun RunOf(JobContext context) => _runs.TryGetValue(context.JobId, out var run) && run.Context.Generation == context.Generation
        ? run
        : throw new FlowException(FlowErrorCode.AlreadyEnded, $"Generation {context.Generation} of {context.JobId} is not at {Name}.");

    /// <summary>Lets go of a run, and of every older one.</summary>
    public Task FinishAsync(JobContext context)
    {
        _ended[context.JobId] = Math.Max(context.Generation, _ended.GetValueOrDefault(context.JobId));
        if (_runs.TryGetValue(context.JobId, out var run) && run.Context.Generation <= context.Generation)
        {
            run.End();
            _runs.Remove(context.JobId);
            _said.RemoveAll(said => said.Context.JobId == context.JobId && said.Context.Generation <= context.Generation);
        }

        return Task.CompletedTask;
    }

    /// <summary>A run says something.</summary>
    public void Say(WorkerEvent said)
    {
        _said.Add(said);
        if (!_isReporting)
        {
            _isReporting = true;
            Own(ReportAsync);
        }
    }

    private async Task ReportAsync()
    {
        while (_said.Count > 0)
        {
            var job = _said[0].Context.JobId;
            var some = _said.TakeWhile(said => said.Context.JobId == job).Take(ReportMax).ToList();
            try
            {
                var stale = await World.Cluster.Client.GetGrain<IStreamJobGrain>(job).ReportAsync([.. some.Select(said => Google.Protobuf.MessageExtensions.ToByteArray(said))], CancellationToken.None);
                await WhenAwakeAsync();
                if (!World.Network.IsRepeated())
                {
                    _said.RemoveAll(some.Contains);
                }

                foreach (var run in stale.Where(run => run.Worker == Name))
                {
                    await FinishAsync(new JobContext { JobId = job, Generation = run.Generation });
                }
            }
            catch (Exception exception) when (SimulationScenario.IsPassing(exception))
            {
                await Task.Delay(ReportRetry, Process.Clock);
            }
        }

        _isReporting = false;
    }
}
