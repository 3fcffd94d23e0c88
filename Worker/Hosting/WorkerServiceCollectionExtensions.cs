using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansFlow.Hosting;
using OrleansFlow.Sql.Roles;
using OrleansFlow.Streaming.Udfs;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Attempts;
using OrleansFlow.Worker.Data;
using OrleansFlow.Worker.Inputs;
using OrleansFlow.Worker.Jobs;
using OrleansFlow.Worker.Queries;
using OrleansFlow.Worker.Sessions;

namespace OrleansFlow.Worker.Hosting;

/// <summary>Puts workers into a host.</summary>
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

        var builder = new WorkerBuilder(services);
        if (services.Any(service => service.ServiceType == typeof(FlowWorker) && !service.IsKeyedService))
        {
            return builder;
        }

        AddShared(services);
        Bind<WorkerOptions>(services, null, WorkerOptions.SectionName);
        Bind<WorkerDataOptions>(services, null, WorkerDataOptions.SectionName);
        Bind<JobWorkerOptions>(services, null, JobWorkerOptions.SectionName);
        services.AddOptions<JobWorkerOptions>().PostConfigure<IServiceProvider>(static (jobs, provider) =>
        {
            var settings = provider.GetService<IConfiguration>();
            jobs.JobId ??= settings?["JOB_ID"];
            jobs.RunId ??= settings?["RUN_ID"];
        });
        services.TryAddSingleton<RoleCatalog>();
        services.TryAddSingleton<IWorkerTransport>(provider => MakeTransport(provider, provider.GetRequiredService<IOptions<WorkerOptions>>().Value));
        builder.Register(new RoleRegistration(SqlRoleHandler.Role, typeof(SqlRoleHandler), isBuiltIn: true));
        services.AddSingleton<FlowWorker>();
        services.AddHostedService(provider => provider.GetRequiredService<FlowWorker>());
        services.AddSingleton(new FlowWorkers.Entry(null));
        return builder;
    }

    /// <summary>
    /// Adds one more worker to a host: a session, an id, slots and handlers of its own. Its options are those of section <c>OrleansFlow:Worker</c>
    /// but for the id, with those of section <c>OrleansFlow:Workers:NAME</c> over them. Calling it again with the same name adds to the same worker.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="name">Its name in this host; an id by the rule of <see cref="IdText"/>.</param>
    /// <param name="configure">Changes options after configuration was bound; null for none.</param>
    /// <returns>For naming the handlers.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> is not well-formed.</exception>
    public static WorkerBuilder AddOrleansFlowWorker(this IServiceCollection services, string name, Action<WorkerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (!IdText.IsValid(name))
        {
            throw new ArgumentException(
                $"'{name}' cannot name a worker: use 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', starting with a letter or digit.", nameof(name));
        }

        if (configure is not null)
        {
            services.Configure(name, configure);
        }

        var builder = new WorkerBuilder(services, name);
        if (services.Any(service => service.ServiceType == typeof(FlowWorker) && service.IsKeyedService && Equals(service.ServiceKey, name)))
        {
            return builder;
        }

        AddShared(services);
        Bind<WorkerOptions>(services, name, WorkerOptions.SectionName, options => options.WorkerId = null);
        Bind<WorkerDataOptions>(services, name, WorkerDataOptions.SectionName, options => (options.Port, options.ExchangePort) = (0, 0));
        Bind<JobWorkerOptions>(services, name, JobWorkerOptions.SectionName);
        services.AddKeyedSingleton(name, (provider, key) => new RoleCatalog(provider.GetKeyedServices<RoleRegistration>(key)));
        services.AddKeyedSingleton<IWorkerTransport>(name, (provider, _) => MakeTransport(provider, OptionsOf<WorkerOptions>(provider, name)));
        builder.Register(new RoleRegistration(SqlRoleHandler.Role, typeof(SqlRoleHandler), isBuiltIn: true));
        services.AddKeyedSingleton(name, (provider, _) => new FlowWorker(
            provider,
            OptionsOf<WorkerOptions>(provider, name),
            OptionsOf<WorkerDataOptions>(provider, name),
            OptionsOf<JobWorkerOptions>(provider, name),
            provider.GetRequiredKeyedService<RoleCatalog>(name),
            provider.GetRequiredKeyedService<IWorkerTransport>(name)));
        services.AddSingleton<Microsoft.Extensions.Hosting.IHostedService>(provider => provider.GetRequiredKeyedService<FlowWorker>(name));
        services.AddSingleton(new FlowWorkers.Entry(name));
        return builder;
    }

    private static void AddShared(IServiceCollection services)
    {
        services.AddLogging();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<FlowWorkers>();
        services.TryAddSingleton<SharedHandlers>();
        services.AddInputAdapters();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<WorkerOptions>, WorkerOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<WorkerDataOptions>, WorkerDataOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<JobWorkerOptions>, JobWorkerOptionsValidator>());
        if (!services.Any(service => service.ImplementationType == typeof(UserFunctionOptionsValidator)))
        {
            Bind<UserFunctionOptions>(services, null, UserFunctionOptions.SectionName);
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<UserFunctionOptions>, UserFunctionOptionsValidator>());
        }

        if (!services.Any(service => service.ImplementationType == typeof(QueryWorkerOptionsValidator)))
        {
            Bind<QueryWorkerOptions>(services, null, QueryWorkerOptions.SectionName);
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<QueryWorkerOptions>, QueryWorkerOptionsValidator>());
        }

        if (!services.Any(service => service.ImplementationType == typeof(SqlRoleOptionsValidator)))
        {
            Bind<SqlRoleOptions>(services, null, SqlRoleOptions.SectionName);
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SqlRoleOptions>, SqlRoleOptionsValidator>());
        }
    }

    /// <summary>A host without configuration is fine: then there is nothing to bind. Inserted first, so that what is said in code wins.</summary>
    private static void Bind<TOptions>(IServiceCollection services, string? name, string section, Action<TOptions>? between = null)
        where TOptions : class
    {
        services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<TOptions>>(provider =>
            new ConfigureNamedOptions<TOptions>(name ?? Options.DefaultName, options =>
            {
                var configuration = provider.GetService<IConfiguration>();
                RefuseUnknown<TOptions>(configuration?.GetSection(section));
                configuration?.GetSection(section).Bind(options);
                if (name is not null)
                {
                    between?.Invoke(options);
                    var own = configuration?.GetSection($"OrleansFlow:Workers:{name}{section[WorkerOptions.SectionName.Length..]}");
                    RefuseUnknown<TOptions>(own);
                    own?.Bind(options);
                }
            })));
        services.AddOptions<TOptions>(name ?? Options.DefaultName).ValidateOnStart();
    }

    /// <summary>A mistyped key would otherwise be a default that nobody wanted. What has members of its own is another section.</summary>
    private static void RefuseUnknown<TOptions>(IConfigurationSection? section)
        where TOptions : class
    {
        if (section is null)
        {
            return;
        }

        string[] known = [.. typeof(TOptions).GetProperties().Select(property => property.Name)];
        List<string> problems =
        [
            .. section.GetChildren()
                .Where(child => child.Value is not null && !known.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                .Select(child => $"{child.Path} is no option.{NearestName.Hint(child.Key, known)}"),
        ];
        if (problems.Count > 0)
        {
            throw new OptionsValidationException(section.Path, typeof(TOptions), problems);
        }
    }

    private static TOptions OptionsOf<TOptions>(IServiceProvider provider, string name)
        where TOptions : class => provider.GetRequiredService<IOptionsMonitor<TOptions>>().Get(name);

    private static RpcWorkerTransport MakeTransport(IServiceProvider provider, WorkerOptions options) => new RpcWorkerTransport(
        () => GatewayEndpoint.Find(options.Gateway, options.Token, options.DataFolder),
        provider.GetRequiredService<TimeProvider>(),
        GatewayTls.Load(options.TlsAuthorityPath, options.TlsCertificatePath, options.TlsCertificatePassword));
}
