using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Workers;
using OrleansFlow.Workflows.Execution;

namespace OrleansFlow.Worker.Attempts;

/// <summary>Which handler serves a role on this worker.</summary>
public sealed class RoleRegistration
{
    private readonly ObjectFactory? _factory;

    /// <summary>Names the handler of a role.</summary>
    /// <param name="role">The role: an id by the rule of <see cref="Tasks.IdText"/>.</param>
    /// <param name="handlerType">A <see cref="RoleHandler"/> that can be made from services.</param>
    /// <param name="isBuiltIn">True for a role that comes with every worker; one of the user's with the same name wins over it.</param>
    /// <param name="isSingleton">True: one instance serves every attempt, at the same time; false: each attempt gets its own.</param>
    /// <exception cref="ArgumentException">The role is not well-formed, or the type is no handler that can be made.</exception>
    public RoleRegistration(string role, Type handlerType, bool isBuiltIn = false, bool isSingleton = false)
    {
        ArgumentNullException.ThrowIfNull(handlerType);
        if (!Tasks.IdText.IsValid(role))
        {
            throw new ArgumentException(
                $"'{role}' is not a role: use 1 to {Tasks.IdText.MaxLength} letters, digits, '_', '-' or '.', starting with a letter or digit.", nameof(role));
        }

        if (!handlerType.IsAssignableTo(typeof(RoleHandler)) || handlerType.IsAbstract)
        {
            throw new ArgumentException($"{handlerType} cannot serve role '{role}': it must be a class that derives from {nameof(RoleHandler)}.", nameof(handlerType));
        }

        Role = role;
        HandlerType = handlerType;
        IsBuiltIn = isBuiltIn;
        IsSingleton = isSingleton;
        Version = handlerType.GetCustomAttributes<RoleHandlerAttribute>(inherit: false).FirstOrDefault(attribute => attribute.Role == role)?.Version;
        _factory = ActivatorUtilities.CreateFactory(handlerType, Type.EmptyTypes);
    }

    /// <summary>Serves a workflow's items of a role.</summary>
    /// <param name="role">The role (<see cref="WorkflowRoles"/>).</param>
    /// <param name="workflow">What does the steps.</param>
    internal RoleRegistration(string role, IWorkflowSteps workflow)
    {
        Role = role;
        Workflow = workflow;
        HandlerType = workflow.GetType();
        Version = workflow.Compiled.Hash;
    }

    /// <summary>The role.</summary>
    public string Role { get; }

    /// <summary>What does the steps of a workflow's role; null for a handler's.</summary>
    public IWorkflowSteps? Workflow { get; }

    /// <summary>The class that serves it.</summary>
    public Type HandlerType { get; }

    /// <summary>Version of the role as its <see cref="RoleHandlerAttribute"/> says; null when it does not.</summary>
    public string? Version { get; }

    /// <summary>Whether it comes with every worker.</summary>
    public bool IsBuiltIn { get; }

    /// <summary>Whether one instance serves every attempt.</summary>
    public bool IsSingleton { get; }

    /// <summary>The handler of an attempt, made from the services of its scope, or the shared one.</summary>
    internal RoleHandler Create(IServiceProvider services) =>
        IsSingleton ? services.GetRequiredService<SharedHandlers>().Of(this) : Make(services);

    internal RoleHandler Make(IServiceProvider services) => (RoleHandler)(_factory ?? throw new InvalidOperationException($"Role '{Role}' is a workflow's; it has no handler."))(services, null);
}
