using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Grains.Catalogs;
using OrleansFlow.Grains.Graphs;
using OrleansFlow.Grains.Jobs;
using OrleansFlow.Grains.Tasks;
using OrleansFlow.Grains.Workers;
using OrleansFlow.Grains.Workflows;
using OrleansFlow.Queries;
using OrleansFlow.Retention;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Hosting;

/// <summary>What OrleansFlow's grains need from their silo.</summary>
public static class FlowGrainServices
{
    /// <summary>Registers options, clock and stored forms of the grains. The host adds the storage named <see cref="FlowGrainStorage.Name"/> and reminders.</summary>
    /// <returns>The same container. Calling it twice changes nothing.</returns>
    public static IServiceCollection AddFlowGrains(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<LeaseOptions>().BindConfiguration(LeaseOptions.SectionName).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<LeaseOptions>, LeaseOptionsValidator>());
        services.AddOptions<RetentionOptions>().BindConfiguration(RetentionOptions.SectionName).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RetentionOptions>, RetentionOptionsValidator>());
        services.AddOptions<LimitOptions>().BindConfiguration(LimitOptions.SectionName).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<LimitOptions>, LimitOptionsValidator>());
        services.AddOptions<DistributedQueryOptions>().BindConfiguration(DistributedQueryOptions.SectionName).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DistributedQueryOptions>, DistributedQueryOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<LeaseClock>();
        services.TryAddSingleton<SiloServingClock>();
        services.TryAddSingleton<GraphPlans>();
        services.TryAddSingleton<WorkflowDefinitions>();
        services.TryAddSingleton<IWorkflowStarter, WorkflowStarter>();
        services.TryAddSingleton(_ => WorkflowChance.Of(new Random()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJsonTypeInfoResolver, WorkflowJson>(_ => WorkflowJson.Default));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJsonTypeInfoResolver, WorkerStateJson>(_ => WorkerStateJson.Default));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJsonTypeInfoResolver, RunCatalogJson>(_ => RunCatalogJson.Default));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJsonTypeInfoResolver, CatalogJson>(_ => CatalogJson.Default));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJsonTypeInfoResolver, NodeCacheJson>(_ => NodeCacheJson.Default));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJsonTypeInfoResolver, GraphRunJson>(_ => GraphRunJson.Default));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJsonTypeInfoResolver, TaskStateJson>(_ => TaskStateJson.Default));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJsonTypeInfoResolver, WorkflowIndexJson>(_ => WorkflowIndexJson.Default));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJsonTypeInfoResolver, WorkflowScheduleJson>(_ => WorkflowScheduleJson.Default));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IJsonTypeInfoResolver, StreamJobJson>(_ => StreamJobJson.Default));
        services.TryAddSingleton(JobRules.Default);
        services.TryAddSingleton<ICheckpointPlaces, AnyCheckpointPlace>();
        services.TryAddSingleton<IWorkflowWaker, GrainWaker>();
        services.TryAddSingleton<IScheduledRuns, GrainScheduledRuns>();
        return services;
    }
}
