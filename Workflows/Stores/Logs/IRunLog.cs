using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Stores.Logs;

/// <summary>The rows of a store: for each run its commits in order, a snapshot now and then, and the line by which it is found.</summary>
internal interface IRunLog : IAsyncDisposable
{
    /// <summary>True when no other process can write the rows while this one has them open.</summary>
    bool IsExclusive { get; }

    /// <summary>Opens the rows; once, before anything else.</summary>
    /// <param name="changed">Called, on any thread, when another process has written a run; with null when news may have been missed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask OpenAsync(Action<RunLine?> changed, CancellationToken cancellationToken);

    /// <summary>Appends a commit. Commits are written in the order of the calls; the task completes when this one is durable.</summary>
    /// <exception cref="FlowException">It is not known whether it was written, or the store is full.</exception>
    Task<AppendAnswer> AppendAsync(RunAppend append);

    /// <summary>The line of a run; null when there is none.</summary>
    ValueTask<RunLine?> FindAsync(RunId run, CancellationToken cancellationToken);

    /// <summary>All that is needed to have a run's state; null when there is no such run.</summary>
    ValueTask<StoredRun?> LoadAsync(RunId run, CancellationToken cancellationToken);

    /// <summary>Commits of a run that come after an event, the oldest first, until there are so many events or more.</summary>
    ValueTask<IReadOnlyList<byte[]>> ReadAsync(RunId run, long after, int limit, CancellationToken cancellationToken);

    /// <summary>Deletes a run with all its rows; completes when that is durable.</summary>
    Task DeleteAsync(RunId run);

    /// <summary>Lines that match, by id.</summary>
    ValueTask<RunPage> ListAsync(RunListFilter filter, CancellationToken cancellationToken);

    /// <summary>Lines of runs that need care: with work, leases or orders, or that go on by themselves before a time. By id.</summary>
    ValueTask<IReadOnlyList<RunLine>> ListCaresAsync(DateTimeOffset wakeBeforeUtc, RunId after, int limit, CancellationToken cancellationToken);

    /// <summary>Keeps a definition.</summary>
    /// <exception cref="FlowException"><c>already_exists</c>: its name and version have another one.</exception>
    ValueTask SaveDefinitionAsync(CompiledWorkflow workflow, CancellationToken cancellationToken);

    /// <summary>Reads a definition, of version 0 the newest; null when it is not kept.</summary>
    ValueTask<CompiledWorkflow?> FindDefinitionAsync(WorkflowVersion workflow, CancellationToken cancellationToken);

    /// <summary>Keeps until when a lease was renewed. Only where <see cref="IsExclusive"/> is false.</summary>
    ValueTask RenewAsync(StepToken step, DateTimeOffset untilUtc, CancellationToken cancellationToken);

    /// <summary>The renewed leases of a run.</summary>
    ValueTask<IReadOnlyList<RenewedLease>> ListRenewedAsync(RunId run, CancellationToken cancellationToken);

    /// <summary>Keeps what a worker said of itself.</summary>
    ValueTask SaveWorkerAsync(WorkerHealth worker, CancellationToken cancellationToken);

    /// <summary>What the workers said of themselves.</summary>
    ValueTask<IReadOnlyList<WorkerHealth>> ListWorkersAsync(CancellationToken cancellationToken);
}
