using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Workflows.Workers;

/// <summary>Puts a <see cref="WorkflowWorker"/> together. Required: id, store, and a workflow; <see cref="Build"/> names what is missing.</summary>
public sealed class WorkflowWorkerBuilder
{
    private readonly List<IStepRunner> _workflows = [];
    private string? _id;
    private IWorkflowStore? _store;
    private WorkerSettings _settings = new();

    /// <summary>Names the worker. Ids of loops beyond the first are made of it.</summary>
    /// <param name="id">By the rule of <see cref="IdText"/>; two workers that live at the same time have different ones.</param>
    public WorkflowWorkerBuilder Id(string id)
    {
        _id = id;
        return this;
    }

    /// <summary>Says where the runs are.</summary>
    /// <param name="store">The store; not disposed by the worker.</param>
    public WorkflowWorkerBuilder Store(IWorkflowStore store)
    {
        _store = store;
        return this;
    }

    /// <summary>Adds a workflow whose steps the worker does. Several versions of one workflow are several workflows.</summary>
    /// <typeparam name="TIn">The input of a run.</typeparam>
    /// <typeparam name="TOut">The output of a run.</typeparam>
    /// <typeparam name="TContext">What a run's steps share.</typeparam>
    /// <param name="definition">The definition.</param>
    /// <param name="json">How payloads are written; <see langword="null"/> for the defaults.</param>
    public WorkflowWorkerBuilder Workflow<TIn, TOut, TContext>(WorkflowDefinition<TIn, TOut, TContext> definition, JsonSerializerOptions? json = null)
        where TContext : IMergeable<TContext>
    {
        ArgumentNullException.ThrowIfNull(definition);
        _workflows.Add(new StepRunner<TIn, TOut, TContext>(definition, json));
        return this;
    }

    /// <summary>Limits the worker to nodes without a role and those with one of these.</summary>
    /// <param name="roles">The roles.</param>
    public WorkflowWorkerBuilder Roles(params string[] roles)
    {
        ArgumentNullException.ThrowIfNull(roles);
        _settings = _settings with { Roles = roles };
        return this;
    }

    /// <summary>How failed steps are repeated whose node does not say.</summary>
    /// <param name="policy">The policy; without this call <see cref="StepRetryPolicy.Default"/>: 5 attempts, after 1, 2, 4 and 8 s. <see langword="null"/>: as each run says.</param>
    public WorkflowWorkerBuilder Retry(StepRetryPolicy? policy)
    {
        _settings = _settings with { Retry = policy };
        return this;
    }

    /// <summary>How long a loop waits for work before it says that it is alive and asks again. Work that comes meanwhile wakes it.</summary>
    /// <param name="wait">More than zero; without this call 10 s.</param>
    public WorkflowWorkerBuilder IdleWait(TimeSpan wait)
    {
        _settings = _settings with { IdleWait = wait };
        return this;
    }

    /// <summary>The clock of steps, heartbeats and waits.</summary>
    /// <param name="time">The clock; without this call the machine's.</param>
    public WorkflowWorkerBuilder Time(TimeProvider time)
    {
        _settings = _settings with { Time = time };
        return this;
    }

    /// <summary>Where the jitter of retry waits comes from.</summary>
    /// <param name="random">Used under a lock.</param>
    public WorkflowWorkerBuilder Random(Random random)
    {
        _settings = _settings with { Random = random };
        return this;
    }

    /// <summary>Where node classes come from.</summary>
    /// <param name="services">The services; each step gets a scope of its own.</param>
    public WorkflowWorkerBuilder Services(IServiceProvider services)
    {
        _settings = _settings with { Services = services };
        return this;
    }

    /// <summary>Where failures of the loop go.</summary>
    /// <param name="logger">The logger; without this call nowhere.</param>
    public WorkflowWorkerBuilder Logger(ILogger logger)
    {
        _settings = _settings with { Logger = logger };
        return this;
    }

    /// <summary>Called, and awaited, when an item was leased and before its node runs.</summary>
    /// <param name="callback">What to do. An exception is a failed attempt: the node does not run.</param>
    public WorkflowWorkerBuilder OnStarting(Func<WorkflowAttempt, CancellationToken, ValueTask> callback)
    {
        _settings = _settings with { OnStarting = callback };
        return this;
    }

    /// <summary>Called, and awaited, when the node is done and before the step is committed.</summary>
    /// <param name="callback">
    /// What to do; it may run more than once for an item, as the node may. An exception is a failed attempt: nothing of the step is kept. It is not called when
    /// the lease is known to be lost, and its token fires when that happens; a step whose lease was lost unnoticed is still refused when it is committed.
    /// </param>
    public WorkflowWorkerBuilder OnSuccess(Func<WorkflowAttempt, StepOutcome, CancellationToken, ValueTask> callback)
    {
        _settings = _settings with { OnSuccess = callback };
        return this;
    }

    /// <summary>Called, and awaited, when an attempt failed and before that is recorded.</summary>
    /// <param name="callback">What to do. An exception is logged and added to the recorded error; the attempt has failed anyway.</param>
    public WorkflowWorkerBuilder OnError(Func<WorkflowAttempt, Exception, CancellationToken, ValueTask> callback)
    {
        _settings = _settings with { OnError = callback };
        return this;
    }

    /// <summary>Makes the worker.</summary>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.BadOption"/>, with every part that is missing or wrong.</exception>
    public WorkflowWorker Build()
    {
        var problems = new List<FlowProblem>();
        Require(_id is not null, "Id", "a worker has an id: call Id.");
        Require(_id is null || IdText.IsValid(_id), "Id", $"'{_id}' is not a worker id: use 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', starting with a letter or digit.");
        Require(_store is not null, "Store", "a worker takes its work from a store: call Store.");
        Require(_workflows.Count > 0, "Workflow", "a worker does the steps of workflows: call Workflow at least once.");
        Require(_settings.IdleWait > TimeSpan.Zero, "IdleWait", $"{_settings.IdleWait} is no wait; use more than zero.");
        foreach (var twice in _workflows.GroupBy(steps => (steps.Compiled.Name, steps.Compiled.Version)).Where(group => group.Count() > 1))
        {
            Require(false, "Workflow", $"version {twice.Key.Version} of workflow '{twice.Key.Name}' was added {twice.Count()} times.");
        }

        return problems.Count == 0
            ? new WorkflowWorker(new WorkerId(_id!), _store!, _workflows, _settings)
            : throw new FlowException(FlowErrorCode.BadOption, problems);

        void Require(bool holds, string part, string text)
        {
            if (!holds)
            {
                problems.Add(new FlowProblem("worker_part", part, $"{part} is required or wrong: {text}"));
            }
        }
    }
}
