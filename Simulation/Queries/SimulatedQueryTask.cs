using System.Diagnostics.CodeAnalysis;
using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Worker.Queries;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Simulation.Queries;

/// <summary>An attempt of a task at a simulated worker.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "A source without a timer has nothing to release, and a late cancel still asks it.")]
internal sealed class SimulatedQueryTask
{
    private readonly SimulatedQueryWorker _worker;
    private readonly CancellationTokenSource _stop = new();
    private readonly Action<SimulatedQueryTask> _onChanged;
    private Task _running = Task.CompletedTask;
    private string? _cancelReason;
    private TaskFailedException? _inputFailure;
    private TaskFailure? _failure;

    public SimulatedQueryTask(TaskPlan plan, SimulatedQueryWorker worker, Action<SimulatedQueryTask> onChanged)
    {
        Plan = plan;
        _worker = worker;
        _onChanged = onChanged;
        Outputs = plan.Outputs.Count == 0 ? [new SimulatedOutput(plan.Key, new TaskOutput { PartitionCount = 1, ReaderCount = 1 })] : [.. plan.Outputs.Select(output => new SimulatedOutput(plan.Key, output))];
    }

    public TaskPlan Plan { get; }

    public TaskKey Key => Plan.Key;

    public SimulatedOutput[] Outputs { get; }

    public TaskReport.Types.State State { get; private set; } = TaskReport.Types.State.Running;

    public bool IsRunning => State == TaskReport.Types.State.Running;

    public void Start() => _running = RunAsync();

    /// <summary>Ends it, and lets go of its rows; ends when nothing of it runs.</summary>
    public async Task CancelAsync(string reason)
    {
        if (IsRunning)
        {
            _cancelReason ??= reason;
            await _stop.CancelOnSchedulerAsync();
        }

        await _running;
        Array.ForEach(Outputs, output => output.Fail(Cancelled()));
    }

    public TaskReport Report()
    {
        var report = new TaskReport { Key = Key, State = State, Failure = _failure, Metrics = new TaskMetrics { RowsOut = Outputs.Sum(output => output.RowCount), Elapsed = new Duration() } };
        report.Metrics.PartitionBytes.AddRange(Outputs.SelectMany(output => output.PartitionBytes));
        return report;
    }

    private async Task RunAsync()
    {
        using var time = new CancellationTokenSource(Plan.TimeLimit.ToTimeSpan(), _worker.Process.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, time.Token);
        try
        {
            await _worker.HinderAsync(this, either.Token);
            var isStreaming = Plan.Sql == QueryWork.All;
            var inputs = await Task.WhenAll(Plan.Inputs.Select(input => ReadAsync(input, isStreaming, either.Token)));
            var rows = Plan.Scans.Count > 0 ? QueryWork.Part(Plan.Scans[0].Sql) : isStreaming ? [] : QueryWork.Do(Plan.Sql, inputs);
            await _worker.WorkAsync(either.Token);
            Array.ForEach(Outputs, output => output.Add(rows));
            Array.ForEach(Outputs, output => output.Complete());
            State = TaskReport.Types.State.Finished;
        }
        catch (Exception exception) when (exception is FlowException or TaskFailedException or OperationCanceledException)
        {
            var failure = _cancelReason is not null ? Cancelled()
                : _inputFailure ?? TaskFailedException.Of(Key, exception is OperationCanceledException ? new FlowException(FlowErrorCode.DeadlineExceeded, $"{Key} had its time.") : exception);
            _failure = failure.Failure;
            State = _cancelReason is null ? TaskReport.Types.State.Failed : TaskReport.Types.State.Cancelled;
            Array.ForEach(Outputs, output => output.Fail(failure));
        }

        _onChanged(this);
    }

    private TaskFailedException Cancelled() =>
        TaskFailedException.Of(Key, new FlowException(FlowErrorCode.Cancelled, $"{Key} was cancelled: {_cancelReason ?? "the query has ended"}."));

    private async Task<List<QueryRow>> ReadAsync(TaskInput input, bool isStreaming, CancellationToken cancellationToken)
    {
        var rows = new List<QueryRow>();
        await Task.WhenAll(input.Sources.Select(source => ReadAsync(source, rows, isStreaming, cancellationToken)));
        return rows;
    }

    private async Task ReadAsync(InputSource source, List<QueryRow> rows, bool isStreaming, CancellationToken cancellationToken)
    {
        var reader = new SimulatedRows(_worker.Wire, _worker.Name, _worker.Peers(source.Location), source.Range, _worker.Process.Clock);
        try
        {
            await foreach (var some in reader.ReadAsync(cancellationToken))
            {
                if (isStreaming)
                {
                    Array.ForEach(Outputs, output => output.Add(some));
                }
                else
                {
                    rows.AddRange(some);
                }
            }
        }
        catch (RpcException exception)
        {
            // What cannot be reached may be gone: the coordinator is told whose rows are missing.
            _inputFailure ??= QueryErrors.OfPeer(source.Range.Key, source.Location, exception);
            await _stop.CancelOnSchedulerAsync();
            throw _inputFailure;
        }
    }
}
