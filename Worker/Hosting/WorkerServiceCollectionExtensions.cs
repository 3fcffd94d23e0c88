using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansFlow.Hosting;
using OrleansFlow.Sql.Roles;
using OrleansFlow.Worker.Attempts;
using OrleansFlow.Worker.Data;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Worker.Hosting;

/// <summary>Puts a worker into a host.</summary>
public static class WorkerServiceCollectionExtensions
{
    /// <summary>
    /// Adds a worker that starts and stops with the host. Calling it again adds to the same worker.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Changes options after configuration (section <c>OrleansFlow:Worker</c>) was bound; null for none.</param>
    /// <returns>For naming the handlers.</returns>
    public static WorkerBuilder AddOrleansFlowWorker(this IServiceCollection services, Action<WorkerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (configure is not null)
        {
            services.Configure(configure);
        }

        if (services.Any(service => service.ServiceType == typeof(FlowWorker)))
        {
            return new WorkerBuilder(services);
        }

        // A host without configuration is fine: then there is nothing to bind. Inserted first, so that what is said in code wins.
        services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<WorkerOptions>>(provider =>
            new ConfigureOptions<WorkerOptions>(options => provider.GetService<IConfiguration>()?.GetSection(WorkerOptions.SectionName).Bind(options))));
        services.AddOptions<WorkerOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<WorkerOptions>, WorkerOptionsValidator>());
        services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<WorkerDataOptions>>(provider =>
            new ConfigureOptions<WorkerDataOptions>(options => provider.GetService<IConfiguration>()?.GetSection(WorkerDataOptions.SectionName).Bind(options))));
        services.AddOptions<WorkerDataOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<WorkerDataOptions>, WorkerDataOptionsValidator>());
        services.AddLogging();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<RoleCatalog>();
        services.AddSingleton(new RoleRegistration(SqlRoleHandler.Role, typeof(SqlRoleHandler), isBuiltIn: true));
        services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<SqlRoleOptions>>(provider =>
            new ConfigureOptions<SqlRoleOptions>(options => provider.GetService<IConfiguration>()?.GetSection(SqlRoleOptions.SectionName).Bind(options))));
        services.AddOptions<SqlRoleOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SqlRoleOptions>, SqlRoleOptionsValidator>());
        services.TryAddSingleton<IWorkerTransport>(provider =>
        {
            var options = provider.GetRequiredService<IOptions<WorkerOptions>>().Value;
            return new RpcWorkerTransport(
                () => GatewayEndpoint.Find(options.Gateway, options.Token, options.DataFolder),
                provider.GetRequiredService<TimeProvider>(),
                GatewayTls.Load(options.TlsAuthorityPath, options.TlsCertificatePath, options.TlsCertificatePassword));
        });
        services.AddSingleton<FlowWorker>();
        services.AddHostedService(provider => provider.GetRequiredService<FlowWorker>());
        return new WorkerBuilder(services);
    }
}
