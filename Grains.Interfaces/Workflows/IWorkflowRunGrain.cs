using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows;

/// <summary>One run of a workflow: its items, context, waits and output. Key: the <see cref="RunId"/>.</summary>
/// <remarks>
/// The one owner of its items' epochs and of every effect. A step's context delta, successors, outputs, counters and waits commit together, and with them,
/// where the same worker may go on, the lease of the next step. User types stay in the workers: what is stored and decided here is opaque JSON.
/// </remarks>
[Alias("OrleansFlow.IWorkflowRunGrain")]
public interface IWorkflowRunGrain : IGrainWithStringKey
{
    /// <summary>Accepts the run with its first item. Durable before it returns. Repeating it with the same content is fine.</summary>
    /// <returns>True when the run is new.</returns>
    /// <exception cref="Errors.FlowException">
    /// <c>unknown_definition</c>: no definition of that name, version and hash is kept, register it first; <c>already_exists</c>: the id stands for another run.
    /// </exception>
    [Alias("Start")]
    Task<bool> StartAsync(WorkflowStart start, CancellationToken cancellationToken);

    /// <summary>
    /// <see cref="StartAsync"/> for callers that start many runs: they tell the index of the run, before they tell anybody else, and hand its first lease to
    /// its worker.
    /// </summary>
    /// <param name="start">What the run begins with.</param>
    /// <param name="ticket">A slot for its first item, which is then leased in the same commit; null: it goes through its queue.</param>
    /// <param name="cancellationToken">Gives up waiting; it may begin all the same.</param>
    /// <exception cref="Errors.FlowException">As <see cref="StartAsync"/>.</exception>
    [Alias("Begin")]
    Task<WorkflowBegun> BeginAsync(WorkflowStart start, SlotTicket? ticket, CancellationToken cancellationToken);

    /// <summary>Where the run stands; null when there is none.</summary>
    [Alias("Get")]
    Task<WorkflowRunView?> GetAsync(CancellationToken cancellationToken);

    /// <summary>The run once it has ended, and nothing before.</summary>
    /// <exception cref="Errors.FlowException"><c>not_found</c>: no such run.</exception>
    [Alias("WatchEnd")]
    IAsyncEnumerable<WorkflowRunView> WatchEndAsync(CancellationToken cancellationToken);

    /// <summary>The run's context: a snapshot and what was committed since. Whoever knows the user's type merges them.</summary>
    /// <exception cref="Errors.FlowException"><c>not_found</c>: no such run.</exception>
    [Alias("GetContext")]
    Task<WorkflowContextView> GetContextAsync(CancellationToken cancellationToken);

    /// <summary>The items that are not done, by number.</summary>
    /// <param name="after">Only items with a larger number; 0: from the first.</param>
    /// <param name="limit">Most items; 1 to 1 000.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Errors.FlowException"><c>not_found</c>: no such run.</exception>
    [Alias("GetItems")]
    Task<IReadOnlyList<WorkflowItemView>> GetItemsAsync(long after, int limit, CancellationToken cancellationToken);

    /// <summary>The newest attempts that failed, the oldest of them first.</summary>
    /// <exception cref="Errors.FlowException"><c>not_found</c>: no such run.</exception>
    [Alias("GetErrors")]
    Task<IReadOnlyList<WorkflowErrorView>> GetErrorsAsync(CancellationToken cancellationToken);

    /// <summary>Commits of the run's history, each the JSON array of its events.</summary>
    /// <param name="after">Only commits after this one; -1: from the first.</param>
    /// <param name="limit">Most commits; 1 to 1 000.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Errors.FlowException"><c>not_found</c>: no such run.</exception>
    [Alias("GetHistory")]
    Task<WorkflowHistoryPage> GetHistoryAsync(long after, int limit, CancellationToken cancellationToken);

    /// <summary>Why the run stands where it does; the most telling reason first.</summary>
    /// <exception cref="Errors.FlowException"><c>not_found</c>: no such run.</exception>
    [Alias("Why")]
    Task<IReadOnlyList<RunReason>> WhyAsync(CancellationToken cancellationToken);

    /// <summary>Hands a signal to the run, which keeps it until a node waits for it. Durable before it returns; with an id it counts once.</summary>
    /// <param name="name">Name of the signal; 1 to 128 characters.</param>
    /// <param name="payload">What it carries.</param>
    /// <param name="id">Chosen by the sender to send it again safely; null: it counts each time.</param>
    /// <param name="cancellationToken">Gives up waiting; it may have been taken.</param>
    /// <returns>False when a signal with that id was taken before.</returns>
    /// <exception cref="Errors.FlowException"><c>not_found</c>; <c>already_ended</c>; <c>limit_exceeded</c>: too many signals are kept.</exception>
    [Alias("Signal")]
    Task<bool> SignalAsync(string name, Payload payload, string? id, CancellationToken cancellationToken);

    /// <summary>Asks a worker of the workflow something about the run's context; changes nothing and is stored nowhere.</summary>
    /// <param name="name">Name of the query, as the definition declares it.</param>
    /// <param name="argument">Its argument.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Errors.FlowException"><c>not_found</c>: no such run or query; or as the query failed.</exception>
    [Alias("Query")]
    Task<Payload> QueryAsync(string name, Payload argument, CancellationToken cancellationToken);

    /// <summary>Changes the run's context through a worker, which validates first; the answer comes when the change is durable.</summary>
    /// <param name="name">Name of the update, as the definition declares it.</param>
    /// <param name="argument">Its argument.</param>
    /// <param name="id">Chosen by the sender to send it again safely.</param>
    /// <param name="cancellationToken">Gives up waiting; it may take effect.</param>
    /// <exception cref="Errors.FlowException"><c>not_found</c>; <c>already_ended</c>; <c>bad_input</c>: the validation refused it, nothing was changed.</exception>
    [Alias("Update")]
    Task<Payload> UpdateAsync(string name, Payload argument, string id, CancellationToken cancellationToken);

    /// <summary>Pauses, resumes, cancels … the run. Durable before it returns.</summary>
    /// <exception cref="Errors.FlowException"><c>not_found</c>; <c>already_ended</c>; <c>bad_input</c>: what is asked is not possible, the message says why.</exception>
    [Alias("Steer")]
    Task<WorkflowRunView> SteerAsync(WorkflowSteering steering, CancellationToken cancellationToken);

    /// <summary>All of the run, its definition included: what a migration is planned by.</summary>
    /// <returns>JSON (<see cref="WorkflowRunJson.Read"/>).</returns>
    /// <exception cref="Errors.FlowException"><c>not_found</c>: no such run.</exception>
    [Alias("GetState")]
    Task<Payload> GetStateAsync(CancellationToken cancellationToken);

    /// <summary>Moves the run to a newer version of its workflow; steps in flight are told to stop and refused. Durable before it returns.</summary>
    /// <param name="plan">JSON of a <see cref="Migrations.MigrationPlan"/>, made for the run as it is.</param>
    /// <param name="cancellationToken">Gives up waiting; it may take effect.</param>
    /// <exception cref="Errors.FlowException">
    /// <c>not_found</c>; <c>already_ended</c>; <c>bad_input</c>: it is no plan for this run, or the run has gone on since it was made: plan again;
    /// <c>already_exists</c>: the version is kept with another definition.
    /// </exception>
    [Alias("Migrate")]
    Task<WorkflowRunView> MigrateAsync(Payload plan, CancellationToken cancellationToken);

    /// <summary>From a run that this one started: it has ended. Durable before it returns; repeating it is fine.</summary>
    [Alias("ChildEnded")]
    Task ChildEndedAsync(WorkflowChildEnd child, CancellationToken cancellationToken);

    /// <summary>Deletes a run that has ended, with its history.</summary>
    /// <returns>False when there is no such run.</returns>
    /// <exception cref="Errors.FlowException"><c>bad_input</c>: it has not ended.</exception>
    [Alias("Delete")]
    Task<bool> DeleteAsync(CancellationToken cancellationToken);

    /// <summary>From the index: the time has come at which the run wanted to be woken.</summary>
    [Alias("Wake")]
    Task WakeAsync(CancellationToken cancellationToken);

    /// <summary>From the index, after a silo was lost: the run offers again what is pending and delivers what it owes.</summary>
    [Alias("Recover")]
    Task RecoverAsync(CancellationToken cancellationToken);

    /// <summary>See <see cref="IGraphRunGrain.GrantManyAsync"/>.</summary>
    [Alias("GrantMany")]
    Task<IReadOnlyList<LeaseGrant?>> GrantManyAsync(IReadOnlyList<TaskId> tasks, WorkerId worker, string sessionId, CancellationToken cancellationToken);

    /// <summary>See <see cref="IGraphRunGrain.RenewManyAsync"/>.</summary>
    [Alias("RenewMany")]
    Task<IReadOnlyList<bool>> RenewManyAsync(IReadOnlyList<LeaseRenewal> renewals, WorkerId worker, string sessionId, CancellationToken cancellationToken);

    /// <summary>See <see cref="IGraphRunGrain.CompleteManyAsync"/>; a receipt may carry the lease of the step that follows.</summary>
    [Alias("CompleteMany")]
    Task<IReadOnlyList<EffectReceipt>> CompleteManyAsync(IReadOnlyList<AttemptOutcome> outcomes, WorkerId worker, string sessionId, CancellationToken cancellationToken);

    /// <summary>See <see cref="IGraphRunGrain.RevokeManyAsync"/>.</summary>
    [Alias("RevokeMany")]
    Task RevokeManyAsync(IReadOnlyList<LeaseToken> tokens, string reason, CancellationToken cancellationToken);

    /// <summary>See <see cref="IGraphRunGrain.OfferEndedAsync"/>.</summary>
    [Alias("OfferEnded")]
    Task OfferEndedAsync(IReadOnlyList<TaskId> tasks, CancellationToken cancellationToken);

    /// <summary>See <see cref="ITaskGrain.GetAsync"/>.</summary>
    [Alias("GetTask")]
    Task<TaskView?> GetTaskAsync(TaskId task, CancellationToken cancellationToken);
}
