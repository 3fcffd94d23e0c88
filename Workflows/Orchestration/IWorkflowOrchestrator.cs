using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Migrations;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Workflows.Orchestration;

/// <summary>Starts, steers and watches runs. Values are JSON here; <see cref="WorkflowOrchestratorExtensions"/> has the same with the user's types. Thread-safe.</summary>
/// <remarks>An unknown run is <see cref="FlowErrorCode.NotFound"/> everywhere, except that its errors, items and history are empty.</remarks>
public interface IWorkflowOrchestrator
{
    /// <summary>Starts a run: durable before it returns.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up waiting; the run may have been started.</param>
    /// <returns>The run's id; the one that was started first when its id or idempotency key is known.</returns>
    ValueTask<CreatedRun> StartAsync(NewWorkflowRun run, CancellationToken cancellationToken = default);

    /// <summary>Where a run stands.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<WorkflowRunSummary> StatusAsync(RunId run, CancellationToken cancellationToken = default);

    /// <summary>Runs that match, page by page, in the order of their ids.</summary>
    /// <param name="filter">Which; <see langword="null"/>: all, the first page.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<RunPage> ListAsync(RunListFilter? filter = null, CancellationToken cancellationToken = default);

    /// <summary>Ends a run; steps in flight are told and refused.</summary>
    /// <param name="run">The run.</param>
    /// <param name="reason">Kept in the history.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.AlreadyEnded"/>: a final status never changes.</exception>
    ValueTask<WorkflowRunSummary> CancelAsync(RunId run, string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>Hands out no more items of a run; steps in flight may commit, and the run stays paused.</summary>
    /// <param name="run">The run.</param>
    /// <param name="reason">Shown until the run goes on, and kept in the history.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.AlreadyEnded"/>.</exception>
    ValueTask<WorkflowRunSummary> PauseAsync(RunId run, string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>Lets a paused or failed run go on; what is done stays done. Nothing happens to a running one.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.AlreadyEnded"/>: it is completed or was cancelled.</exception>
    ValueTask<WorkflowRunSummary> ResumeAsync(RunId run, CancellationToken cancellationToken = default);

    /// <summary>Ends a run as failed, for good: unlike one that failed by itself it cannot be resumed.</summary>
    /// <param name="run">The run.</param>
    /// <param name="reason">Kept in the history.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.AlreadyEnded"/>.</exception>
    ValueTask<WorkflowRunSummary> TerminateAsync(RunId run, string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>Takes a run back to where it was before an item was committed, to do it once more. What it told outside systems stays told.</summary>
    /// <param name="run">The run.</param>
    /// <param name="item">The item, as the history names it.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.NotFound"/> also when there is no such committed step; <see cref="FlowErrorCode.AlreadyEnded"/>.</exception>
    ValueTask<WorkflowRunSummary> ResetAsync(RunId run, long item, CancellationToken cancellationToken = default);

    /// <summary>Moves a run to a newer version of its workflow.</summary>
    /// <param name="run">The run.</param>
    /// <param name="plan">Made for the run as it is; see <see cref="StateAsync"/>.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.BadInput"/>: it is no plan for this run, or the run has gone on since it was made; <see cref="FlowErrorCode.AlreadyEnded"/>.</exception>
    ValueTask<WorkflowRunSummary> MigrateAsync(RunId run, MigrationPlan plan, CancellationToken cancellationToken = default);

    /// <summary>All of a run, its definition included: what a migration is planned by.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<WorkflowRunState> StateAsync(RunId run, CancellationToken cancellationToken = default);

    /// <summary>Answers a question about a run's context, as of its last commit; changes nothing.</summary>
    /// <param name="run">The run.</param>
    /// <param name="name">Name of the query, as the definition declares it.</param>
    /// <param name="argument">What is asked.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.NotFound"/>: there is no such run, or its version has no such query; or as the query failed.</exception>
    ValueTask<Payload> QueryAsync(RunId run, string name, Payload argument, CancellationToken cancellationToken = default);

    /// <summary>Changes a run's context through a worker, which validates first. Durable when it returns.</summary>
    /// <param name="run">The run.</param>
    /// <param name="name">Name of the update, as the definition declares it.</param>
    /// <param name="argument">What is to change.</param>
    /// <param name="id">With the same id it happens once, and its answer is given again; <see langword="null"/>: a new one.</param>
    /// <param name="cancellationToken">Gives up waiting; it may take effect.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.NotFound"/>: there is no such run or update; <see cref="FlowErrorCode.AlreadyEnded"/>; or as it was refused.</exception>
    ValueTask<Payload> UpdateAsync(RunId run, string name, Payload argument, string? id = null, CancellationToken cancellationToken = default);

    /// <summary>Hands a signal to a run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="name">The signal's name.</param>
    /// <param name="payload">What it carries.</param>
    /// <param name="id">With an id it counts once, however often it is sent.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask SignalAsync(RunId run, string name, Payload payload, string? id = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes a run that has ended.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>False when there is none.</returns>
    ValueTask<bool> DeleteAsync(RunId run, CancellationToken cancellationToken = default);

    /// <summary>Every attempt that failed, the oldest first.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<StepError>> ErrorsAsync(RunId run, CancellationToken cancellationToken = default);

    /// <summary>What a run has done.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<RunCounters> MetricsAsync(RunId run, CancellationToken cancellationToken = default);

    /// <summary>All items of a run with their attempts, those that are done included.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<WorkItemSummary>> ItemsAsync(RunId run, CancellationToken cancellationToken = default);

    /// <summary>The items that wait for a worker or their next attempt.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<WorkItemSummary>> PendingAsync(RunId run, CancellationToken cancellationToken = default);

    /// <summary>The items that a worker has.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<WorkItemSummary>> InFlightAsync(RunId run, CancellationToken cancellationToken = default);

    /// <summary>The context as it is kept.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<StoredContext> ContextAsync(RunId run, CancellationToken cancellationToken = default);

    /// <summary>The events of a run, the oldest first.</summary>
    /// <param name="run">The run.</param>
    /// <param name="after">How many to leave out.</param>
    /// <param name="limit">Most events, or a few more.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<WorkflowRunEvent>> HistoryAsync(RunId run, long after = 0, int limit = 1_000, CancellationToken cancellationToken = default);

    /// <summary>How every worker is, with a judgement by the age of its last word.</summary>
    /// <param name="staleAfter">From this age on it is stale, from three times this age on dead; more than zero.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<WorkerLiveness>> LivenessAsync(TimeSpan staleAfter, CancellationToken cancellationToken = default);

    /// <summary>Why a run stands where it does, the most telling reason first.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<IReadOnlyList<string>> WhyAsync(RunId run, CancellationToken cancellationToken = default);

    /// <summary>Waits until a run has ended; the end is pushed.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Gives up; the run goes on.</param>
    ValueTask<WorkflowRunSummary> WaitForCompletionAsync(RunId run, CancellationToken cancellationToken = default);
}
