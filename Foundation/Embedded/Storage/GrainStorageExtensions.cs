using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Embedded;
using Orleans.Providers;
using Orleans.Storage;

namespace Orleans.Runtime.Hosting
{
    /// <summary>Registers grain storage.</summary>
    public static class StorageProviderExtensions
    {
        /// <summary>Registers a storage under its name; under the default name it also serves grains that name none.</summary>
        /// <typeparam name="T">The storage. When it takes part in the silo's lifecycle it is registered there.</typeparam>
        /// <param name="collection">The services.</param>
        /// <param name="name">The name.</param>
        /// <param name="implementationFactory">Makes the storage.</param>
        /// <returns>The services.</returns>
        public static IServiceCollection AddGrainStorage<T>(
            this IServiceCollection collection, string name, Func<IServiceProvider, string, T> implementationFactory)
            where T : IGrainStorage
        {
            ArgumentNullException.ThrowIfNull(collection);
            collection.AddKeyedSingleton<IGrainStorage>(name, (services, key) => implementationFactory(services, (string)key!));
            if (name == ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME)
            {
                collection.TryAddSingleton(services => services.GetRequiredKeyedService<IGrainStorage>(name));
            }

            if (typeof(ILifecycleParticipant<ISiloLifecycle>).IsAssignableFrom(typeof(T)))
            {
                collection.AddSingleton(services =>
                    (ILifecycleParticipant<ISiloLifecycle>)services.GetRequiredKeyedService<IGrainStorage>(name));
            }

            return collection;
        }
    }
}

namespace Orleans.Hosting
{
    /// <summary>Registers storage that lives in the memory of the cluster.</summary>
    public static class MemoryGrainStorageSiloBuilderExtensions
    {
        /// <summary>Registers memory storage under a name.</summary>
        /// <param name="builder">The silo.</param>
        /// <param name="name">The name.</param>
        /// <param name="configureOptions">Sets the options.</param>
        /// <returns>The silo.</returns>
        public static ISiloBuilder AddMemoryGrainStorage(
            this ISiloBuilder builder, string name, Action<MemoryGrainStorageOptions> configureOptions) =>
            builder.AddMemoryGrainStorage(name, options => options.Configure(configureOptions));

        /// <summary>Registers memory storage under a name.</summary>
        /// <param name="builder">The silo.</param>
        /// <param name="name">The name.</param>
        /// <param name="configureOptions">Sets the options; null leaves the defaults.</param>
        /// <returns>The silo.</returns>
        public static ISiloBuilder AddMemoryGrainStorage(
            this ISiloBuilder builder, string name, Action<OptionsBuilder<MemoryGrainStorageOptions>>? configureOptions = null)
        {
            ArgumentNullException.ThrowIfNull(builder);
            configureOptions?.Invoke(builder.Services.AddOptions<MemoryGrainStorageOptions>(name));
            builder.Services.AddTransient<IConfigurationValidator>(services => new MemoryGrainStorageOptionsValidator(
                services.GetRequiredService<IOptionsMonitor<MemoryGrainStorageOptions>>().Get(name), name));
            Runtime.Hosting.StorageProviderExtensions.AddGrainStorage(builder.Services, name, MemoryGrainStorage.Create);
            return builder;
        }

        /// <summary>Registers memory storage for grains that name none.</summary>
        /// <param name="builder">The silo.</param>
        /// <param name="configureOptions">Sets the options.</param>
        /// <returns>The silo.</returns>
        public static ISiloBuilder AddMemoryGrainStorageAsDefault(this ISiloBuilder builder, Action<MemoryGrainStorageOptions> configureOptions) =>
            builder.AddMemoryGrainStorageAsDefault(options => options.Configure(configureOptions));

        /// <summary>Registers memory storage for grains that name none.</summary>
        /// <param name="builder">The silo.</param>
        /// <param name="configureOptions">Sets the options; null leaves the defaults.</param>
        /// <returns>The silo.</returns>
        public static ISiloBuilder AddMemoryGrainStorageAsDefault(
            this ISiloBuilder builder, Action<OptionsBuilder<MemoryGrainStorageOptions>>? configureOptions = null) =>
            builder.AddMemoryGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, configureOptions);
    }
}
