using System.Data.Common;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansFlow.Inputs;
using OrleansFlow.Streaming.Functions;
using OrleansFlow.Streaming.Functions.Typed;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Worker.Attempts;
using OrleansFlow.Worker.Functions;
using OrleansFlow.Worker.Inputs;
using OrleansFlow.Worker.Jobs;
using OrleansFlow.Worker.Sessions;
using OrleansFlow.Workers;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Execution;

namespace OrleansFlow.Worker.Hosting;

/// <summary>Says what a worker of a host serves.</summary>
/// <param name="services">The host's services.</param>
/// <param name="name">Name of the worker, where the host has several; null for the one without a name.</param>
public sealed class WorkerBuilder(IServiceCollection services, string? name = null)
{
    /// <summary>The host's services.</summary>
    public IServiceCollection Services { get; } = services;

    /// <summary>Name of the worker; null for the one without a name.</summary>
    public string? Name { get; } = name;

    /// <summary>Serves roles with a handler, which is made anew, from the services of its own scope, for each attempt. One type may serve several roles.</summary>
    /// <typeparam name="THandler">The handler.</typeparam>
    /// <param name="roles">The roles; none: those of its <see cref="RoleHandlerAttribute"/>s.</param>
    /// <exception cref="ArgumentException">A role is not well-formed, or there is none.</exception>
    public WorkerBuilder AddHandler<THandler>(params string[] roles)
        where THandler : RoleHandler => AddHandler(typeof(THandler), roles);

    /// <summary>Serves roles with a handler; for hosts that find handlers at run time.</summary>
    /// <param name="handlerType">The handler.</param>
    /// <param name="roles">The roles; none: those of its <see cref="RoleHandlerAttribute"/>s.</param>
    /// <exception cref="ArgumentException">A role is not well-formed, or there is none, or the type is no handler.</exception>
    public WorkerBuilder AddHandler(Type handlerType, params string[] roles) => Add(handlerType, roles, isSingleton: false);

    /// <summary>
    /// Serves roles with one instance of a handler for every attempt, made at first use from the host's services and disposed with the host. Attempts
    /// run at the same time, so it must keep no state of an attempt in its fields.
    /// </summary>
    /// <typeparam name="THandler">The handler.</typeparam>
    /// <param name="roles">The roles; none: those of its <see cref="RoleHandlerAttribute"/>s.</param>
    /// <exception cref="ArgumentException">A role is not well-formed, or there is none.</exception>
    public WorkerBuilder AddSingletonHandler<THandler>(params string[] roles)
        where THandler : RoleHandler => Add(typeof(THandler), roles, isSingleton: true);

    /// <summary>Serves every public handler of an assembly that says by <see cref="RoleHandlerAttribute"/> which role it is for.</summary>
    /// <exception cref="ArgumentException">The assembly has none.</exception>
    public WorkerBuilder AddHandlersFrom(System.Reflection.Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        var handlers = assembly.GetExportedTypes()
            .Where(type => type.IsSubclassOf(typeof(RoleHandler)) && !type.IsAbstract && type.IsDefined(typeof(RoleHandlerAttribute), inherit: false))
            .OrderBy(type => type.FullName, StringComparer.Ordinal)
            .ToList();
        if (handlers.Count == 0)
        {
            throw new ArgumentException(
                $"'{assembly.Location}' has no public class with [RoleHandler(\"role\")] that derives from {nameof(RoleHandler)}.", nameof(assembly));
        }

        handlers.ForEach(type => AddHandler(type));
        return this;
    }

    /// <summary>
    /// Runs a function of the user's own for graphs (<c>"fn": "name"</c>), as a task of the role <c>coordinator</c> which this worker then serves. Every
    /// worker of that role needs every such function: one that a worker does not have fails its node for good (<c>no_handler</c>).
    /// </summary>
    /// <param name="name">Its name; the built-in ones (<c>vars.set</c>, <c>noop</c>, ...) never reach a worker.</param>
    /// <param name="function">Gets the attempt and the node's <c>args</c> (<c>Undefined</c> for none); gives the result as JSON, or null. May be called again.</param>
    /// <exception cref="ArgumentException">The name is not well-formed.</exception>
    public WorkerBuilder AddCoordinatorFunction(string name, Func<RunContext, JsonElement, CancellationToken, ValueTask<string?>> function)
    {
        Services.AddSingleton(new CoordinatorFunctionRegistration(name, function));
        return AddHandler<CoordinatorHandler>(CoordinatorHandler.Role);
    }

    /// <summary>Does the steps of a workflow's runs, of this version. The silo learns of the definition when the worker registers.</summary>
    /// <typeparam name="TIn">The input of a run.</typeparam>
    /// <typeparam name="TOut">The output of a run.</typeparam>
    /// <typeparam name="TContext">What the steps share.</typeparam>
    /// <param name="workflow">The definition.</param>
    /// <param name="nodeRoles">Of the nodes that name a role only those with one of these; none: all nodes.</param>
    public WorkerBuilder AddWorkflow<TIn, TOut, TContext>(WorkflowDefinition<TIn, TOut, TContext> workflow, params string[] nodeRoles)
        where TContext : IMergeable<TContext>
    {
        ArgumentNullException.ThrowIfNull(workflow);
        return AddWorkflow(workflow.ToSteps(), nodeRoles);
    }

    /// <summary>The same, for hosts that know no types.</summary>
    /// <param name="workflow">What does the steps.</param>
    /// <param name="nodeRoles">Of the nodes that name a role only those with one of these; none: all nodes.</param>
    public WorkerBuilder AddWorkflow(IWorkflowSteps workflow, params string[] nodeRoles)
    {
        ArgumentNullException.ThrowIfNull(workflow);
        foreach (var role in WorkflowRoles.Of(workflow.Compiled, nodeRoles))
        {
            Register(new RoleRegistration(role, workflow));
        }

        return this;
    }

    /// <summary>Reaches the gateway by another way than gRPC, for example <see cref="InProcessWorkerTransport"/>.</summary>
    public WorkerBuilder UseTransport(Func<IServiceProvider, IWorkerTransport> make)
    {
        Services.Replace(Name is null
            ? ServiceDescriptor.Singleton(make)
            : ServiceDescriptor.KeyedSingleton<IWorkerTransport>(Name, (provider, _) => make(provider)));
        return this;
    }

    private WorkerBuilder Add(Type handlerType, string[] roles, bool isSingleton)
    {
        ArgumentNullException.ThrowIfNull(handlerType);
        ArgumentNullException.ThrowIfNull(roles);
        if (roles.Length == 0)
        {
            roles = [.. handlerType.GetCustomAttributes(typeof(RoleHandlerAttribute), inherit: false).Cast<RoleHandlerAttribute>().Select(attribute => attribute.Role)];
        }

        if (roles.Length == 0)
        {
            throw new ArgumentException(
                $"{handlerType} names no role: say AddHandler<{handlerType.Name}>(\"role\"), or put [RoleHandler(\"role\")] on it.", nameof(handlerType));
        }

        foreach (var role in roles)
        {
            Register(new RoleRegistration(role, handlerType, isSingleton: isSingleton));
        }

        return this;
    }

    /// <summary>Offers an input adapter to graphs and handlers. It is announced to the gateway, which checks its arguments at submit.</summary>
    /// <typeparam name="TAdapter">The adapter; made anew, from the services of the attempt's scope, for each attempt.</typeparam>
    /// <param name="name">Its name: 1 to 128 letters, digits, <c>_</c>, <c>-</c>, <c>.</c> or <c>:</c>, the first a letter or digit.</param>
    /// <param name="arguments">What it takes; anything else is refused.</param>
    /// <exception cref="ArgumentException">The name or an argument is not well-formed, or the type is no adapter that can be made.</exception>
    public WorkerBuilder AddInputAdapter<TAdapter>(string name, params AdapterArgument[] arguments)
        where TAdapter : InputAdapter => AddInputAdapter<TAdapter>(new AdapterSchema(name, arguments));

    /// <summary>Offers an input adapter to graphs and handlers.</summary>
    /// <typeparam name="TAdapter">The adapter; made anew, from the services of the attempt's scope, for each attempt.</typeparam>
    /// <param name="schema">Its name and what it takes.</param>
    /// <exception cref="ArgumentException">The name or an argument is not well-formed, or the type is no adapter that can be made.</exception>
    public WorkerBuilder AddInputAdapter<TAdapter>(AdapterSchema schema)
        where TAdapter : InputAdapter
    {
        Services.AddSingleton(new AdapterRegistration(schema, typeof(TAdapter)));
        return this;
    }

    /// <summary>Adds a kind of operator to those that streaming jobs may name here.</summary>
    /// <param name="kind">As programs name it; none of those that every worker has.</param>
    /// <param name="make">Called once for each subtask; throws a <see cref="Errors.FlowException"/> when the config is wrong.</param>
    public WorkerBuilder AddOperator(string kind, Func<OperatorDefinition, StreamElement> make)
    {
        ArgumentException.ThrowIfNullOrEmpty(kind);
        ArgumentNullException.ThrowIfNull(make);
        Services.AddSingleton(new OperatorRegistration(kind, make));
        return this;
    }

    /// <summary>Adds a process function to those that streaming jobs may name here.</summary>
    /// <param name="name">As programs name it; not empty.</param>
    /// <param name="make">Called once for each subtask; the instance is of that subtask alone.</param>
    public WorkerBuilder AddProcessFunction(string name, Func<ProcessFunction> make)
    {
        ArgumentNullException.ThrowIfNull(make);
        return AddOperator(FunctionOperators.KindOf(name), definition => ProcessOperator.Create(definition, make));
    }

    /// <summary>Adds a process function over records to those that streaming jobs may name here.</summary>
    /// <param name="name">As programs name it, perhaps with a version; not empty.</param>
    /// <param name="make">Called once for each subtask; the instance is of that subtask alone.</param>
    public WorkerBuilder AddProcessFunction<TKey, TIn, TOut>(string name, Func<ProcessFunction<TKey, TIn, TOut>> make) => AddOperator(HostFunctions.KindOf("process", name), HostFunctions.Process(make));

    /// <summary>Adds a scalar function to those that streaming jobs may name here.</summary>
    /// <inheritdoc cref="AddProcessFunction{TKey, TIn, TOut}"/>
    public WorkerBuilder AddScalarFunction<TIn, TOut>(string name, Func<ScalarFunction<TIn, TOut>> make) => AddOperator(HostFunctions.KindOf("scalar", name), HostFunctions.Scalar(make));

    /// <summary>Adds a table function to those that streaming jobs may name here.</summary>
    /// <inheritdoc cref="AddProcessFunction{TKey, TIn, TOut}"/>
    public WorkerBuilder AddTableFunction<TIn, TOut>(string name, Func<TableFunction<TIn, TOut>> make) => AddOperator(HostFunctions.KindOf("table", name), HostFunctions.Table(make));

    /// <summary>Adds an async function to those that streaming jobs may name here.</summary>
    /// <inheritdoc cref="AddProcessFunction{TKey, TIn, TOut}"/>
    public WorkerBuilder AddAsyncFunction<TIn, TOut>(string name, Func<AsyncFunction<TIn, TOut>> make) => AddOperator(HostFunctions.KindOf("async", name), HostFunctions.Calls(make));

    /// <summary>Adds an aggregate function to those that streaming jobs may name here.</summary>
    /// <inheritdoc cref="AddProcessFunction{TKey, TIn, TOut}"/>
    public WorkerBuilder AddAggregateFunction<TKey, TIn, TAccumulator, TOut>(string name, Func<AggregateFunction<TKey, TIn, TAccumulator, TOut>> make) =>
        AddOperator(HostFunctions.KindOf("aggregate", name), HostFunctions.Aggregate(make));

    /// <summary>Names a database that <c>pull.cursor</c> may read. One of the options with the same name is not looked at.</summary>
    /// <param name="name">The name that graphs use.</param>
    /// <param name="provider">The database's ADO.NET provider.</param>
    /// <param name="connectionString">How to reach it.</param>
    public WorkerBuilder AddInputConnection(string name, DbProviderFactory provider, string connectionString)
    {
        Services.AddSingleton(new InputConnection(name, provider, connectionString));
        return this;
    }

    internal void Register(RoleRegistration registration)
    {
        if (Name is null)
        {
            Services.AddSingleton(registration);
        }
        else
        {
            Services.AddKeyedSingleton(Name, registration);
        }
    }
}
