using System.Collections.Concurrent;
using System.Globalization;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Workflows.Workers;

/// <summary>Does the steps of workflows: takes an item from a store, runs its node, and commits what followed from it. Thread-safe.</summary>
/// <remarks>
/// <para>
/// Each call of <see cref="RunOnceAsync"/> or <see cref="RunForeverAsync(CancellationToken)"/> that is under way is a loop of its own, with an id of its own: the worker's,
/// then <c>ID.2</c>, <c>ID.3</c> and so on. While a step runs its lease is renewed and the loop's health is reported in the background.
/// </para>
/// <para>A step is at least once: its effects on the run happen once, those of the node's own code may be repeated after a crash.</para>
/// </remarks>
public sealed class WorkflowWorker
{
    private readonly Dictionary<WorkflowVersion, IStepRunner> _workflows;
    private readonly ConcurrentBag<WorkerLoop> _resting = [];
    private readonly ConcurrentDictionary<WorkerId, WorkerLoop> _loops = new();
    private int _loopCount;
    private bool _isRegistered;

    internal WorkflowWorker(WorkerId id, IWorkflowStore store, IReadOnlyList<IStepRunner> workflows, WorkerSettings settings)
    {
        (Id, Store, Settings) = (id, store, settings);
        _workflows = workflows.ToDictionary(steps => new WorkflowVersion(steps.Compiled.Name, steps.Compiled.Version));
    }

    /// <summary>The worker's id, which is also that of its first loop.</summary>
    public WorkerId Id { get; }

    /// <summary>How the loops of this instance are, in the order of their ids.</summary>
    public IReadOnlyList<WorkerHealth> Health => [.. _loops.Values.Select(loop => loop.Health).OrderBy(health => health.Id.Value, StringComparer.Ordinal)];

    internal IWorkflowStore Store { get; }

    internal WorkerSettings Settings { get; }

    internal IReadOnlyCollection<WorkflowVersion> Workflows => _workflows.Keys;

    /// <summary>Begins to put a worker together.</summary>
    public static WorkflowWorkerBuilder CreateBuilder() => new();

    /// <summary>Does one step when there is one.</summary>
    /// <param name="cancellationToken">Stops the step: its node is told, and the item is given back.</param>
    /// <returns>Idle when nothing was there; Stepped when an attempt was made; Completed when the run ended with it.</returns>
    /// <exception cref="Errors.FlowException">The store failed. A failure of the node is no exception: it is recorded.</exception>
    public async ValueTask<WorkerStep> RunOnceAsync(CancellationToken cancellationToken = default)
    {
        await RegisterAsync(cancellationToken).ConfigureAwait(false);
        var loop = Rent();
        try
        {
            return await loop.StepAsync(TimeSpan.Zero, cancellationToken, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _resting.Add(loop);
        }
    }

    /// <summary>Does steps until it is stopped. It waits only when nothing was found, and then until work comes; a failure of the loop is logged, and it goes on.</summary>
    /// <param name="cancellationToken">Stops it: the node of a step in flight is told, and the item is given back.</param>
    public Task RunForeverAsync(CancellationToken cancellationToken) => RunForeverAsync(cancellationToken, cancellationToken);

    /// <summary>Does steps until it is stopped, and tells apart how.</summary>
    /// <param name="drain">Takes no further item; the step in flight ends as if nothing had happened.</param>
    /// <param name="stop">Takes no further item; the node of a step in flight is told, and the item is given back.</param>
    public async Task RunForeverAsync(CancellationToken drain, CancellationToken stop)
    {
        var loop = Rent();
        try
        {
            await loop.RunAsync(drain, stop).ConfigureAwait(false);
        }
        finally
        {
            _resting.Add(loop);
        }
    }

    internal IStepRunner StepsOf(CompiledWorkflow workflow) => _workflows[new(workflow.Name, workflow.Version)];

    internal double NextChance()
    {
        lock (Settings.Random)
        {
            return Settings.Random.NextDouble();
        }
    }

    /// <summary>Keeps the worker's definitions, so that runs on them can be started by name. Once; at the same time it may be twice.</summary>
    internal async ValueTask RegisterAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _isRegistered))
        {
            return;
        }

        foreach (var steps in _workflows.Values)
        {
            await Store.RegisterAsync(steps.Compiled, cancellationToken).ConfigureAwait(false);
        }

        Volatile.Write(ref _isRegistered, true);
    }

    private WorkerLoop Rent()
    {
        if (_resting.TryTake(out var rested))
        {
            return rested;
        }

        var number = Interlocked.Increment(ref _loopCount);
        var loop = new WorkerLoop(this, number == 1 ? Id : new WorkerId(string.Create(CultureInfo.InvariantCulture, $"{Id}.{number}")));
        _loops[loop.Id] = loop;
        return loop;
    }
}
