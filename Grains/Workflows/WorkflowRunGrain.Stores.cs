using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <content>The run as a store of runs has it: leases to workers that ask for them one by one, and answers that say what became of a step.</content>
internal sealed partial class WorkflowRunGrain : IWorkflowStepGrain
{
    /// <summary>Longest wait for queues and index to hear of what is durable. They hear of it in any case.</summary>
    private static readonly TimeSpan SettleMax = TimeSpan.FromSeconds(1);

    public async Task<bool> BeginAsync(WorkflowStart start, CancellationToken cancellationToken)
    {
        var isNew = await StartAsync(start, cancellationToken);
        await SettleAsync(cancellationToken);
        return isNew;
    }

    async Task<WorkflowStepLease?> IWorkflowStepGrain.TakeAsync(long item, WorkerId worker, string session, CancellationToken cancellationToken)
    {
        if (Tentative is not { Status: not WorkflowRunStatus.None } state)
        {
            return null;
        }

        if (item >= FirstQuery)
        {
            return TakeQuery(item, worker, session);
        }

        var nowUtc = _clock.GetUtcNow();
        var turn = new WorkflowRunTurn(state);
        if (turn.Do(new WorkflowCommand.Take(item, worker.Value, session, EpochFloor), nowUtc) is not { Answer: WorkflowAnswer.Taken, Item: { } taken })
        {
            return null;
        }

        // No step follows without the queue in between: the worker asks for each.
        var lease = new StepLease(taken.Epoch, worker, nowUtc + _leaseOptions.Duration, InRowMax);
        _leases[item] = lease;
        Arm(lease.ExpiresUtc);
        var after = turn.State;
        Tell(item, PlanOf(after).RoleOf(taken.Node));
        await StageAsync(turn);
        return LeaseOf(after, taken, lease.ExpiresUtc);
    }

    async Task<bool> IWorkflowStepGrain.RenewAsync(long item, long epoch, CancellationToken cancellationToken)
    {
        var expiresUtc = _clock.GetUtcNow() + _leaseOptions.Duration;
        if (item >= FirstQuery)
        {
            return IsCurrent(new LeaseToken(TaskId.OfWorkflow(_id, item), epoch), out var query) && (query.ExpiresUtc = expiresUtc) == expiresUtc;
        }

        if (_leases.TryGetValue(item, out var lease) && lease.Epoch == epoch)
        {
            lease.ExpiresUtc = expiresUtc;
            _restored?.Remove(item);
            return true;
        }

        // What ended the lease may not be durable yet.
        await (_pump?.FlushAsync() ?? Task.CompletedTask);
        return false;
    }

    async Task<WorkflowStepReceipt> IWorkflowStepGrain.PresentAsync(WorkflowStepReport report, CancellationToken cancellationToken)
    {
        if (Tentative is not { Status: not WorkflowRunStatus.None } state)
        {
            return new WorkflowStepReceipt($"There is no run '{_id}'.", FlowErrorCode.NotFound);
        }

        _pump!.ThrowIfFailed();
        if (report.Item >= FirstQuery)
        {
            return PresentQuery(report);
        }

        WorkflowCommand command;
        try
        {
            command = CommandOf(report);
        }
        catch (FlowException malformed) when (malformed.Code == FlowErrorCode.BadInput)
        {
            return new WorkflowStepReceipt(malformed.Message, FlowErrorCode.BadInput);
        }

        var turn = new WorkflowRunTurn(state);
        var nowUtc = _clock.GetUtcNow();
        var step = turn.Do(command, nowUtc);
        if (step.Answer == WorkflowAnswer.Refused)
        {
            // It may rest on what is not durable yet.
            await _pump.FlushAsync();
            return new WorkflowStepReceipt(step.Refused, step.Code);
        }

        // An attempt that is to be repeated at once can be taken at once.
        turn.Do(new WorkflowCommand.Tick(), nowUtc);
        EndLease(new LeaseToken(TaskId.OfWorkflow(_id, report.Item), report.Epoch));
        var after = turn.State;
        await StageAsync(turn);
        await SettleAsync(cancellationToken);
        return new WorkflowStepReceipt(Ended: step.Answer == WorkflowAnswer.Completed ? ViewOf(after) : null);
    }

    public async Task<bool> FoldAsync(long version, Payload snapshot, CancellationToken cancellationToken)
    {
        if (Tentative is not { Status: not WorkflowRunStatus.None, IsFinal: false } state)
        {
            return false;
        }

        var turn = new WorkflowRunTurn(state);
        var step = turn.Do(new WorkflowCommand.Fold(version, snapshot), _clock.GetUtcNow());
        await StageAsync(turn);
        return step.Answer == WorkflowAnswer.Stepped;
    }

    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _delivery.WaitInTurnAsync(cancellationToken).WaitAsync(SettleMax, _clock, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            // What is durable is durable; it is delivered whoever waits.
        }
    }

    private static WorkflowCommand CommandOf(WorkflowStepReport report) => report.End switch
    {
        WorkflowStepEnd.Committed => new WorkflowCommand.Commit(report.Item, report.Epoch, StepOutcomeJson.Read(report.Outcome.Utf8)),
        WorkflowStepEnd.Failed => new WorkflowCommand.Fail(report.Item, report.Epoch, report.Failure, report.Message ?? "it failed", report.Chance)
        {
            Permanent = report.IsPermanent,
            Code = report.Code,
            WorkerRetry = report.WorkerRetry.IsDefault ? null : JsonSerializer.Deserialize<StepRetryPolicy>(report.WorkerRetry.Utf8.Span),
        },
        WorkflowStepEnd.Released => new WorkflowCommand.Lose(report.Item, report.Epoch),
        _ => throw new FlowException(FlowErrorCode.BadInput, $"{(int)report.End} is no end of a step."),
    };

    private WorkflowStepLease LeaseOf(WorkflowRunState state, WorkItem item, DateTimeOffset expiresUtc) => new()
    {
        Run = _id,
        Item = new Payload(WorkflowRunJson.WriteItem(item)),
        Workflow = state.Workflow.Name,
        Version = state.Workflow.Version,
        Context = new WorkflowContextView(state.Snapshot, state.SnapshotVersion, state.Deltas),
        ExpiresUtc = expiresUtc,
        Duration = _leaseOptions.Duration,
    };

    /// <summary>A question in the shape of an item: like an update, but one that nobody gave an id.</summary>
    private WorkflowStepLease? TakeQuery(long id, WorkerId worker, string session)
    {
        if (_queries is null || !_queries.TryGetValue(id, out var query) || query.Worker is not null || Committed is not { } state)
        {
            return null;
        }

        query.Worker = worker;
        query.Epoch++;
        query.ExpiresUtc = _clock.GetUtcNow() + _leaseOptions.Duration;
        Arm(query.ExpiresUtc);
        var item = new WorkItem
        {
            Id = id, Node = WorkItem.NoNode, Update = query.Name, Input = query.Argument, Status = WorkItemStatus.InProgress, Attempts = 1, Epoch = query.Epoch,
            Worker = worker.Value, Session = session,
        };
        return LeaseOf(state, item, query.ExpiresUtc);
    }

    private WorkflowStepReceipt PresentQuery(WorkflowStepReport report)
    {
        var outcome = new AttemptOutcome
        {
            Token = new LeaseToken(TaskId.OfWorkflow(_id, report.Item), report.Epoch),
            End = report.End switch { WorkflowStepEnd.Committed => AttemptEnd.Completed, WorkflowStepEnd.Failed => AttemptEnd.Failed, _ => AttemptEnd.Stopped },
            Step = report.Outcome,
            Failure = report.End == WorkflowStepEnd.Failed
                ? new TaskFailure(FlowErrorKind.Of(report.Code ?? FlowErrorCode.UnexpectedError).Wire, report.IsPermanent, report.Message ?? "it failed")
                : null,
        };
        return EndQuery(outcome).Accepted ? new WorkflowStepReceipt() : new WorkflowStepReceipt("Nobody waits for the answer any more.", FlowErrorCode.LeaseLost);
    }
}
