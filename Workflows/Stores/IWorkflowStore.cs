using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Migrations;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Stores;

/// <summary>All that worker loops and an orchestrator need of whatever keeps durable runs. Thread-safe.</summary>
/// <remarks>
/// <para>
/// A call that changes something returns when the change is durable, as far as the store is, and changes all or nothing: run and first item come to be
/// together, and a step's context delta, successors, outputs, counters, waits and the end of its lease are one commit. Every decision is that of
/// <see cref="WorkflowRunDecider"/>, so that stores differ in nothing but where the rows are.
/// </para>
/// <para><see cref="Conformance.WorkflowStoreConformance"/> checks an implementation against all that is promised here.</para>
/// </remarks>
public interface IWorkflowStore : IAsyncDisposable
{
    /// <summary>Keeps a definition for the runs that begin on it. Repeating it is safe.</summary>
    /// <param name="workflow">The definition.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.AlreadyExists"/>: its name and version stand for another definition. Raise the version.</exception>
    ValueTask RegisterAsync(CompiledWorkflow workflow, CancellationToken cancellationToken);

    /// <summary>Accepts a run: its first item and all that is known of it appear at the same moment. Repeating it is safe.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up waiting; the run may have been accepted.</param>
    /// <returns>The run; not created when its id or idempotency key is known: then it is the one that was accepted first.</returns>
    /// <exception cref="FlowException">
    /// <see cref="FlowErrorCode.AlreadyExists"/>: the id or key belongs to a run of another workflow, or the definition's version to another definition.
    /// </exception>
    ValueTask<CreatedRun> CreateRunAsync(NewWorkflowRun run, CancellationToken cancellationToken);

    /// <summary>Leases an item: the oldest pending one of the run whose turn it is. Runs take turns, so that a long one never starves the others.</summary>
    /// <param name="filter">For whom, and which items it can do.</param>
    /// <param name="wait">How long to wait for work when there is none; it is pushed, not polled. Zero: not at all.</param>
    /// <param name="cancellationToken">Gives up; an item that was being leased comes back when its lease expires.</param>
    /// <returns>The lease; <see langword="null"/> when nothing came in time.</returns>
    ValueTask<WorkLease?> TakeAsync(WorkFilter filter, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>Makes a lease last for another lease duration from now.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>False when it was lost, or the run has ended or was cancelled: stop the step, nothing of it will be accepted.</returns>
    ValueTask<bool> RenewAsync(StepToken lease, CancellationToken cancellationToken);

    /// <summary>Commits a step, atomically, and ends its lease.</summary>
    /// <param name="lease">The lease it was done under.</param>
    /// <param name="outcome">All that follows from it.</param>
    /// <param name="cancellationToken">Gives up waiting; the step may have been committed.</param>
    /// <returns>Not accepted when the lease is not the current one or the run has ended; nothing has changed then.</returns>
    ValueTask<StepReceipt> CommitStepAsync(StepToken lease, StepOutcome outcome, CancellationToken cancellationToken);

    /// <summary>Records a failed attempt and ends its lease: the item waits for its next attempt, or takes its fallback, or the run fails.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="failure">What went wrong.</param>
    /// <param name="cancellationToken">Gives up waiting; the failure may have been recorded.</param>
    /// <returns>As for <see cref="CommitStepAsync"/>.</returns>
    ValueTask<StepReceipt> FailStepAsync(StepToken lease, StepFailure failure, CancellationToken cancellationToken);

    /// <summary>Gives an item back that was not done; no attempt is spent, and it is pending at once.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>As for <see cref="CommitStepAsync"/>.</returns>
    ValueTask<StepReceipt> ReleaseStepAsync(StepToken lease, CancellationToken cancellationToken);

    /// <summary>Offers the fold of a run's oldest deltas, so that nobody has to merge them again.</summary>
    /// <param name="run">The run.</param>
    /// <param name="version">How many deltas the snapshot holds.</param>
    /// <param name="snapshot">The context as of that version.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>False when it is of no use any more.</returns>
    ValueTask<bool> FoldContextAsync(RunId run, long version, Payload snapshot, CancellationToken cancellationToken);

    /// <summary>Hands a signal to the item that has waited for it longest, or keeps it for the next.</summary>
    /// <param name="run">The run.</param>
    /// <param name="name">The signal's name.</param>
    /// <param name="payload">What it carries.</param>
    /// <param name="id">With an id a signal counts once, however often it is sent; <see langword="null"/>: it counts each time.</param>
    /// <param name="cancellationToken">Gives up waiting; the signal may have been taken.</param>
    /// <exception cref="FlowException">
    /// <see cref="FlowErrorCode.NotFound"/>; <see cref="FlowErrorCode.AlreadyEnded"/>; <see cref="FlowErrorCode.LimitExceeded"/>: too many signals are kept.
    /// </exception>
    ValueTask SignalAsync(RunId run, string name, Payload payload, string? id, CancellationToken cancellationToken);

    /// <summary>Asks for an update: a worker of the run's version checks it, and changes the context with its answer. Durable when it returns; the answer is pushed.</summary>
    /// <param name="run">The run.</param>
    /// <param name="name">Name of the update, as the definition declares it.</param>
    /// <param name="argument">What it carries.</param>
    /// <param name="id">With the same id it happens once, and its answer is given again while the run remembers it.</param>
    /// <param name="cancellationToken">Gives up waiting; the update may take effect.</param>
    /// <returns>What the worker answered.</returns>
    /// <exception cref="FlowException">
    /// <see cref="FlowErrorCode.NotFound"/>: there is no such run, or its version has no such update; <see cref="FlowErrorCode.AlreadyEnded"/>; or as the update was refused.
    /// </exception>
    ValueTask<Payload> UpdateRunAsync(RunId run, string name, Payload argument, string id, CancellationToken cancellationToken);

    /// <summary>Takes a run back to where it was before an item was committed, to do it once more. What it told outside systems stays told.</summary>
    /// <param name="run">The run.</param>
    /// <param name="item">The item, as the history names it.</param>
    /// <param name="cancellationToken">Gives up waiting; it may have taken effect.</param>
    /// <returns>The run afterwards.</returns>
    /// <exception cref="FlowException">
    /// <see cref="FlowErrorCode.NotFound"/>: there is no such run, or no such committed step that it can go back to; <see cref="FlowErrorCode.AlreadyEnded"/>;
    /// <see cref="FlowErrorCode.StoreUnavailable"/>: the run went on meanwhile, pause it before.
    /// </exception>
    ValueTask<WorkflowRunSummary> ResetRunAsync(RunId run, long item, CancellationToken cancellationToken);

    /// <summary>Moves a run to a newer version of its workflow; steps in flight are told at their next renewal and refused.</summary>
    /// <param name="run">The run.</param>
    /// <param name="plan">Made for the run as it is; see <see cref="GetStateAsync"/>.</param>
    /// <param name="cancellationToken">Gives up waiting; it may have taken effect.</param>
    /// <returns>The run afterwards.</returns>
    /// <exception cref="FlowException">
    /// <see cref="FlowErrorCode.NotFound"/>; <see cref="FlowErrorCode.AlreadyEnded"/>; <see cref="FlowErrorCode.BadInput"/>: it is no plan for this run, or the run has gone on
    /// since it was made; <see cref="FlowErrorCode.AlreadyExists"/>: the version is kept with another definition.
    /// </exception>
    ValueTask<WorkflowRunSummary> MigrateRunAsync(RunId run, MigrationPlan plan, CancellationToken cancellationToken);

    /// <summary>All of a run, its definition included: what a migration is planned by. <see langword="null"/> when there is none.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<WorkflowRunState?> GetStateAsync(RunId run, CancellationToken cancellationToken);

    /// <summary>Pauses, resumes or ends a run. A final status changes by <see cref="RunSteering.Resume"/> of a failed run only.</summary>
    /// <param name="run">The run.</param>
    /// <param name="steering">What is asked.</param>
    /// <param name="reason">Kept in the history; <see langword="null"/> for none.</param>
    /// <param name="cancellationToken">Gives up waiting; it may have taken effect.</param>
    /// <returns>The run afterwards.</returns>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.NotFound"/>; <see cref="FlowErrorCode.AlreadyEnded"/>.</exception>
    ValueTask<WorkflowRunSummary> SteerAsync(RunId run, RunSteering steering, string? reason, CancellationToken cancellationToken);

    /// <summary>Deletes a run that has ended, with all its views and its history.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>False when there is no such run.</returns>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.BadInput"/>: it has not ended.</exception>
    ValueTask<bool> DeleteRunAsync(RunId run, CancellationToken cancellationToken);

    /// <summary>Run info: where a run stands; <see langword="null"/> when there is none.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<WorkflowRunSummary?> GetRunAsync(RunId run, CancellationToken cancellationToken);

    /// <summary>Runs that match, in the order of their ids.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<RunPage> ListRunsAsync(RunListFilter filter, CancellationToken cancellationToken);

    /// <summary>Metrics; <see langword="null"/> when there is no such run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<RunCounters?> GetMetricsAsync(RunId run, CancellationToken cancellationToken);

    /// <summary>Errors: every attempt that failed, the oldest first; empty when there is no such run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<StepError>> GetErrorsAsync(RunId run, CancellationToken cancellationToken);

    /// <summary>Work items with their attempts, those that are done included, the oldest first; empty when there is no such run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="open">True: only items that are not done, which costs nothing of the run's length.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<WorkItemSummary>> GetItemsAsync(RunId run, bool open, CancellationToken cancellationToken);

    /// <summary>Context; <see langword="null"/> when there is no such run. Whoever knows the user's type merges it.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<StoredContext?> GetContextAsync(RunId run, CancellationToken cancellationToken);

    /// <summary>History: the events of a run, the oldest first; empty when there is no such run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="after">How many events to leave out; 0 for all of them.</param>
    /// <param name="limit">Most events, at least 1; whole commits are returned, so it may be a few more.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<WorkflowRunEvent>> GetHistoryAsync(RunId run, long after, int limit, CancellationToken cancellationToken);

    /// <summary>Liveness: a worker says how it is. Never gates work: whatever is kept here, a worker that asks for work gets it.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask ReportWorkerAsync(WorkerHealth worker, CancellationToken cancellationToken);

    /// <summary>Liveness: what every worker said last, in the order of their ids.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<WorkerHealth>> ListWorkersAsync(CancellationToken cancellationToken);

    /// <summary>Waits until a run has ended; the end is pushed.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up; the run goes on.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.NotFound"/>: there is no such run, or it was deleted meanwhile.</exception>
    ValueTask<WorkflowRunSummary> WaitForCompletionAsync(RunId run, CancellationToken cancellationToken);
}
