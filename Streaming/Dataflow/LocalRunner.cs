using System.Threading.Channels;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>Runs a whole program in this process, without a gateway, and coordinates its checkpoints. Thread-safe; runs once.</summary>
/// <remarks>
/// What sinks stage last is committed when all data is through. A checkpoint that was taken is a manifest; another runner with the same
/// state backend, perhaps of another parallelism, goes on from it.
/// </remarks>
public sealed partial class LocalRunner : IAsyncDisposable
{
    private const int WatchedMax = 1_024;

    private readonly StreamEngine _engine;
    private readonly CheckpointManifest? _restored;
    private readonly ICheckpointLog? _log;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _commitTimeout;
    private readonly CancellationTokenSource _closing = new();
    private readonly SemaphoreSlim _oneCheckpoint = new(1, 1);
    private readonly Lock _gate = new();
    private readonly List<Channel<WorkerEvent>> _watchers = [];
    private readonly List<CheckpointCompleted> _finals = [];
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _allHeard = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LocalCheckpoint? _checkpoint;
    private AwaitedCommits? _commits;
    private long _nextEpoch;
    private long _minEpoch;
    private int _finishedCount;
    private bool _isEnded;

    /// <summary>Plans a program; nothing runs yet.</summary>
    /// <param name="setup">What to run; all subtasks are local.</param>
    /// <param name="restored">The checkpoint to begin from; null for nothing.</param>
    /// <exception cref="FlowException">The program cannot be planned (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public LocalRunner(StreamEngineSetup setup, CheckpointManifest? restored = null)
        : this(setup, restored, log: null)
    {
    }

    /// <summary>As the public one; checkpoints count with a log.</summary>
    internal LocalRunner(StreamEngineSetup setup, CheckpointManifest? restored, ICheckpointLog? log)
    {
        ArgumentNullException.ThrowIfNull(setup);
        (_restored, _log, _clock, _commitTimeout) = (restored, log, setup.Clock, log?.CommitTimeout ?? Timeout.InfiniteTimeSpan);
        _minEpoch = restored?.Epoch ?? 0;
        _nextEpoch = Math.Max(setup.StartEpoch, (restored?.Epoch ?? 0) + 1);
        _engine = new StreamEngine(setup with
        {
            StartEpoch = _nextEpoch,
            Restored = restored is null ? setup.Restored : [.. restored.Operators],
            IsLocal = static (_, _) => true,
        });
    }

    /// <summary>Subtasks that it runs, after chaining.</summary>
    public int SubtaskCount => _engine.Plan.Subtasks.Count;

    /// <summary>What each subtask has done so far.</summary>
    public IReadOnlyList<SubtaskCounters> Counters => _engine.Counters;

    /// <summary>
    /// What a worker would say of the job, from the call on; ends with the job. Call it before <see cref="RunAsync"/> to miss nothing, and
    /// read what you called: the job waits when 1 024 events are unread.
    /// </summary>
    public IAsyncEnumerable<WorkerEvent> WatchAsync(CancellationToken cancellationToken)
    {
        var events = Channel.CreateBounded<WorkerEvent>(WatchedMax);
        lock (_gate)
        {
            if (_isEnded)
            {
                events.Writer.Complete();
            }
            else
            {
                _watchers.Add(events);
            }
        }

        return events.Reader.ReadAllAsync(cancellationToken);
    }

    /// <summary>Runs until all subtasks have finished and what they staged is committed. Throws the first failure of a subtask.</summary>
    /// <param name="cancellationToken">Ends everything within a second.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(static source => ((TaskCompletionSource)source!).TrySetCanceled(), _started);
        var pump = PumpAsync();
        try
        {
            await _engine.StartAsync(cancellationToken);
            await ReplayAsync(cancellationToken);
            _started.TrySetResult();
            await await Task.WhenAny(_engine.Completion, _lost.Task).WaitAsync(cancellationToken);
            await _allHeard.Task.WaitAsync(cancellationToken);
            await CommitFinalAsync(cancellationToken);
        }
        catch (Exception exception)
        {
            _started.TrySetException(exception);
            _ = _started.Task.Exception;
            throw;
        }
        finally
        {
            await _closing.CancelAsync();
            await _engine.DisposeAsync();
            await pump;
        }
    }

    /// <summary>Takes a checkpoint and has sinks commit it. One at a time; others wait.</summary>
    /// <param name="thenStop">Whether the job ends with it.</param>
    /// <param name="cancellationToken">Gives the checkpoint up.</param>
    /// <returns>The checkpoint, stored and committed.</returns>
    /// <exception cref="FlowException">The job ended before (<see cref="FlowErrorCode.AlreadyEnded"/>).</exception>
    public Task<CheckpointManifest> CheckpointAsync(bool thenStop, CancellationToken cancellationToken) => CheckpointAsync(thenStop, isAligned: false, cancellationToken);

    /// <summary>As the public one; barriers of one that is aligned do not overtake.</summary>
    internal async Task<CheckpointManifest> CheckpointAsync(bool thenStop, bool isAligned, CancellationToken cancellationToken)
    {
        await _started.Task.WaitAsync(cancellationToken);
        await _oneCheckpoint.WaitAsync(cancellationToken);
        try
        {
            var checkpoint = Begin();
            CheckpointManifest manifest;
            try
            {
                await _engine.CheckpointAsync(new CheckpointRequest { Epoch = checkpoint.Epoch, MinEpoch = _minEpoch, ThenStop = thenStop }, isAligned, cancellationToken);
                manifest = await checkpoint.Stored.Task.WaitAsync(cancellationToken);
            }
            catch (Exception exception) when (exception is not FlowException { Code: FlowErrorCode.AlreadyEnded })
            {
                await _engine.AbortCheckpointAsync(checkpoint.Epoch, CancellationToken.None);
                throw;
            }

            // From here on it counts, or may do so: nobody gives it up any more.
            await SettleAsync(manifest, checkpoint.Committed.Task, _log is null ? cancellationToken : _closing.Token);
            _minEpoch = manifest.Epoch;
            return manifest;
        }
        finally
        {
            lock (_gate)
            {
                _checkpoint = null;
            }

            _oneCheckpoint.Release();
        }
    }

    /// <summary>Stops the job without a checkpoint; see <see cref="StreamEngine.StopAsync"/>.</summary>
    public async Task StopAsync(StopMode mode, CancellationToken cancellationToken)
    {
        await _started.Task.WaitAsync(cancellationToken);
        await _engine.StopAsync(mode, cancellationToken);
    }

    /// <summary>Merged files take the place of those that they were made from, with the next checkpoint. Not while one is under way.</summary>
    internal ValueTask LoadCompactedDataAsync(LoadCompactedDataRequest request, CancellationToken cancellationToken) => _engine.LoadCompactedDataAsync(request, cancellationToken);

    /// <summary>Ends what runs, without a last checkpoint.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _engine.DisposeAsync();
    }

    private LocalCheckpoint Begin()
    {
        lock (_gate)
        {
            if (_isEnded)
            {
                throw Ended();
            }

            _checkpoint = new LocalCheckpoint(_engine.Plan, _nextEpoch++);
            foreach (var final in _finals)
            {
                _checkpoint.Store(final);
            }

            return _checkpoint;
        }
    }

    private static FlowException FailedWith(CheckpointFailed failed) => new(
        FlowErrorKind.OfWire(failed.Error.Code).Code, $"Checkpoint {failed.Epoch} was given up, the job goes on: subtask {failed.Error.Subtask.SubtaskIndex} of node {failed.Error.Subtask.NodeId} could not store its part: {failed.Error.Message}");

    private static FlowException Ended() => new(FlowErrorCode.AlreadyEnded, "The job ended before the checkpoint was complete.");

    private async Task PumpAsync()
    {
        await foreach (var said in _engine.Events.ReadAllAsync(CancellationToken.None))
        {
            Handle(said);
            Channel<WorkerEvent>[] watchers;
            lock (_gate)
            {
                watchers = [.. _watchers];
            }

            foreach (var watcher in watchers)
            {
                await watcher.Writer.WriteAsync(said, CancellationToken.None);
            }
        }

        lock (_gate)
        {
            _isEnded = true;
            _checkpoint?.Fail(Ended());
            _commits?.Cancel();
            foreach (var watcher in _watchers)
            {
                watcher.Writer.TryComplete();
            }
        }
    }

    private void Handle(WorkerEvent said)
    {
        lock (_gate)
        {
            switch (said.EventCase)
            {
                case WorkerEvent.EventOneofCase.CheckpointCompleted when said.CheckpointCompleted.Epoch == 0:
                    _finals.Add(said.CheckpointCompleted);
                    _checkpoint?.Store(said.CheckpointCompleted);
                    break;
                case WorkerEvent.EventOneofCase.CheckpointCompleted when said.CheckpointCompleted.Epoch == _checkpoint?.Epoch:
                    _checkpoint.Store(said.CheckpointCompleted);
                    break;
                case WorkerEvent.EventOneofCase.Checkpoint when said.Checkpoint.Kind == CheckpointEventKind.FinishedCommit:
                    _checkpoint?.Commit(said.Checkpoint);
                    _commits?.Commit(said.Checkpoint);
                    break;
                case WorkerEvent.EventOneofCase.CheckpointFailed when said.CheckpointFailed.Epoch == _checkpoint?.Epoch:
                    _checkpoint.Fail(FailedWith(said.CheckpointFailed));
                    break;
                case WorkerEvent.EventOneofCase.TaskFailed:
                    _commits?.Fail(new FlowException(FlowErrorCode.UnexpectedError, said.TaskFailed.Message));
                    break;
                case WorkerEvent.EventOneofCase.TaskFinished when ++_finishedCount == _engine.Plan.Subtasks.Count:
                    _allHeard.TrySetResult();
                    break;
                default:
                    break;
            }
        }
    }
}
