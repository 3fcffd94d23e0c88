using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Worker.Queries.Outputs;

namespace OrleansFlow.Worker.Queries;

/// <summary>One attempt of one task: it runs from its start to its end by itself, and keeps its rows for the readers until it is cancelled.</summary>
internal sealed partial class QueryTask
{
    private readonly QueryTaskHost _host;
    private readonly Action<QueryTask> _onChanged;
    private readonly Action<QueryTask> _onReadersGone;
    private readonly TaskMeasure _measure;
    private readonly ITaskOutput[] _outputs;
    private readonly RowDealer _dealer;
    private readonly RowSummary? _summary;
    private readonly CancellationTokenSource _time;
    private readonly CancellationTokenSource _stop;
    private readonly CancellationToken _stopped;
    private readonly TaskCompletionSource<ArrowSchema> _schema = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly long _startedAt;
    private Task _running = Task.CompletedTask;
    private TaskReport.Types.State _state = TaskReport.Types.State.Waiting;
    private TaskFailedException? _failure;
    private string? _cancelReason;
    private volatile bool _isLost;
    private Exception? _inputFailure;
    private TimeSpan? _elapsed;
    private int _version = 1;

    /// <param name="plan">Checked already.</param>
    /// <param name="token">What the caller showed; the task shows it to its peers.</param>
    /// <param name="host">What it shares with others.</param>
    /// <param name="onChanged">Called when its report is a new one.</param>
    /// <param name="onReadersGone">Called when it has ended and nobody can read it any more.</param>
    public QueryTask(TaskPlan plan, string? token, QueryTaskHost host, Action<QueryTask> onChanged, Action<QueryTask> onReadersGone)
    {
        Plan = plan;
        Token = token;
        _host = host;
        _onChanged = onChanged;
        _onReadersGone = onReadersGone;
        IReadOnlyList<TaskOutput> outputs = plan.Outputs.Count > 0 ? plan.Outputs : [new TaskOutput { PartitionCount = 1, ReaderCount = 1 }];
        _measure = new TaskMeasure(outputs.Sum(output => output.PartitionCount));
        _outputs = [.. outputs.Select(output => host.Outputs.Make(output, _measure, OnReadersGone))];
        _dealer = new RowDealer(outputs, _outputs, _measure, host.Clock, Change, NeededRows.Of(plan), _summary = RowSummary.Of(plan));
        _time = plan.TimeLimit is { } limit ? new CancellationTokenSource(limit.ToTimeSpan(), host.Clock) : new CancellationTokenSource();
        _stop = CancellationTokenSource.CreateLinkedTokenSource(_time.Token);
        _stopped = _stop.Token;
        _startedAt = host.Clock.GetTimestamp();
    }

    public TaskPlan Plan { get; }

    public TaskKey Key => Plan.Key;

    public string? Token { get; }

    /// <summary>Grows with every change of the report that a watcher should hear of.</summary>
    public int Version => Volatile.Read(ref _version);

    public bool IsRunning => _state is TaskReport.Types.State.Waiting or TaskReport.Types.State.Running;

    /// <summary>Whether nobody can read it any more.</summary>
    public bool IsDone => !IsRunning && (_failure is not null || Array.TrueForAll(_outputs, output => output.IsDrained));

    /// <summary>Starts it; once.</summary>
    public void Start() => _running = RunAsync();

    /// <summary>Opens a part of an output. Waits for the columns to be known.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: no such output or partitions; <c>already_ended</c>: read already.</exception>
    /// <exception cref="TaskFailedException">The task failed before it had columns.</exception>
    public async Task<FlightStream> OpenAsync(int output, int firstPartition, int partitionCount, CancellationToken cancellationToken)
    {
        if (output < 0 || output >= _outputs.Length || firstPartition < 0 || partitionCount < 1 || firstPartition > _outputs[output].PartitionCount - partitionCount)
        {
            throw new FlowException(
                FlowErrorCode.BadInput,
                FormattableString.Invariant($"Task {QueryErrors.Format(Key)} has no partitions {firstPartition} to {(long)firstPartition + partitionCount - 1} of output {output}."));
        }

        var reader = _outputs[output].OpenReader(firstPartition, partitionCount);
        try
        {
            return new FlightStream(await _schema.Task.WaitAsync(cancellationToken), ReadAsync(reader, CancellationToken.None)) { Owner = new ReaderOwner(reader) };
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>Ends it, whatever it does, and lets go of all its rows. Ends when nothing of it runs any more. Repeating it does nothing more.</summary>
    /// <param name="reason">Goes to its readers.</param>
    /// <param name="isLost">Whether the worker goes, so that for the readers the rows are lost and the query may go on elsewhere.</param>
    public async Task CancelAsync(string reason, bool isLost)
    {
        _isLost |= isLost;
        Stop(reason);
        await _running;
        Release(Cancelled());
        _stop.Dispose();
        _time.Dispose();
    }

    /// <summary>How it is now.</summary>
    public TaskReport Report()
    {
        lock (_gate)
        {
            var report = new TaskReport
            {
                Key = Key,
                State = _state,
                Metrics = _measure.ToWire(_elapsed ?? _host.Clock.GetElapsedTime(_startedAt)),
                Failure = _failure?.Failure,
            };
            if (_state == TaskReport.Types.State.Finished)
            {
                _summary?.AddTo(report);
            }

            return report;
        }
    }

    private static async IAsyncEnumerable<RecordBatch> ReadAsync(IOutputReader reader, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await reader.ReadAsync(cancellationToken) is { } batch)
        {
            yield return batch;
        }
    }

    private void OnInputFailed(Exception exception)
    {
        Interlocked.CompareExchange(ref _inputFailure, exception, null);
        TryStop();
    }

    /// <summary>Readers have gone. When none can come any more, the task need not go on.</summary>
    private void OnReadersGone()
    {
        if (IsRunning)
        {
            if (Array.TrueForAll(_outputs, output => output.IsAbandoned))
            {
                Stop("All its readers left before the end.");
            }
        }
        else if (IsDone)
        {
            _onReadersGone(this);
        }
    }

    private void Stop(string reason)
    {
        lock (_gate)
        {
            if (!IsRunning)
            {
                return;
            }

            _cancelReason ??= reason;
        }

        TryStop();
    }

    private void TryStop()
    {
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It was cancelled and has ended.
        }
    }

    private TaskFailedException Cancelled()
    {
        var reason = _cancelReason ?? "The query has ended.";
        return _isLost ? TaskFailedException.Lost(Key, FlowErrorKind.Of(FlowErrorCode.WorkerLost).Wire, $"Task {QueryErrors.Format(Key)} is lost: {reason}") : new TaskFailedException(
            new TaskFailure { Code = FlowErrorKind.Of(FlowErrorCode.Cancelled).Wire, Message = $"Task {QueryErrors.Format(Key)} was cancelled: {reason}" }, Key);
    }

    private TaskFailedException Explain(Exception exception)
    {
        if (_cancelReason is not null)
        {
            return Cancelled();
        }

        if (_inputFailure is { } cause)
        {
            return TaskFailedException.Of(Key, cause);
        }

        return _time.IsCancellationRequested
            ? TaskFailedException.Of(Key, new FlowException(
                FlowErrorCode.DeadlineExceeded, $"Task {QueryErrors.Format(Key)} had {Plan.TimeLimit.ToTimeSpan()} and was not done. Give the query more time."))
            : TaskFailedException.Of(Key, FileFaults.Explain(Plan, exception));
    }

    private void SetState(TaskReport.Types.State state, TaskFailedException? failure)
    {
        lock (_gate)
        {
            _state = state;
            _failure = failure;
            _elapsed = IsRunning ? null : _host.Clock.GetElapsedTime(_startedAt);
        }

        Change();
    }

    private void Change()
    {
        Interlocked.Increment(ref _version);
        _onChanged(this);
    }

    private void Release(TaskFailedException failure)
    {
        if (_schema.TrySetException(failure))
        {
            // Nobody may ever read it.
            _ = _schema.Task.Exception;
        }

        foreach (var output in _outputs)
        {
            output.Fail(failure);
        }
    }

    private sealed class ReaderOwner(IOutputReader reader) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            reader.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
