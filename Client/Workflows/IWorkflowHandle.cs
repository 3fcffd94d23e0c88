using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.History;
using OrleansFlow.Workflows.Migrations;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Client.Workflows;

/// <summary>One run of a workflow, wherever it runs. Holds nothing but its id; thread-safe.</summary>
/// <remarks>Every call throws <see cref="FlowException"/> with <c>not_found</c> when there is no such run, and as <see cref="FlowClient"/> says.</remarks>
public interface IWorkflowHandle
{
    /// <summary>The run.</summary>
    RunId Id { get; }

    /// <summary>Where it stands.</summary>
    Task<WorkflowRunView> GetAsync(CancellationToken cancellationToken = default);

    /// <summary>Waits until it has ended, however it did. The end is pushed; a lost connection is made again.</summary>
    Task<WorkflowRunView> WaitAsync(CancellationToken cancellationToken = default);

    /// <summary>Sends a signal, which the run keeps until a node waits for it. Durable when it returns.</summary>
    /// <typeparam name="T">What it carries.</typeparam>
    /// <param name="name">Name of the signal; 1 to 128 characters.</param>
    /// <param name="value">What it carries.</param>
    /// <param name="id">To send it again safely: with the same id it counts once. Null: it counts each time.</param>
    /// <param name="cancellationToken">Stops waiting; it may have been taken.</param>
    /// <returns>False when a signal with that id was taken before.</returns>
    /// <exception cref="FlowException"><c>already_ended</c>; <c>limit_exceeded</c>: too many signals are kept.</exception>
    Task<bool> SignalAsync<T>(string name, T value, string? id = null, CancellationToken cancellationToken = default);

    /// <summary>Asks a worker of the workflow about the run's context; changes nothing.</summary>
    /// <typeparam name="TArgument">What is asked.</typeparam>
    /// <typeparam name="TResult">What is answered.</typeparam>
    /// <param name="name">Name of the query, as the definition declares it.</param>
    /// <param name="argument">What is asked.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FlowException"><c>not_found</c>: the definition has no such query; or as the query failed.</exception>
    Task<TResult> QueryAsync<TArgument, TResult>(string name, TArgument argument, CancellationToken cancellationToken = default);

    /// <summary>Changes the run's context through a worker, which validates first. Durable when it returns.</summary>
    /// <typeparam name="TArgument">What is to change.</typeparam>
    /// <typeparam name="TResult">What is answered.</typeparam>
    /// <param name="name">Name of the update, as the definition declares it.</param>
    /// <param name="argument">What is to change.</param>
    /// <param name="id">To send it again safely: with the same id it happens once, and its answer is given again. Null: a new one.</param>
    /// <param name="cancellationToken">Stops waiting; it may take effect.</param>
    /// <exception cref="FlowException"><c>bad_input</c>: the validation refused it, nothing was changed; <c>already_ended</c>.</exception>
    Task<TResult> UpdateAsync<TArgument, TResult>(string name, TArgument argument, string? id = null, CancellationToken cancellationToken = default);

    /// <summary>Hands out no more items; steps in flight may commit, and the run stays paused. Twice is fine.</summary>
    /// <exception cref="FlowException"><c>already_ended</c>.</exception>
    Task<WorkflowRunView> PauseAsync(string reason = "", CancellationToken cancellationToken = default);

    /// <summary>Hands out items again; a failed run goes on from what failed, with all its attempts. What is done stays done.</summary>
    /// <exception cref="FlowException"><c>already_ended</c>: it completed or was cancelled.</exception>
    Task<WorkflowRunView> ResumeAsync(string reason = "", CancellationToken cancellationToken = default);

    /// <summary>Ends the run; steps in flight and children are told to stop. Final when it returns.</summary>
    /// <exception cref="FlowException"><c>already_ended</c>: a final status never changes.</exception>
    Task<WorkflowRunView> CancelAsync(string reason = "", CancellationToken cancellationToken = default);

    /// <summary>Ends the run without telling children and steps in flight first.</summary>
    /// <exception cref="FlowException"><c>already_ended</c>.</exception>
    Task<WorkflowRunView> TerminateAsync(string reason = "", CancellationToken cancellationToken = default);

    /// <summary>Goes back to before an item was committed, and does it once more. What outside systems were told stays told.</summary>
    /// <param name="item">The item, as the history names it; from 1.</param>
    /// <param name="reason">Kept in the history.</param>
    /// <param name="cancellationToken">Stops waiting; it may have happened.</param>
    /// <exception cref="FlowException"><c>bad_input</c>: the history holds no such item.</exception>
    Task<WorkflowRunView> ResetAsync(long item, string reason = "", CancellationToken cancellationToken = default);

    /// <summary>Moves the run to a newer version of its workflow, by the rules of that version (<c>MigrateFrom</c>). Durable when it returns.</summary>
    /// <typeparam name="TIn">The input of a run.</typeparam>
    /// <typeparam name="TOut">The output of a run.</typeparam>
    /// <typeparam name="TContext">The context of the new version.</typeparam>
    /// <param name="definition">The newer version; the cluster keeps it from now on.</param>
    /// <param name="cancellationToken">Stops waiting; it may have happened.</param>
    /// <remarks>A run that goes on while it is planned for is planned for again, a few times: one that does not rest is better paused before.</remarks>
    /// <exception cref="FlowException">
    /// <c>bad_input</c>: the version is not newer, or the run has items or a context that no rule moves (all are named), or it did not rest; <c>already_ended</c>;
    /// <c>already_exists</c>: the version is kept with another definition.
    /// </exception>
    Task<WorkflowRunView> MigrateAsync<TIn, TOut, TContext>(WorkflowDefinition<TIn, TOut, TContext> definition, CancellationToken cancellationToken = default)
        where TContext : IMergeable<TContext>;

    /// <summary>Moves the run as a plan says that was made for it as it is. Durable when it returns.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="cancellationToken">Stops waiting; it may have happened.</param>
    /// <exception cref="FlowException">As above; <c>bad_input</c> too when the run has gone on since the plan was made: plan again.</exception>
    Task<WorkflowRunView> MigrateAsync(MigrationPlan plan, CancellationToken cancellationToken = default);

    /// <summary>All of the run, its definition included: what a migration is planned by.</summary>
    Task<WorkflowRunState> StateAsync(CancellationToken cancellationToken = default);

    /// <summary>The run's context, merged from what is stored.</summary>
    /// <typeparam name="TContext">The type of the definition's context.</typeparam>
    /// <param name="cancellationToken">Gives up.</param>
    Task<TContext> ContextAsync<TContext>(CancellationToken cancellationToken = default)
        where TContext : IMergeable<TContext>;

    /// <summary>The run's context as it is stored, for those who do not have its type.</summary>
    Task<WorkflowContextView> StoredContextAsync(CancellationToken cancellationToken = default);

    /// <summary>The items that are not done, by number; pages are fetched as they are needed.</summary>
    IAsyncEnumerable<WorkflowItemView> ItemsAsync(CancellationToken cancellationToken = default);

    /// <summary>The newest attempts that failed, the oldest of them first.</summary>
    Task<IReadOnlyList<WorkflowErrorView>> ErrorsAsync(CancellationToken cancellationToken = default);

    /// <summary>The run's history with the definition it is of: to be told line by line, drawn, replayed or kept with tests.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <remarks>Of a run that has continued as new it begins with the second link before the newest one, and names that link.</remarks>
    Task<WorkflowHistoryFile> ReadHistoryAsync(CancellationToken cancellationToken = default);

    /// <summary>Commits of the run's history, each the JSON array of its events; pages are fetched as they are needed.</summary>
    IAsyncEnumerable<Payload> HistoryAsync(CancellationToken cancellationToken = default);

    /// <summary>Why the run stands where it does; the most telling reason first.</summary>
    Task<IReadOnlyList<RunReason>> WhyAsync(CancellationToken cancellationToken = default);

    /// <summary>Deletes the run, which must have ended, with its history.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: it has not ended.</exception>
    Task DeleteAsync(CancellationToken cancellationToken = default);
}

/// <summary>One run of a workflow whose output type is known.</summary>
/// <typeparam name="TOut">The output of a run.</typeparam>
public interface IWorkflowHandle<TOut> : IWorkflowHandle
{
    /// <summary>Waits for the end of the run and returns its output: the first or last one, as the definition says; of a list, the last.</summary>
    /// <param name="cancellationToken">Stops waiting; the run goes on.</param>
    /// <exception cref="FlowException">The run failed, with its code and words, or was cancelled (<c>cancelled</c>).</exception>
    Task<TOut> ResultAsync(CancellationToken cancellationToken = default);

    /// <summary>The same with every output that the definition's rule keeps.</summary>
    /// <param name="cancellationToken">Stops waiting; the run goes on.</param>
    /// <exception cref="FlowException">As of <see cref="ResultAsync"/>.</exception>
    Task<IReadOnlyList<TOut>> ResultsAsync(CancellationToken cancellationToken = default);
}
