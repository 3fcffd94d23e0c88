using System.Runtime.CompilerServices;
using Orleans.Concurrency;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;

namespace OrleansFlow.Grains.Tasks;

/// <summary>The face of one task, which holds nothing: a standalone task is owned by its partition, a run's by its run.</summary>
/// <remarks>
/// For callers that have one task. Queues, workers and sessions, which have many, call the owners with all of them at once.
/// Re-entrant, because a watch must not hold up the task's other callers.
/// </remarks>
[Reentrant]
internal sealed class TaskGrain : Grain, ITaskGrain
{
    private TaskId _id;
    private IGraphRunGrain? _run;
    private ITaskPartitionGrain? _partition;
    private IWorkflowRunGrain? _workflow;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _id = TaskId.Parse(this.GetPrimaryKeyString());
        if (_id.IsStandalone)
        {
            _partition = GrainFactory.GetGrain<ITaskPartitionGrain>(TaskPartitions.KeyOf(_id));
        }
        else if (_id.IsWorkflow)
        {
            _workflow = GrainFactory.GetGrain<IWorkflowRunGrain>(_id.RunId.Value);
        }
        else
        {
            _run = GrainFactory.GetGrain<IGraphRunGrain>(_id.RunId.Value);
        }

        return Task.CompletedTask;
    }

    public async Task<bool> SubmitAsync(TaskSubmission submission, CancellationToken cancellationToken) => _partition is { } partition
        ? (await partition.SubmitAsync([new NewTask(_id, submission)], cancellationToken))[0]
        : throw new FlowException(FlowErrorCode.BadInput, $"'{_id}' names a task of a run; a standalone task's id has no '/'.");

    public async Task<LeaseGrant?> GrantAsync(WorkerId worker, string sessionId, CancellationToken cancellationToken) => _partition is { } partition
        ? (await partition.GrantAsync([_id], worker, sessionId, cancellationToken))[0]
        : _workflow is { } workflow ? (await workflow.GrantManyAsync([_id], worker, sessionId, cancellationToken))[0]
        : await _run!.GrantAsync(_id, worker, sessionId, cancellationToken);

    public async Task<bool> RenewAsync(LeaseToken token, WorkerId worker, string sessionId, double? progress, CancellationToken cancellationToken) =>
        _partition is { } partition
            ? (await partition.RenewAsync([new LeaseRenewal(token, progress)], worker, sessionId, cancellationToken))[0]
            : _workflow is { } workflow ? (await workflow.RenewManyAsync([new LeaseRenewal(token, progress)], worker, sessionId, cancellationToken))[0]
            : await _run!.RenewAsync(token, worker, sessionId, progress, cancellationToken);

    public Task<LeaseGrant?> AdoptAsync(LeaseToken token, WorkerId worker, string sessionId, CancellationToken cancellationToken) => _partition is { } partition
        ? partition.AdoptAsync(token, worker, sessionId, cancellationToken)
        : _workflow is not null ? Task.FromResult<LeaseGrant?>(null)
        : _run!.AdoptAsync(token, worker, sessionId, cancellationToken);

    public Task<EffectReceipt> SaveCheckpointAsync(CheckpointReport report, CancellationToken cancellationToken) => _partition is { } partition
        ? partition.SaveCheckpointAsync(report, cancellationToken)
        : _workflow is not null ? NotOfAStepAsync()
        : _run!.SaveCheckpointAsync(report, cancellationToken);

    public async Task<EffectReceipt> ReportBatchAsync(BatchReport report, CancellationToken cancellationToken) => _partition is { } partition
        ? (await partition.ReportBatchesAsync([report], cancellationToken))[0]
        : _workflow is not null ? await NotOfAStepAsync()
        : await _run!.ReportBatchAsync(report, cancellationToken);

    public async Task<EffectReceipt> CompleteAsync(AttemptOutcome outcome, CancellationToken cancellationToken) => _partition is { } partition
        ? (await partition.CompleteAsync([outcome], cancellationToken))[0]
        : _workflow is not null ? await NotOfAStepAsync()
        : await _run!.CompleteAsync(outcome, cancellationToken);

    public Task RevokeAsync(LeaseToken token, string reason, CancellationToken cancellationToken) => _partition is { } partition
        ? partition.RevokeAsync([token], reason, cancellationToken)
        : _workflow is { } workflow ? workflow.RevokeManyAsync([token], reason, cancellationToken)
        : _run!.RevokeAsync(token, reason, cancellationToken);

    public Task<TaskView> CancelAsync(string reason, CancellationToken cancellationToken) => _partition is { } partition
        ? partition.CancelAsync(_id, reason, cancellationToken)
        : throw new FlowException(FlowErrorCode.Unsupported, $"Task '{_id}' belongs to run '{_id.RunId}'; cancel the run.");

    public Task<TaskView?> GetAsync(CancellationToken cancellationToken) => _partition is { } partition
        ? partition.GetAsync(_id, cancellationToken)
        : _workflow is { } workflow ? workflow.GetTaskAsync(_id, cancellationToken)
        : _run!.GetTaskAsync(_id, cancellationToken);

    public async IAsyncEnumerable<TaskView> WatchEndAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_partition is { } partition)
        {
            await foreach (var ended in partition.WatchEndsAsync([_id], cancellationToken))
            {
                yield return ended[0];
            }

            yield break;
        }

        if (_run is null)
        {
            throw new FlowException(FlowErrorCode.Unsupported, $"'{_id}' is an item of workflow run '{_id.RunId}'; watch the run.");
        }

        await foreach (var change in _run.WatchAsync(cancellationToken))
        {
            if (change.Snapshot is null && change.Run is null && change.Task?.TaskId != _id)
            {
                continue;
            }

            if (await _run.GetTaskAsync(_id, cancellationToken) is { Status: FlowTaskStatus.Completed or FlowTaskStatus.Failed or FlowTaskStatus.Cancelled } ended)
            {
                yield return ended;
                yield break;
            }
        }
    }

    /// <summary>A step has no batches and no checkpoints, and its end carries what the session's bulk calls know.</summary>
    private static Task<EffectReceipt> NotOfAStepAsync() => Task.FromResult(new EffectReceipt(Accepted: false, FlowErrorKind.Of(FlowErrorCode.BadInput).Wire));
}
