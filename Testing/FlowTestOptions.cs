using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Attempts;
using OrleansFlow.Workers;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Execution;

namespace OrleansFlow.Testing;

/// <summary>What a <see cref="FlowTestCluster"/> is made of.</summary>
public sealed class FlowTestOptions
{
    private readonly List<RoleRegistration> _roles = [];
    private readonly List<IWorkflowSteps> _workflows = [];

    /// <summary>Workers, named <c>worker-1</c> and on. Two or more let another one take over.</summary>
    /// <value>Default 2. Range 1 to 100.</value>
    public int WorkerCount { get; set; } = 2;

    /// <summary>Tasks that one worker runs at once.</summary>
    /// <value>Default 4. Range 1 to 10 000.</value>
    public int SlotsPerWorker { get; set; } = 4;

    /// <summary>Services for the handlers, shared by all workers.</summary>
    public IServiceCollection Services { get; } = new ServiceCollection();

    /// <summary>Changes how leases are kept; null for the defaults.</summary>
    public Action<LeaseOptions>? ConfigureLeases { get; set; }

    internal IReadOnlyList<RoleRegistration> Roles => _roles;

    internal IReadOnlyList<IWorkflowSteps> Workflows => _workflows;

    /// <summary>Real time for which work keeps the clock still.</summary>
    internal TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Serves roles with a handler on every worker.</summary>
    /// <typeparam name="THandler">The handler, made for each attempt from <see cref="Services"/>.</typeparam>
    /// <param name="roles">The roles; none: those of its <see cref="RoleHandlerAttribute"/>s.</param>
    /// <exception cref="ArgumentException">There is no role, or one is not well-formed.</exception>
    public FlowTestOptions AddHandler<THandler>(params string[] roles)
        where THandler : RoleHandler
    {
        ArgumentNullException.ThrowIfNull(roles);
        var names = roles.Length > 0
            ? roles
            : [.. typeof(THandler).GetCustomAttributes(typeof(RoleHandlerAttribute), inherit: false).Cast<RoleHandlerAttribute>().Select(attribute => attribute.Role)];
        if (names.Length == 0)
        {
            throw new ArgumentException($"{typeof(THandler)} names no role: say AddHandler<{typeof(THandler).Name}>(\"role\").", nameof(roles));
        }

        foreach (var role in names)
        {
            _roles.Add(new RoleRegistration(role, typeof(WatchedHandler<THandler>)));
        }

        return this;
    }

    /// <summary>Serves a workflow on every worker.</summary>
    /// <typeparam name="TIn">The input of a run.</typeparam>
    /// <typeparam name="TOut">The output of a run.</typeparam>
    /// <typeparam name="TContext">What a run's steps share.</typeparam>
    /// <param name="workflow">The definition; several versions of one workflow may be served.</param>
    public FlowTestOptions AddWorkflow<TIn, TOut, TContext>(WorkflowDefinition<TIn, TOut, TContext> workflow)
        where TContext : IMergeable<TContext>
    {
        ArgumentNullException.ThrowIfNull(workflow);
        _workflows.Add(workflow.ToSteps());
        return this;
    }
}
