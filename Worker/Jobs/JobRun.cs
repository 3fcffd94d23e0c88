using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.State;
using OrleansFlow.Worker.Jobs.Edges;

namespace OrleansFlow.Worker.Jobs;

/// <summary>One generation of a job at a worker, from its start until the worker lets go of it.</summary>
/// <remarks>
/// Normal case: what ran of an older generation ends, the store is opened and the checkpoint read, the engine starts, its events go on in their order, and a sign
/// of life follows every 5 s. A failure ends the signs of life and stays to be asked for. Nothing outlives the disposal.
/// </remarks>
internal sealed partial class JobRun : IAsyncDisposable
{
    private readonly StartExecutionRequest _request;
    private readonly JobHostSetup _setup;
    private readonly JobEvents _events;
    private readonly ILogger _logger;

    // Neither is disposed: they have no timer, and a late order may still ask them.
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource<StreamEngine> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private volatile JobStanding _standing;
    private StreamEngine? _engine;
    private bool _isInitializationTold;
    private Task _life = Task.CompletedTask;
    private Task _pump = Task.CompletedTask;
    private Task? _disposal;

    /// <summary>Makes a run; nothing happens before <see cref="Begin"/>.</summary>
    public JobRun(StartExecutionRequest request, int slots, JobHostSetup setup, JobEvents events)
    {
        _request = request;
        _setup = setup;
        _events = events;
        _logger = setup.Loggers.CreateLogger<JobRun>();
        _standing = new JobStanding(WorkerPhase.Initializing, setup.Clock.GetUtcNow());
        Slots = slots;
        Edges = new JobEdges(request, setup.Exchanges, setup.Limits.QueueRows, setup.Clock);
    }

    /// <summary>Which run it is.</summary>
    public JobContext Context => _request.Context;

    /// <summary>Slots that it takes.</summary>
    public int Slots { get; }

    /// <summary>Its channels to and from other workers.</summary>
    public JobEdges Edges { get; }

    /// <summary>Whether it takes checkpoints.</summary>
    public bool KeepsState => _request.CheckpointUrl.Length > 0;

    /// <summary>How it stands. Safe to call from any thread.</summary>
    public JobStanding Standing => _standing;

    /// <summary>What its subtasks have done; none before they exist.</summary>
    public IReadOnlyList<SubtaskCounters> Counters => Volatile.Read(ref _engine)?.Counters ?? [];

    /// <summary>Begins; called once.</summary>
    /// <param name="replaced">What runs of an older generation: it ends first.</param>
    public void Begin(JobRun? replaced) => _life = Task.Run(() => LiveAsync(replaced), CancellationToken.None);

    /// <summary>The engine, once all of its subtasks are there. An order that comes while they are being made waits for that.</summary>
    /// <exception cref="FlowException">It could not begin, or has been let go (<see cref="FlowErrorCode.AlreadyEnded"/>).</exception>
    public async Task<StreamEngine> EngineAsync(CancellationToken cancellationToken) => await _ready.Task.WaitAsync(cancellationToken);

    /// <summary>Ends it at once. When this returns nothing of it runs, whoever else called it.</summary>
    public async ValueTask DisposeAsync()
    {
        Task disposal;
        lock (_gate)
        {
            disposal = _disposal ??= EndAsync();
        }

        await disposal;
    }

    private async Task EndAsync()
    {
        await _ending.CancelAsync();
        _ready.TrySetException(Gone());
        _ = _ready.Task.Exception;
        await _life;
    }

    private async Task LiveAsync(JobRun? replaced)
    {
        if (replaced is not null)
        {
            await replaced.DisposeAsync();
        }

        JobOperators? operators = null;
        IObjectStore? store = null;
        try
        {
            operators = await _setup.OpenOperatorsAsync(_request.Program, _ending.Token);
            var (state, restored) = ((IStateBackend)new NoStateBackend(), new List<OperatorState>());
            if (KeepsState)
            {
                store = _setup.OpenStore?.Invoke(_request.CheckpointUrl) ?? ObjectStores.Open(_request.CheckpointUrl, _setup.Clock);
                restored = await RestoredAsync(store, _ending.Token);
                state = new FileStateBackend(store, Context.JobId, Context.Generation, _setup.Clock);
            }

            var engine = new StreamEngine(EngineSetup(operators, state, restored));
            Volatile.Write(ref _engine, engine);
            _pump = PumpAsync(engine);
            await engine.StartAsync(_ending.Token);
            using var beats = new PeriodicTimer(JobHostSetup.HeartbeatInterval, _setup.Clock);
            _standing = new JobStanding(WorkerPhase.Running, _setup.Clock.GetUtcNow());
            _ready.TrySetResult(engine);
            LogRunning(Context.JobId, Context.Generation, Slots);
            await BeatAsync(beats, engine);
        }
        catch (Exception) when (_ending.IsCancellationRequested)
        {
            // It was let go; whatever came of that interests nobody.
        }
        catch (Exception exception)
        {
            await FailAsync(exception);
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, _setup.Clock, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await (_engine?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _pump;
        await (operators?.DisposeAsync() ?? ValueTask.CompletedTask);
        store?.Dispose();
        LogGone(Context.JobId, Context.Generation);
    }

    private StreamEngineSetup EngineSetup(JobOperators operators, IStateBackend state, List<OperatorState> restored)
    {
        var own = _request.Tasks.Where(task => task.WorkerId == _setup.WorkerId).Select(task => (task.NodeId, (int)task.SubtaskIndex)).ToHashSet();
        return new StreamEngineSetup
        {
            Program = _request.Program,
            Operators = operators.Registry,
            State = state,
            Context = Context,
            Restored = restored,
            KeepsState = KeepsState,
            StartEpoch = Math.Max(1, _request.StartEpoch),
            IsLocal = (node, index) => own.Contains((node, index)),
            Remote = Edges,
            Limits = _setup.Limits,
            Memory = _setup.Memory,
            Clock = _setup.Clock,
            Allocator = _setup.Allocator,
        };
    }

    private async Task<List<OperatorState>> RestoredAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        if (_request.RestoreManifest.Length == 0)
        {
            return _request.HasRestoreEpoch
                ? throw new FlowException(FlowErrorCode.BadInput, $"Job '{Context.JobId}' is to begin from epoch {_request.RestoreEpoch}, and its start names no manifest (restore_manifest).")
                : [];
        }

        var manifest = await new CheckpointStore(store, Context.JobId).TryReadManifestAsync(_request.RestoreManifest, cancellationToken)
            ?? throw new FlowException(FlowErrorCode.StateCorrupt, $"Checkpoint '{_request.RestoreManifest}' of job '{Context.JobId}' is not at {_request.CheckpointUrl}.");
        return [.. manifest.Operators];
    }

    private async Task PumpAsync(StreamEngine engine)
    {
        await foreach (var said in engine.Events.ReadAllAsync(CancellationToken.None))
        {
            _isInitializationTold |= said.EventCase == WorkerEvent.EventOneofCase.Initialization;
            try
            {
                await _events.WriteAsync(said, _ending.Token);
            }
            catch (OperationCanceledException)
            {
                // The run is being let go. What is left is read all the same, so that no subtask waits for room.
            }
        }
    }

    /// <summary>Says every 5 s that the job is alive, until it fails or is let go. One whose subtasks have all ended may still have to commit.</summary>
    private async Task BeatAsync(PeriodicTimer timer, StreamEngine engine)
    {
        var failed = FailedAsync(engine);
        while (true)
        {
            var tick = timer.WaitForNextTickAsync(_ending.Token).AsTask();
            if (await Task.WhenAny(tick, failed) == failed)
            {
                timer.Dispose();
                await ((Task)tick).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await failed;
            }

            if (!await tick)
            {
                return;
            }

            _events.TryWrite(Say(new WorkerEvent { Heartbeat = new WorkerHeartbeat() }));
        }
    }

    /// <summary>Fails with the engine, or with rows that broke off, and does not end otherwise before the run is let go.</summary>
    private async Task FailedAsync(StreamEngine engine)
    {
        if (await Task.WhenAny(engine.Completion, Edges.BrokenAsync) == Edges.BrokenAsync)
        {
            // The peer may have told meanwhile why it failed; then the job ends here.
            await Task.Delay(JobEdges.BlamePatience, _setup.Clock, _ending.Token);
            if (!engine.Completion.IsCompleted)
            {
                var broken = await Edges.BrokenAsync;
                await _events.WriteAsync(Say(new WorkerEvent { TaskFailed = TaskErrors.Of(OwnSubtask(), broken) }), _ending.Token);
                await engine.StopAsync(StopMode.Immediate, _ending.Token);
                throw broken;
            }
        }

        await engine.Completion;
        await Task.Delay(Timeout.InfiniteTimeSpan, _setup.Clock, _ending.Token);
    }

    private SubtaskId OwnSubtask()
    {
        var own = _request.Tasks.First(task => task.WorkerId == _setup.WorkerId);
        return new SubtaskId { NodeId = own.NodeId, SubtaskIndex = own.SubtaskIndex };
    }

    private async Task FailAsync(Exception exception)
    {
        var message = TaskErrors.Cut(exception.Message);
        LogFailed(Context.JobId, Context.Generation, exception);
        var isBegun = _ready.Task.IsCompleted;
        _standing = new JobStanding(WorkerPhase.Failed, _setup.Clock.GetUtcNow(), message);
        if (isBegun)
        {
            // The engine has told which subtask failed.
            return;
        }

        _ready.TrySetException(new FlowException(FlowErrorCode.AlreadyEnded, $"Job '{Context.JobId}', generation {Context.Generation}, could not begin at this worker: {message}", exception));
        _ = _ready.Task.Exception;
        if (_engine is { } engine)
        {
            // It says so by itself, unless it never came to that.
            await engine.DisposeAsync();
            await _pump;
        }

        if (!_isInitializationTold)
        {
            try
            {
                await _events.WriteAsync(Say(new WorkerEvent { Initialization = new InitializationComplete { ErrorMessage = message, ErrorCode = TaskErrors.KindOf(exception).Wire } }), _ending.Token);
            }
            catch (OperationCanceledException)
            {
                // It was let go meanwhile.
            }
        }
    }

    private WorkerEvent Say(WorkerEvent said)
    {
        said.Context = Context;
        said.Time = Timestamp.FromDateTimeOffset(_setup.Clock.GetUtcNow());
        return said;
    }

    private FlowException Gone() => new(FlowErrorCode.AlreadyEnded, $"Job '{Context.JobId}', generation {Context.Generation}, has been let go at this worker.");

    [LoggerMessage(EventId = 2280, Level = LogLevel.Information, Message = "Streaming job {JobId}, generation {Generation}, runs here in {SlotCount} slots")]
    private partial void LogRunning(string jobId, long generation, int slotCount);

    [LoggerMessage(EventId = 2281, Level = LogLevel.Warning, Message = "Streaming job {JobId}, generation {Generation}, failed at this worker; its gateway decides how it goes on")]
    private partial void LogFailed(string jobId, long generation, Exception exception);

    [LoggerMessage(EventId = 2282, Level = LogLevel.Information, Message = "Streaming job {JobId}, generation {Generation}, was let go")]
    private partial void LogGone(string jobId, long generation);
}
