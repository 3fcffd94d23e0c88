using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansFlow.Grains.Jobs;
using OrleansFlow.Worker.Jobs.Previews;

namespace OrleansFlow.Silo.Gateway.Jobs;

/// <summary>Registers what streaming jobs need of their silo, and the service by which people steer them.</summary>
internal static class JobServices
{
    /// <summary>Adds the stores of checkpoints, the programs, the workers, the service and the rules that the configuration sets. Calling it again changes nothing.</summary>
    public static IServiceCollection AddStreamJobs(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<JobOptions>().Bind(configuration.GetSection(JobOptions.SectionName)).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<JobOptions>, JobOptionsValidator>());
        services.Replace(ServiceDescriptor.Singleton(provider => provider.GetRequiredService<IOptions<JobOptions>>().Value.ToRules()));
        services.TryAddSingleton<CheckpointPlaces>();
        services.Replace(ServiceDescriptor.Singleton<ICheckpointPlaces>(provider => provider.GetRequiredService<CheckpointPlaces>()));
        services.TryAddSingleton<JobStores>();
        services.TryAddSingleton<CompactedFiles>();
        services.TryAddSingleton<IJobCheckpoints, JobCheckpoints>();
        services.TryAddSingleton<IJobPrograms, JobPrograms>();
        services.TryAddSingleton<IJobWorkers, JobWorkers>();
        services.TryAddSingleton<IPreviewTarget, GatewayPreviewTarget>();
        services.TryAddSingleton<JobSubmissions>();
        services.TryAddSingleton<JobRest>();
        services.TryAddSingleton<StreamJobCalls>();
        services.TryAddSingleton<StreamJobCheckpointCalls>();
        services.TryAddSingleton<StreamJobService>();
        return services;
    }
}
