using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Fencing;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>
/// A job of one process whose checkpoints are in an object store: it goes on from the latest one, takes the next at an interval, clears old ones away, and
/// merges their files. Of several processes with the same folder the last that began owns it; the others end. Thread-safe; runs once.
/// </summary>
public sealed partial class LocalJob : IAsyncDisposable
{
    private readonly LocalJobSetup _setup;
    private readonly CheckpointStore _checkpoints;
    private readonly StoredCheckpoints _log;
    private readonly LocalRunner _runner;
    private readonly JobHousekeeping _housekeeping;
    private readonly CancellationTokenSource _closing = new();
    private readonly SemaphoreSlim _turn = new(1, 1);

    private LocalJob(LocalJobSetup setup, CheckpointStore checkpoints, long generation, TakenOver taken, CheckpointManifest? restored)
    {
        (_setup, _checkpoints, Generation, Restored) = (setup, checkpoints, generation, restored);
        _log = new StoredCheckpoints(checkpoints, generation, taken, setup);
        _runner = new LocalRunner(
            new StreamEngineSetup
            {
                Program = setup.Program,
                Operators = setup.Operators,
                State = new FileStateBackend(setup.Store, setup.Job, generation, setup.Clock),
                Context = new JobContext { JobId = setup.Job, Generation = generation },
                StartEpoch = taken.StartEpoch,
                Limits = setup.Limits,
                Memory = setup.Memory,
                Clock = setup.Clock,
            },
            restored,
            _log);
        _housekeeping = new JobHousekeeping(setup, checkpoints, generation, _runner);
    }

    /// <summary>Number of this run of the job: 1 for the first.</summary>
    public long Generation { get; }

    /// <summary>What the run began from; null for nothing.</summary>
    public CheckpointManifest? Restored { get; }

    /// <summary>The checkpoint that counts last, of this run or one before; null before the first.</summary>
    public CheckpointManifest? Latest => _log.Latest;

    /// <summary>Subtasks that it runs, after chaining.</summary>
    public int SubtaskCount => _runner.SubtaskCount;

    /// <summary>What each subtask has done so far.</summary>
    public IReadOnlyList<SubtaskCounters> Counters => _runner.Counters;

    /// <summary>Takes the job over and plans it; nothing runs yet. From now on no older run of it can add a checkpoint.</summary>
    /// <remarks>
    /// But for one case: the job begins from an unaligned checkpoint that holds rows on their way, with other numbers of subtasks. Those rows belong to the queues that they were in, so the
    /// job first runs with its numbers of before, up to an aligned checkpoint, before the call returns (<see cref="LocalJobSetup.CheckpointTaken"/> is told of it).
    /// </remarks>
    /// <param name="setup">What to run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FlowException">
    /// The program cannot be planned (<see cref="FlowErrorCode.BadGraph"/>), is another one than that of the checkpoint, or does not fit the state (<see cref="FlowErrorCode.Unsupported"/>);
    /// there is no such savepoint (<see cref="FlowErrorCode.NotFound"/>); the store failed.
    /// </exception>
    public static async Task<LocalJob> OpenAsync(LocalJobSetup setup, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(setup);
        setup.Validate();
        var (job, mustSettle) = await BeginAsync(setup, cancellationToken);
        if (mustSettle)
        {
            await job.SettleAsync(cancellationToken);
            (job, _) = await BeginAsync(setup with { Savepoint = null }, cancellationToken);
        }

        return job;
    }

    /// <summary>As <see cref="LocalRunner.WatchAsync"/>.</summary>
    public IAsyncEnumerable<WorkerEvent> WatchAsync(CancellationToken cancellationToken) => _runner.WatchAsync(cancellationToken);

    /// <summary>
    /// Runs until all data is through, or the job is stopped. What was staged since the last checkpoint is committed with one more, so that another start of
    /// the job has nothing left to do. Throws the first failure.
    /// </summary>
    /// <param name="cancellationToken">Ends everything, without a checkpoint.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, cancellationToken);
        var regular = _setup.CheckpointInterval is { } interval ? CheckpointRegularlyAsync(interval, ends.Token) : Task.CompletedTask;
        try
        {
            await _runner.RunAsync(ends.Token);
        }
        finally
        {
            await ends.CancelAsync();
            await regular;
        }
    }

    /// <summary>Takes a checkpoint, which counts and is committed when the call returns. One at a time; others wait.</summary>
    /// <param name="thenStop">Whether the job ends with it.</param>
    /// <param name="cancellationToken">Gives it up, unless it counts already.</param>
    /// <exception cref="FlowException">The job ended before (<see cref="FlowErrorCode.AlreadyEnded"/>), or a subtask could not store its part; the job goes on then.</exception>
    public async Task<CheckpointManifest> CheckpointAsync(bool thenStop, CancellationToken cancellationToken)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, cancellationToken);
        await _turn.WaitAsync(ends.Token);
        try
        {
            return await TakeAsync(thenStop, isAligned: false, ends.Token);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Takes a checkpoint that stays until the savepoint is deleted. Its barriers never overtake, so that any parallelism can begin from it.</summary>
    /// <param name="name">Its name; new in the job.</param>
    /// <param name="thenStop">Whether the job ends with it.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="FlowException">As <see cref="CheckpointAsync"/>; the name is taken (<see cref="FlowErrorCode.AlreadyExists"/>).</exception>
    public async Task<CheckpointManifest> SavepointAsync(string name, bool thenStop, CancellationToken cancellationToken)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, cancellationToken);
        await _turn.WaitAsync(ends.Token);
        try
        {
            // Nothing is cleared away meanwhile: that takes a turn, too.
            var manifest = await TakeAsync(thenStop, isAligned: true, ends.Token);
            await new SavepointStore(_checkpoints).CreateAsync(name, CheckpointStore.NameOf(manifest), ends.Token);
            return manifest;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Stops the job without a checkpoint; see <see cref="StreamEngine.StopAsync"/>.</summary>
    public Task StopAsync(StopMode mode, CancellationToken cancellationToken) => _runner.StopAsync(mode, cancellationToken);

    /// <summary>Ends what runs, without a last checkpoint.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _runner.DisposeAsync();
    }

    private async Task<CheckpointManifest> TakeAsync(bool thenStop, bool isAligned, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(_setup.CheckpointTimeout, _setup.Clock);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        _log.BeganAtUtc = _setup.Clock.GetUtcNow();
        CheckpointManifest manifest;
        try
        {
            manifest = await _runner.CheckpointAsync(thenStop, isAligned, ends.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new FlowException(FlowErrorCode.DeadlineExceeded, $"A checkpoint of job '{_setup.Job}' was given up: it was not stored after {_setup.CheckpointTimeout} (CheckpointTimeout).");
        }

        await ReportAsync(() => _housekeeping.AfterAsync(manifest, thenStop, cancellationToken), cancellationToken);
        return manifest;
    }

    private async Task CheckpointRegularlyAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        try
        {
            using var timer = new PeriodicTimer(interval, _setup.Clock);
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                await ReportAsync(() => CheckpointAsync(thenStop: false, cancellationToken), cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The job has ended.
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.AlreadyEnded)
        {
            // As above.
        }
    }

    /// <summary>What goes wrong beside the rows is told, and tried again with the next checkpoint.</summary>
    private async Task ReportAsync(Func<Task> call, CancellationToken cancellationToken)
    {
        try
        {
            await call();
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && exception is not FlowException { Code: FlowErrorCode.AlreadyEnded })
        {
            _setup.CheckpointFailed?.Invoke(exception);
        }
    }
}
