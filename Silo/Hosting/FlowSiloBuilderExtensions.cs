using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansFlow.Artifacts;
using OrleansFlow.Errors;
using OrleansFlow.Grains;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Server;
using OrleansFlow.Silo.Gateway.Control;
using OrleansFlow.Silo.Gateway.Errors;
using OrleansFlow.Silo.Gateway.Flight;
using OrleansFlow.Silo.Gateway.Jobs;
using OrleansFlow.Silo.Gateway.Sessions;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Silo.Gateway.Streams;
using OrleansFlow.Silo.Gateway.Workflows;
using OrleansFlow.Silo.Security;
using OrleansFlow.Storage;
using OrleansFlow.Storage.Sqlite;
using OrleansFlow.Worker.Artifacts;

namespace OrleansFlow.Silo.Hosting;

/// <summary>Makes an Orleans silo an OrleansFlow silo.</summary>
public static class FlowSiloBuilderExtensions
{
    /// <summary>
    /// Adds the grains, their storage (SQLite below <see cref="OrleansFlowOptions.DataFolder"/>, else memory; PostgreSQL where
    /// <c>OrleansFlow:Storage:Provider</c> says so), recovery at the start, and
    /// the services of the gateway. <see cref="FlowGatewayEndpoints.MapOrleansFlowGateway"/> puts the gateway on a port,
    /// <see cref="InProcessWorkerExtensions"/> a worker into the same host.
    /// </summary>
    /// <param name="builder">The silo.</param>
    /// <param name="configure">Says where data is kept; null: nowhere.</param>
    /// <returns>The same builder. Calling it again changes nothing but what <paramref name="configure"/> can still change.</returns>
    /// <exception cref="FlowException"><c>bad_option</c>: called again with another data folder.</exception>
    public static ISiloBuilder AddOrleansFlow(this ISiloBuilder builder, Action<OrleansFlowOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        if (services.FirstOrDefault(service => service.ServiceType == typeof(OrleansFlowOptions))?.ImplementationInstance is OrleansFlowOptions existing)
        {
            var folder = existing.DataFolder;
            configure?.Invoke(existing);
            return existing.DataFolder == folder
                ? builder
                : throw new FlowException(FlowErrorCode.BadOption, $"AddOrleansFlow was called with data folder '{folder}' and again with '{existing.DataFolder}'. Keep one.");
        }

        var options = new OrleansFlowOptions();
        configure?.Invoke(options);
        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        if (!StorageComposition.TryAddPostgres(builder))
        {
            AddStorage(builder, options);
        }

        services.AddFlowGrains();
        builder.AddStartupTask<RunRecovery>();
        builder.AddStartupTask<WorkflowRecovery>();
        builder.AddStartupTask<RetentionStart>();
        AddFoundation(services, options);
        AddGateway(services, builder.Configuration);
        return builder;
    }

    private static void AddStorage(ISiloBuilder builder, OrleansFlowOptions options)
    {
        if (ClusterComposition.TryAddOrleansStorage(builder))
        {
            return;
        }

        if (options.DataFolder is not { } folder)
        {
            builder.AddMemoryGrainStorage(FlowGrainStorage.Name);
            builder.AddMemoryGrainStorageAsDefault();
            builder.UseInMemoryReminderService();
            return;
        }

        var configuration = builder.Configuration.GetSection(SqliteStoreOptions.SectionName);
        builder.AddFlowSqliteStore(store =>
        {
            configuration.Bind(store);
            store.DatabasePath = Path.Combine(Path.GetFullPath(folder), "flow.db");
        });
    }

    private static void AddFoundation(IServiceCollection services, OrleansFlowOptions options)
    {
        services.TryAddSingleton<IIdSource>(provider => new TimeSortedIds(provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => GatewayFolders.Open(options, provider.GetRequiredService<IOptions<ClusterOptions>>().Value.ClusterId ?? "dev"));
        services.AddSingleton(provider => OpenKey(options, provider.GetRequiredService<GatewayIdentity>()));
        services.AddSingleton<SignedText>();
        services.AddSingleton<SealedBytes>();
        services.AddSingleton<SessionTokens>();
        services.AddSingleton<GatewayAddress>();
        services.TryAddSingleton<IArtifactStore>(provider => new SharedFolderArtifactStore(provider.GetRequiredService<GatewayIdentity>().ArtifactFolder));
    }

    private static ClusterKey OpenKey(OrleansFlowOptions options, GatewayIdentity identity)
    {
        var path = options.ClusterKeyPath ?? (options.DataFolder is null ? null : Path.Combine(identity.DataFolder, ClusterKey.FileName));
        return path is null ? ClusterKey.CreateEphemeral() : ClusterKey.LoadOrCreate(path);
    }

    private static void AddGateway(IServiceCollection services, IConfiguration configuration)
    {
        AddOptions<GatewaySessionOptions, GatewaySessionOptionsValidator>(services, configuration.GetSection(GatewaySessionOptions.SectionName));
        AddOptions<FlightGatewayOptions, FlightGatewayOptionsValidator>(services, configuration.GetSection(FlightGatewayOptions.SectionName));
        AddOptions<SqlGatewayOptions, SqlGatewayOptionsValidator>(services, configuration.GetSection(SqlGatewayOptions.SectionName));
        AddOptions<StreamGatewayOptions, StreamGatewayOptionsValidator>(services, configuration.GetSection(StreamGatewayOptions.SectionName));
        AddOptions<GatewayAuthOptions, GatewayAuthOptionsValidator>(services, configuration.GetSection(GatewayAuthOptions.SectionName));
        services.AddRpcServer();
        services.AddOptions<RpcServerOptions>().Bind(configuration.GetSection(RpcServerOptions.SectionName));
        services.AddRpcTelemetry();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IRpcServerInterceptor, AuthInterceptor>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IRpcErrorMapper, FlowErrorMapper>());
        services.AddSingleton<GatewaySessionService>();
        services.AddSingleton<RoleChecks>();
        services.AddSingleton<RunListing>();
        services.AddSingleton<RunCalls>();
        services.AddSingleton<ArtifactCalls>();
        services.AddSingleton<TaskCalls>();
        services.AddSingleton<WorkerCalls>();
        services.AddSingleton<StoreProbe>();
        services.AddSingleton<ArtifactProbe>();
        services.AddSingleton<ClockProbe>();
        services.AddSingleton<GatewayHealth>();
        services.AddSingleton<FlowService>();
        services.AddSingleton<WorkflowCalls>();
        services.AddSingleton<WorkflowReads>();
        services.AddSingleton<WorkflowEnds>();
        services.AddSingleton<WorkflowService>();
        services.AddSingleton<ScheduleCalls>();
        services.AddSingleton<ScheduleService>();
        services.AddSingleton<FlightTickets>();
        services.AddSingleton<WorkerLocations>();
        services.AddSingleton<WorkerProxy>();
        services.AddSingleton<RunFlights>();
        services.AddSingleton<UploadStore>();
        services.AddSingleton<UploadFlights>();
        services.AddSingleton<StreamLogs>();
        services.AddSingleton<StreamFlights>();
        services.AddSqlGateway();
        services.AddStreamJobs(configuration);
        services.AddSingleton<GatewayFlightProducer>();
    }

    private static void AddOptions<TOptions, TValidator>(IServiceCollection services, IConfigurationSection section)
        where TOptions : class
        where TValidator : class, IValidateOptions<TOptions>
    {
        services.AddOptions<TOptions>().Bind(section).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>, TValidator>());
    }
}
