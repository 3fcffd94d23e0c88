using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Orleans.TestingHost;

/// <summary>Reads a test cluster's settings where its hosts are composed.</summary>
public static class TestClusterExtensions
{
    private const string ConfigurationKey = "Orleans.TestingHost.Configuration";

    /// <summary>The configuration of a host of a test cluster.</summary>
    /// <param name="builder">The host, as an <see cref="IHostConfigurator"/> gets it.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="InvalidOperationException">The host is not one of a test cluster.</exception>
    public static IConfiguration GetConfiguration(this IHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Properties.TryGetValue(ConfigurationKey, out var value) && value is IConfiguration configuration
            ? configuration
            : throw new InvalidOperationException("This host builder is not one that a TestCluster gives to its configurators; it has no configuration yet.");
    }

    /// <summary>A value of the configuration of a host of a test cluster.</summary>
    /// <param name="hostBuilder">The host, as an <see cref="IHostConfigurator"/> gets it.</param>
    /// <param name="key">The key.</param>
    /// <returns>The value; null when there is none.</returns>
    public static string? GetConfigurationValue(this IHostBuilder hostBuilder, string key) => hostBuilder.GetConfiguration()[key];

    /// <summary>The options of the cluster that a host belongs to.</summary>
    /// <param name="hostBuilder">The host, as an <see cref="IHostConfigurator"/> gets it.</param>
    /// <returns>The options.</returns>
    public static TestClusterOptions GetTestClusterOptions(this IHostBuilder hostBuilder) => hostBuilder.GetConfiguration().GetTestClusterOptions();

    /// <summary>The options of the cluster that a host belongs to.</summary>
    /// <param name="config">The configuration of the host.</param>
    /// <returns>The options.</returns>
    public static TestClusterOptions GetTestClusterOptions(this IConfiguration config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var options = new TestClusterOptions();
        config.Bind(options);
        return options;
    }

    internal static void Attach(IHostBuilder builder, IConfiguration configuration) => builder.Properties[ConfigurationKey] = configuration;
}
