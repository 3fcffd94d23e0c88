using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Worker.Data;
using OrleansFlow.Worker.Hosting;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Silo.Hosting;

/// <summary>Puts a worker into the silo's own process.</summary>
public static class InProcessWorkerExtensions
{
    /// <summary>
    /// Adds a worker that reaches the silo of the same host without a network. The silo must have
    /// <see cref="FlowSiloBuilderExtensions.AddOrleansFlow"/>. Calling it again adds to the same worker. The host counts as
    /// started once the worker has registered, so that its roles are known to the first caller.
    /// </summary>
    /// <param name="services">The services of the silo's host, for example <c>siloBuilder.Services</c>.</param>
    /// <param name="configure">Changes the worker's options; null for the defaults.</param>
    /// <returns>For naming the handlers.</returns>
    public static WorkerBuilder AddInProcessFlowWorker(this IServiceCollection services, Action<WorkerOptions>? configure = null)
    {
        AddTransport(services);
        return services.AddOrleansFlowWorker(configure).UseTransport(provider => provider.GetRequiredService<InProcessWorkerTransport>());
    }

    /// <summary>Adds one more worker to the silo's process, with a session, an id, slots and handlers of its own. Calling it again adds to the same worker.</summary>
    /// <param name="services">The services of the silo's host.</param>
    /// <param name="name">Its name in this host.</param>
    /// <param name="configure">Changes the worker's options; null for the defaults.</param>
    /// <returns>For naming the handlers.</returns>
    public static WorkerBuilder AddInProcessFlowWorker(this IServiceCollection services, string name, Action<WorkerOptions>? configure = null)
    {
        AddTransport(services);
        return services.AddOrleansFlowWorker(name, configure).UseTransport(provider => provider.GetRequiredService<InProcessWorkerTransport>());
    }

    private static void AddTransport(IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(service => service.ServiceType == typeof(InProcessWorkerTransport)))
        {
            return;
        }

        // Before the worker's own service, so that the host stops the worker first and its good-bye is still heard.
        services.AddSingleton<InProcessWorkerTransport>();
        services.AddHostedService<InProcessSessionHost>();
        services.AddHostedService<InProcessWorkerReadiness>();

        // The gateway of the same process serves what there is.
        services.PostConfigureAll<WorkerDataOptions>(data => data.Enabled = false);
    }
}
