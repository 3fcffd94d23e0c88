using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansFlow.Worker.Attempts;
using OrleansFlow.Worker.Sessions;
using OrleansFlow.Workers;

namespace OrleansFlow.Worker.Hosting;

/// <summary>Says what the worker of a host serves.</summary>
/// <param name="services">The host's services.</param>
public sealed class WorkerBuilder(IServiceCollection services)
{
    /// <summary>The host's services.</summary>
    public IServiceCollection Services { get; } = services;

    /// <summary>Serves roles with a handler, which is made anew, from the services of its own scope, for each attempt.</summary>
    /// <typeparam name="THandler">The handler.</typeparam>
    /// <param name="roles">The roles; none: those of its <see cref="RoleHandlerAttribute"/>s.</param>
    /// <exception cref="ArgumentException">A role is not well-formed, or there is none.</exception>
    public WorkerBuilder AddHandler<THandler>(params string[] roles)
        where THandler : RoleHandler => AddHandler(typeof(THandler), roles);

    /// <summary>Serves roles with a handler; for hosts that find handlers at run time.</summary>
    /// <param name="handlerType">The handler.</param>
    /// <param name="roles">The roles; none: those of its <see cref="RoleHandlerAttribute"/>s.</param>
    /// <exception cref="ArgumentException">A role is not well-formed, or there is none, or the type is no handler.</exception>
    public WorkerBuilder AddHandler(Type handlerType, params string[] roles)
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
            Services.AddSingleton(new RoleRegistration(role, handlerType));
        }

        return this;
    }

    /// <summary>Reaches the gateway by another way than gRPC, for example <see cref="InProcessWorkerTransport"/>.</summary>
    public WorkerBuilder UseTransport(Func<IServiceProvider, IWorkerTransport> make)
    {
        Services.Replace(ServiceDescriptor.Singleton(make));
        return this;
    }
}
