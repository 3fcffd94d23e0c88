using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Worker.Jobs.Edges;

namespace OrleansFlow.Worker.Jobs;

/// <summary>The streaming jobs of a worker: carries out what their gateway orders, whatever way that came. Thread-safe; every order can be repeated.</summary>
/// <remarks>
/// A worker has one run of a job at a time, that of the newest generation it heard of: an older one is refused, a newer one takes its place. Orders for one job have
/// to come one after another; those of several jobs do not wait for each other.
/// </remarks>
internal sealed partial class JobHost : IAsyncDisposable
{
    // Generations of jobs that were let go, so that a start which was late cannot bring one back. Longer than any order is under way.
    private const int EndedMax = 4_096;

    // So that whoever finished the job hears the answer.
    private static readonly TimeSpan DedicatedLinger = TimeSpan.FromSeconds(1);

    private readonly JobHostSetup _setup;
    private readonly JobEvents _events;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, JobRun> _runs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _ended = new(StringComparer.Ordinal);
    private readonly Queue<string> _endedOrder = new();
    private TaskCompletionSource? _idle;
    private bool _isDraining;
    private bool _isDisposed;

    /// <summary>Makes it; nothing runs.</summary>
    public JobHost(JobHostSetup setup)
    {
        _setup = setup;
        _events = new JobEvents(setup.EventsMax);
    }

    /// <summary>Ends when the only job that this worker takes was finished; never where it takes any.</summary>
    public TaskCompletionSource DedicatedFinished { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What it is run with.</summary>
    public JobHostSetup Setup => _setup;

    /// <summary>Where <c>WorkerService</c> answers; empty while it does not.</summary>
    public string RpcAddress { get; set; } = "";

    /// <summary>What the jobs say, each in its order.</summary>
    public JobEvents Events => _events;

    /// <summary>Which runs are here, those that failed included.</summary>
    public IReadOnlyList<JobContext> Held
    {
        get
        {
            lock (_gate)
            {
                return [.. _runs.Values.Select(run => run.Context)];
            }
        }
    }

    /// <summary>Slots that are taken.</summary>
    public int SlotsInUse
    {
        get
        {
            lock (_gate)
            {
                return _runs.Values.Sum(run => run.Slots);
            }
        }
    }

    /// <summary>Begins a run and returns; <see cref="PhaseOf"/> and the events say how it goes on. The same generation again changes nothing.</summary>
    /// <exception cref="FlowException">
    /// <c>not_found</c>: another worker is meant; <c>already_ended</c>: a newer generation is here, or this one was let go; <c>limit_exceeded</c>: too few slots;
    /// <c>worker_lost</c>: the worker is leaving;
    /// <c>bad_input</c>: no subtask of it is this worker's, or the worker takes another job only.
    /// </exception>
    public void Start(StartExecutionRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var context = Check(request.Context);
        if (_setup.JobId.Length > 0 && context.JobId != _setup.JobId)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Worker '{_setup.WorkerId}' takes job '{_setup.JobId}' only (JOB_ID), not '{context.JobId}'.");
        }

        var own = request.Tasks.Where(task => task.WorkerId == _setup.WorkerId).GroupBy(task => task.NodeId).Select(node => node.Count()).ToList();
        if (request.Program is null || own.Count == 0)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The start of job '{context.JobId}' names no program, or no subtask of worker '{_setup.WorkerId}'.");
        }

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var held = _runs.GetValueOrDefault(context.JobId);
            if (held?.Context.Generation == context.Generation)
            {
                return;
            }

            var newest = Math.Max(held?.Context.Generation ?? 0, _ended.GetValueOrDefault(context.JobId));
            if (newest >= context.Generation)
            {
                throw new FlowException(FlowErrorCode.AlreadyEnded, $"Generation {context.Generation} of job '{context.JobId}' has ended at worker '{_setup.WorkerId}', which knows generation {newest}.");
            }

            var (needed, taken) = (own.Max(), _runs.Values.Sum(run => run.Slots) - (held?.Slots ?? 0));
            if (taken + needed > _setup.Slots)
            {
                throw new FlowException(
                    FlowErrorCode.LimitExceeded,
                    $"Job '{context.JobId}' needs {needed} slots at worker '{_setup.WorkerId}', and {taken} of its {_setup.Slots} are taken. Give it more ({JobWorkerOptions.SectionName}:{nameof(JobWorkerOptions.Slots)}).");
            }

            if (_isDraining)
            {
                throw new FlowException(FlowErrorCode.WorkerLost, $"Worker '{_setup.WorkerId}' is leaving and begins no streaming job.");
            }

            var run = _runs[context.JobId] = new JobRun(request, needed, _setup, _events);
            run.Begin(held);
        }
    }

    /// <summary>Lets go of the job. When this returns nothing of the generation runs here, nor will it; a newer one goes on.</summary>
    /// <exception cref="FlowException"><c>not_found</c>: another worker is meant.</exception>
    public async Task FinishAsync(JobFinishedRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var context = Check(request.Context);
        JobRun? run;
        lock (_gate)
        {
            Remember(context);
            run = _runs.GetValueOrDefault(context.JobId);
        }

        if (run is not null && run.Context.Generation <= context.Generation)
        {
            // It keeps its slots until nothing of it runs any more.
            await run.DisposeAsync().AsTask().WaitAsync(cancellationToken);
            Remove(run);
        }

        if (context.JobId == _setup.JobId && (run is null || run.Context.Generation <= context.Generation))
        {
            DedicatedFinished.TrySetResult();
        }
    }

    /// <summary>What the subtasks of a job have done so far at this worker.</summary>
    /// <exception cref="FlowException">Another worker is meant, or the job is not here (<see cref="FlowErrorCode.NotFound"/>).</exception>
    public IReadOnlyList<SubtaskCounters> CountersOf(JobContext? context) => (TryFind(Check(context)) ?? throw NotHere(context!)).Counters;

    /// <summary>What the subtasks of all jobs have done so far at this worker.</summary>
    public IReadOnlyList<(JobContext Context, IReadOnlyList<SubtaskCounters> Counters)> Counters()
    {
        JobRun[] runs;
        lock (_gate)
        {
            runs = [.. _runs.Values];
        }

        return [.. runs.Select(run => (run.Context, run.Counters))];
    }

    /// <summary>How a job stands; a job that is not here is idle.</summary>
    /// <exception cref="FlowException">Another worker is meant (<see cref="FlowErrorCode.NotFound"/>).</exception>
    public JobStanding PhaseOf(JobContext? context)
    {
        Check(context, mustNameJob: false);
        return TryFind(context!)?.Standing ?? new JobStanding(WorkerPhase.Idle, _setup.Clock.GetUtcNow());
    }

    /// <summary>The channels of a run; null when it is not here, or not yet.</summary>
    /// <exception cref="FlowException">A newer generation is here, or this one was let go (<see cref="FlowErrorCode.AlreadyEnded"/>).</exception>
    public JobEdges? EdgesOf(string jobId, long generation)
    {
        lock (_gate)
        {
            var run = _runs.GetValueOrDefault(jobId);
            return Math.Max(run?.Context.Generation - 1 ?? 0, _ended.GetValueOrDefault(jobId)) >= generation
                ? throw new FlowException(FlowErrorCode.AlreadyEnded, $"Generation {generation} of job '{jobId}' has ended at worker '{_setup.WorkerId}'; it takes no rows of it.")
                : run?.Context.Generation == generation ? run.Edges : null;
        }
    }

    /// <summary>Lets go of runs that the gateway does not know any more.</summary>
    public Task LetGoAsync(IEnumerable<JobContext> stale, CancellationToken cancellationToken) => Task.WhenAll(stale
        .Where(context => context.WorkerId == _setup.WorkerId && context.JobId.Length > 0)
        .Select(context => FinishAsync(new JobFinishedRequest { Context = context }, cancellationToken)));

    /// <summary>Takes no further jobs; those that are here go on.</summary>
    public void BeginDrain()
    {
        lock (_gate)
        {
            _isDraining = true;
        }
    }

    /// <summary>Ends when no job is here.</summary>
    public Task WhenIdleAsync()
    {
        lock (_gate)
        {
            return _runs.Count == 0 ? Task.CompletedTask : (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Where the worker takes one job only: tells it to end, a second after that was finished. Ends at the latest when it is told.</summary>
    public async Task EndWithJobAsync(CancellationTokenSource ends)
    {
        try
        {
            await DedicatedFinished.Task.WaitAsync(ends.Token);
            await Task.Delay(DedicatedLinger, _setup.Clock, ends.Token);
            await ends.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // The worker ends for another reason.
        }
    }

    /// <summary>Lets go of everything.</summary>
    public async ValueTask DisposeAsync()
    {
        JobRun[] runs;
        lock (_gate)
        {
            _isDisposed = true;
            runs = [.. _runs.Values];
        }

        await Task.WhenAll(runs.Select(run => run.DisposeAsync().AsTask()));
        Array.ForEach(runs, Remove);
        _setup.Memory?.Dispose();
        _events.Complete();
    }

    private JobContext Check(JobContext? context, bool mustNameJob = true)
    {
        if (context?.WorkerId != _setup.WorkerId)
        {
            throw new FlowException(FlowErrorCode.NotFound, $"This is worker '{_setup.WorkerId}', not '{context?.WorkerId}'.");
        }

        return !mustNameJob || (context.JobId.Length > 0 && context.Generation >= 1)
            ? context
            : throw new FlowException(FlowErrorCode.BadInput, $"Job '{context.JobId}', generation {context.Generation}, is none: it has an id, and a generation of at least 1.");
    }

    /// <summary>The run of that generation; of the newest one when none is named.</summary>
    private JobRun? TryFind(JobContext context)
    {
        lock (_gate)
        {
            return _runs.GetValueOrDefault(context.JobId) is { } run && (context.Generation == 0 || context.Generation == run.Context.Generation) ? run : null;
        }
    }

    private FlowException NotHere(JobContext context) =>
        new(FlowErrorCode.AlreadyEnded, $"Worker '{_setup.WorkerId}' does not run generation {context.Generation} of job '{context.JobId}'.");

    private void Remember(JobContext context)
    {
        if (!_ended.TryGetValue(context.JobId, out var known))
        {
            _endedOrder.Enqueue(context.JobId);
            if (_endedOrder.Count > EndedMax)
            {
                _ended.Remove(_endedOrder.Dequeue());
            }
        }

        _ended[context.JobId] = Math.Max(known, context.Generation);
    }

    private void Remove(JobRun run)
    {
        lock (_gate)
        {
            if (_runs.GetValueOrDefault(run.Context.JobId) == run)
            {
                _runs.Remove(run.Context.JobId);
            }

            if (_runs.Count == 0)
            {
                _idle?.TrySetResult();
                _idle = null;
            }
        }
    }
}
