using System.Threading.Channels;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Spilling;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>Runs the local subtasks of a job, tells them what the job's coordinator says, and says what becomes of them. Thread-safe.</summary>
/// <remarks>
/// Normal case: all subtasks are made before any starts; each restores and says so; rows flow; checkpoints begin at the sources and are
/// written in the background. The failure of one ends all. Nothing outlives its disposal: tasks, batches, tables, channels; but for operators that do not
/// end when they are told to, which <see cref="LeftBehind"/> names.
/// </remarks>
public sealed partial class StreamEngine : IAsyncDisposable, IEngineCore
{
    private readonly StreamEngineSetup _setup;
    private readonly PhysicalPlan _plan;
    private readonly StreamMemory _memory;
    // Neither is disposed: they have no timer, and a late control call may still ask them.
    private readonly CancellationTokenSource _running = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly EngineEvents _events;
    private readonly List<BuiltSubtask> _subtasks = [];
    private readonly List<Task> _runs = [];
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private Exception? _failure;
    private Task? _failureTold;
    private Task _all = Task.CompletedTask;
    private bool _isStoppedAtOnce;
    private int _isStarted;
    private int _isDisposed;

    /// <summary>Plans a job; nothing is made yet.</summary>
    /// <exception cref="FlowException">The program cannot be planned (<see cref="FlowErrorCode.BadGraph"/>), or an option of it is wrong (<see cref="FlowErrorCode.BadOption"/>).</exception>
    /// <exception cref="ArgumentOutOfRangeException">A limit is out of its range.</exception>
    public StreamEngine(StreamEngineSetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        setup.Limits.Validate();
        _setup = setup;
        _memory = setup.Memory ?? new StreamMemory(StreamMemory.DefaultBytes);
        _plan = PhysicalPlan.Of(setup.Limits.IsChaining ? ProgramChaining.Chain(setup.Program) : setup.Program);
        _barriers = CheckpointBarriers.Of(setup.Program);
        _events = new EngineEvents(setup.Context, setup.Clock, setup.Limits.EventsMax, _closing.Token);
    }

    /// <summary>What the engine says, until it is disposed: sinks may commit after their end. Subtasks wait while nobody reads and the queue is full.</summary>
    public ChannelReader<WorkerEvent> Events => _events.Reader;

    /// <summary>Ends with the last local subtask; throws the first failure. Cancelled when the engine is disposed before that.</summary>
    public Task Completion => _completion.Task;

    /// <summary>The subtasks of all workers.</summary>
    public PhysicalPlan Plan => _plan;

    /// <summary>What each local subtask has done so far.</summary>
    public IReadOnlyList<SubtaskCounters> Counters
    {
        get
        {
            lock (_gate)
            {
                return [.. _subtasks.Select(built => built.Subtask.Metrics.Read(built.Subtask.Plan, built.Channels))];
            }
        }
    }

    EngineEvents IEngineCore.Events => _events;

    TimeProvider IEngineCore.Clock => _setup.Clock;

    StreamEngineLimits IEngineCore.Limits => _setup.Limits;

    long IEngineCore.StartEpoch => _setup.StartEpoch;

    bool IEngineCore.KeepsState => _setup.KeepsState;

    IStateBackend IEngineCore.State => _setup.State;

    /// <summary>Makes all local subtasks, then starts them. Returns when they are started, before they have restored.</summary>
    /// <exception cref="FlowException">An operator could not be made; nothing runs.</exception>
    /// <exception cref="InvalidOperationException">It was started before.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isStarted, 1) != 0)
        {
            throw new InvalidOperationException("The engine was started before; make another one.");
        }

        var built = new List<BuiltSubtask>();
        try
        {
            await new SubtaskBuilder(_setup, _memory, _plan, this).BuildAsync(built, cancellationToken);
        }
        catch (Exception exception)
        {
            await DisposeAllAsync(built);
            await _events.TellAsync(new WorkerEvent { Initialization = new InitializationComplete { ErrorMessage = TaskErrors.Cut(exception.Message), ErrorCode = TaskErrors.KindOf(exception).Wire } });
            _events.Complete();
            _completion.TrySetException(exception);
            _ = _completion.Task.Exception;
            throw;
        }

        await _events.TellAsync(new WorkerEvent { Initialization = new InitializationComplete { IsSuccess = true } });
        lock (_gate)
        {
            if (_isDisposed == 0)
            {
                _subtasks.AddRange(built);
                _runs.AddRange(built.Select(one => Task.Run(() => RunAsync(one.Subtask), CancellationToken.None)));
                _all = RunAllAsync();
                return;
            }
        }

        await DisposeAllAsync(built);
        throw new FlowException(FlowErrorCode.AlreadyEnded, "The engine was disposed while it started.");
    }

    void IEngineCore.Fail(Subtask subtask, Exception exception)
    {
        lock (_gate)
        {
            if (_failure is not null || _isStoppedAtOnce || _closing.IsCancellationRequested)
            {
                return;
            }

            _failure = exception;
            _failureTold = _events.TellAsync(new WorkerEvent { TaskFailed = TaskErrors.Of(subtask.Id(), exception) }).AsTask();
        }

        _running.Cancel();
    }

    void IEngineCore.StopAtOnce()
    {
        lock (_gate)
        {
            _isStoppedAtOnce = _failure is null;
        }

        _running.Cancel();
    }

    private async Task RunAllAsync()
    {
        await Task.WhenAll(_runs);
        if (_failureTold is { } told)
        {
            await told;
        }

        if (_failure is { } failure)
        {
            _completion.TrySetException(failure);

            // Whoever does not ask how it ended has the event.
            _ = _completion.Task.Exception;
        }
        else if (_closing.IsCancellationRequested)
        {
            _completion.TrySetCanceled(CancellationToken.None);
        }
        else
        {
            _completion.TrySetResult();
        }
    }

    private async Task RunAsync(Subtask subtask)
    {
        try
        {
            await subtask.RunAsync(_running.Token);
        }
        catch (Exception exception)
        {
            if (!_running.IsCancellationRequested)
            {
                ((IEngineCore)this).Fail(subtask, exception);
            }
            else if (_isStoppedAtOnce)
            {
                await _events.TellAsync(new WorkerEvent { TaskFinished = subtask.Id() });
            }
        }
        finally
        {
            // Senders that still run must not wait for a reader that is gone.
            subtask.Inbox.Dispose();
        }
    }
}
