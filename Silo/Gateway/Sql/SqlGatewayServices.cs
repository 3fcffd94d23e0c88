using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Silo.Gateway.Sql.Databases;
using OrleansFlow.Silo.Gateway.SystemTables;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>What Flight SQL needs from the host.</summary>
internal static class SqlGatewayServices
{
    /// <summary>Adds the services; who brings another <see cref="ISqlExecutor"/> registers it before.</summary>
    public static IServiceCollection AddSqlGateway(this IServiceCollection services)
    {
        services.AddSingleton<DatasetStore>();
        services.AddSingleton<TableWrites>();
        services.AddSingleton<AttachedDatabases>();
        services.AddSingleton<SqlCatalog>();
        services.AddSingleton<GatewayExtensions>();
        services.AddSingleton<CopyTargets>();
        services.AddSingleton<SqlEngines>();
        services.AddSingleton<LocalSqlExecutor>();
        services.TryAddSingleton<ISqlExecutor, DistributedSqlExecutor>();
        services.TryAddSingleton<IQueryWorkers, QueryWorkers>();
        services.AddSingleton<QueryCalls>();
        services.AddSingleton<QueryPlanner>();
        services.AddSingleton<QueryRunner>();
        services.AddSingleton<QueryListing>();
        services.AddSingleton<KeptResults>();
        services.AddHostedService<KeptResultSweeper>();
        services.AddSingleton<QueryServices>();
        services.AddSingleton<SystemRows>();
        services.AddSingleton<DistributedWrites>();
        services.AddSingleton<QueryTables>();
        services.AddSingleton<SqlMetadata>();
        services.AddSingleton<SqlTickets>();
        services.AddSingleton<PreparedStatements>();
        services.AddSingleton<RunningQueries>();
        services.AddSingleton<SqlFlights>();
        services.AddSingleton<SqlUploads>();
        services.AddSingleton<SqlActions>();
        services.AddSingleton<DatasetSweeper>();
        services.AddHostedService(provider => provider.GetRequiredService<DatasetSweeper>());
        services.AddSingleton<SpoolFolder>();
        services.AddSingleton<SqlExchange>();
        return services;
    }
}
