using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Local;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Workflows.Workers;

/// <summary>One loop of a worker: one step at a time. Used by one caller at a time.</summary>
internal sealed partial class WorkerLoop
{
    private static readonly TimeSpan PauseAfterError = TimeSpan.FromSeconds(1);
    private readonly WorkflowWorker _worker;
    private readonly WorkerSettings _settings;
    private readonly WorkFilter _filter;
    private readonly WorkerVitals _vitals;

    public WorkerLoop(WorkflowWorker worker, WorkerId id)
    {
        (_worker, _settings, Id) = (worker, worker.Settings, id);
        _filter = new WorkFilter { Worker = id, Session = Guid.NewGuid().ToString("n"), Workflows = [.. worker.Workflows], Roles = _settings.Roles };

        // A new life begins idle, whatever an earlier one left behind.
        _vitals = new WorkerVitals(worker.Store, _settings, new WorkerHealth
        {
            Id = id,
            LastHeartbeatUtc = _settings.Time.GetUtcNow(),
            Workflows = [.. worker.Workflows.Select(workflow => workflow.ToString())],
        });
    }

    public WorkerId Id { get; }

    public WorkerHealth Health => _vitals.Health;

    public async Task RunAsync(CancellationToken drain, CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(drain, stop);
        while (!drain.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            try
            {
                await _worker.RegisterAsync(either.Token).ConfigureAwait(false);
                await StepAsync(_settings.IdleWait, either.Token, stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (either.IsCancellationRequested)
            {
                break;
            }
            catch (Exception error)
            {
                LogFailed(_settings.Logger, error, Id.Value);
                await Task.Delay(PauseAfterError, _settings.Time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await _vitals.ReportAsync(health => health with { State = WorkerState.Stopped, CurrentRun = null, CurrentItem = 0 }).ConfigureAwait(false);
    }

    /// <summary>Takes an item, when there is one in time, and makes an attempt at it.</summary>
    /// <param name="wait">How long to wait for one.</param>
    /// <param name="take">Ends the wait.</param>
    /// <param name="stop">Ends the step.</param>
    public async ValueTask<WorkerStep> StepAsync(TimeSpan wait, CancellationToken take, CancellationToken stop)
    {
        await _vitals.ReportIfSilentAsync().ConfigureAwait(false);
        if (await _worker.Store.TakeAsync(_filter, wait, take).ConfigureAwait(false) is not { } lease)
        {
            await _vitals.ReportIfSilentAsync().ConfigureAwait(false);
            return new WorkerStep.Idle();
        }

        await _vitals.ReportAsync(health => health with
        {
            State = WorkerState.InProgress,
            CurrentRun = lease.Token.Run.Value,
            CurrentItem = lease.Token.Item,
            Attempt = 0,
            MaxAttempts = 0,
        }).ConfigureAwait(false);
        return await AttemptAsync(lease, stop).ConfigureAwait(false);
    }

    private async ValueTask<WorkerStep> AttemptAsync(WorkLease lease, CancellationToken stop)
    {
        var attempt = AttemptOf(lease);
        StepOutcome? outcome = null;
        Exception? failure = null;
        var keeper = new LeaseKeeper(_worker.Store, lease, _vitals, _settings, stop);
        await using (keeper.ConfigureAwait(false))
        {
            try
            {
                outcome = await RunNodeAsync(lease, attempt, keeper.Token).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                if (stop.IsCancellationRequested)
                {
                    await _worker.Store.ReleaseStepAsync(lease.Token, CancellationToken.None).ConfigureAwait(false);
                    await RestAsync(WorkerState.Idle).ConfigureAwait(false);
                    throw new OperationCanceledException($"The worker was stopped; item {lease.Token.Item} of run '{lease.Token.Run}' was given back.", error, stop);
                }

                failure = error;
            }

            if (keeper.IsLost)
            {
                await RestAsync(WorkerState.Idle).ConfigureAwait(false);
                return new WorkerStep.Stepped(attempt.Run, attempt.Item, attempt.Node, "The lease was lost, or the run has ended.", IsDropped: true);
            }

            // What is done is recorded even if somebody wants to stop now.
            return failure is null
                ? await CommitAsync(lease, attempt, outcome!, keeper.Token).ConfigureAwait(false)
                : await FailAsync(lease, attempt, failure, keeper.Token).ConfigureAwait(false);
        }
    }

    private async ValueTask<StepOutcome> RunNodeAsync(WorkLease lease, WorkflowAttempt attempt, CancellationToken cancellationToken)
    {
        if (_settings.OnStarting is { } starting)
        {
            await starting(attempt, cancellationToken).ConfigureAwait(false);
        }

        var outcome = await _worker.StepsOf(lease.Workflow).RunAsync(lease, _settings, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (_settings.OnSuccess is { } success)
        {
            await success(attempt, outcome, cancellationToken).ConfigureAwait(false);
        }

        return outcome;
    }

    private async ValueTask<WorkerStep> CommitAsync(WorkLease lease, WorkflowAttempt attempt, StepOutcome outcome, CancellationToken cancellationToken)
    {
        var receipt = await _worker.Store.CommitStepAsync(lease.Token, outcome, CancellationToken.None).ConfigureAwait(false);
        if (receipt is { IsAccepted: false, Code: FlowErrorCode.BadInput or FlowErrorCode.LimitExceeded })
        {
            // The run would get the same outcome from the next attempt: this is a failure of the node, not of the lease.
            return await FailAsync(lease, attempt, new NonRetryableException(receipt.Refused), cancellationToken).ConfigureAwait(false);
        }

        await _vitals.ReportAsync(health => health with
        {
            State = WorkerState.Idle,
            CurrentRun = null,
            CurrentItem = 0,
            StepCount = health.StepCount + (receipt.IsAccepted ? 1 : 0),
        }).ConfigureAwait(false);
        return StepOf(attempt, receipt, null);
    }

    private async ValueTask<WorkerStep> FailAsync(WorkLease lease, WorkflowAttempt attempt, Exception error, CancellationToken cancellationToken)
    {
        var message = error.Message;
        if (_settings.OnError is { } told)
        {
            try
            {
                await told(attempt, error, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception second)
            {
                // The attempt has failed either way; that telling failed too must not hide why.
                LogCallbackFailed(_settings.Logger, second, attempt.Run.Value, attempt.Item);
                message = $"{message} (and OnError failed: {second.Message})";
            }
        }

        var failure = new StepFailure(LocalFailures.KindOf(error), message)
        {
            IsPermanent = LocalFailures.IsPermanent(error),
            Code = LocalFailures.CodeOf(error) is not FlowErrorCode.UnexpectedError and var code ? code : null,
            WorkerRetry = _settings.Retry,
            Chance = _worker.NextChance(),
        };
        var receipt = await _worker.Store.FailStepAsync(lease.Token, failure, CancellationToken.None).ConfigureAwait(false);
        var most = ((lease.Item.Node >= 0 ? lease.Workflow.Nodes[lease.Item.Node].Retry : null) ?? _settings.Retry)?.MaxAttempts ?? 0;
        var isRetried = receipt.Ended is null && attempt.Attempt < most;
        await _vitals.ReportAsync(health => health with
        {
            State = isRetried ? WorkerState.Retrying : WorkerState.Failed,
            Attempt = isRetried ? attempt.Attempt : 0,
            MaxAttempts = isRetried ? most : 0,
            ErrorCount = health.ErrorCount + 1,
            CurrentRun = null,
            CurrentItem = 0,
        }).ConfigureAwait(false);
        return StepOf(attempt, receipt, message);
    }

    private static WorkerStep StepOf(WorkflowAttempt attempt, StepReceipt receipt, string? failure) => receipt.Ended is { } ended
        ? new WorkerStep.Completed(ended)
        : new WorkerStep.Stepped(attempt.Run, attempt.Item, attempt.Node, receipt.Refused ?? failure, IsDropped: !receipt.IsAccepted);

    private ValueTask RestAsync(WorkerState state) => _vitals.ReportAsync(health => health with { State = state, CurrentRun = null, CurrentItem = 0 });

    private WorkflowAttempt AttemptOf(WorkLease lease)
    {
        var (workflow, item) = (lease.Workflow, lease.Item);
        var node = item.Node >= 0 ? workflow.Nodes[item.Node].Name : item.Update ?? "";
        return new WorkflowAttempt(Id, lease.Token.Run, new(workflow.Name, workflow.Version), node, item.Id, item.Attempts, item.Input);
    }

    [LoggerMessage(EventId = 6460, Level = LogLevel.Error, Message = "Worker loop '{Worker}' failed; it goes on in a second")]
    private static partial void LogFailed(ILogger logger, Exception error, string worker);

    [LoggerMessage(EventId = 6461, Level = LogLevel.Error, Message = "OnError failed for item {Item} of run '{Run}'")]
    private static partial void LogCallbackFailed(ILogger logger, Exception error, string run, long item);
}
