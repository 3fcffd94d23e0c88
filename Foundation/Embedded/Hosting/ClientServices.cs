using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Embedded.Remote;
using Orleans.Embedded.Serialization;
using Orleans.Serialization;

namespace Orleans.Embedded;

/// <summary>Registers what the client of a silo in another process consists of.</summary>
internal static class ClientServices
{
    public static void AddOnce(IServiceCollection services)
    {
        if (services.Any(static service => service.ServiceType == typeof(SiloRuntime)))
        {
            throw new OrleansConfigurationException(
                "UseOrleans and UseOrleansClient were called on one host. A silo brings a client of its own: remove the call of UseOrleansClient.");
        }

        if (services.Any(static service => service.ServiceType == typeof(RemoteClusterClient)))
        {
            return;
        }

        services.AddOptions();
        services.AddLogging();
        services.AddSerializer();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IValidateOptions<GrainGatewayOptions>, GrainGatewayOptionsValidator>();
        services.AddSingleton<IConfigureOptions<GrainGatewayOptions>, StaticGateways>();
        services.TryAddSingleton<IGatewayConnector>(static provider => new RpcGatewayConnector(
            provider.GetRequiredService<IOptions<ClientMessagingOptions>>().Value.MaxMessageBodySize, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<RemoteClusterClient>();
        services.AddSingleton(static provider => provider.GetRequiredService<RemoteClusterClient>().Client);
        services.AddSingleton<IReferenceFormatter>(static provider => provider.GetRequiredService<CallClient>().References);
        services.AddSingleton(static provider => provider.GetRequiredService<RemoteClusterClient>().Factory);
        services.AddSingleton<IGrainFactory>(static provider => provider.GetRequiredService<IClusterClient>());
        services.TryAddSingleton<IClientConnectionRetryFilter, LinearRetryFilter>();
        services.AddSingleton<IHostedService>(static provider => provider.GetRequiredService<RemoteClusterClient>());
    }

    /// <summary>Gateways by the names that Orleans has for them.</summary>
    private sealed class StaticGateways(IOptionsMonitor<StaticGatewayListProviderOptions> gateways) : IConfigureOptions<GrainGatewayOptions>
    {
        public void Configure(GrainGatewayOptions options) => options.Find ??= () =>
            [.. gateways.CurrentValue.Gateways.Select(static gateway => new GrainGatewayLocation(ToAddress(gateway), null))];

        private static Uri ToAddress(Uri gateway) => gateway.Scheme switch
        {
            "gwy.tcp" => new Uri($"http://{gateway.Authority}"),
            "http" or "https" => new Uri(gateway.GetLeftPart(UriPartial.Authority)),
            _ => throw new OrleansConfigurationException(
                $"Gateway '{gateway}' of {nameof(StaticGatewayListProviderOptions)} is neither gwy.tcp://, http:// nor https://."),
        };
    }

    private sealed class GrainGatewayOptionsValidator : IValidateOptions<GrainGatewayOptions>
    {
        public ValidateOptionsResult Validate(string? name, GrainGatewayOptions options)
        {
            var problems = new List<string>();
            Check(nameof(options.ConnectTimeout), options.ConnectTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5));
            Check(nameof(options.ReconnectDelay), options.ReconnectDelay, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1));
            Check(nameof(options.ReconnectDelayMax), options.ReconnectDelayMax, options.ReconnectDelay, TimeSpan.FromMinutes(10));
            return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);

            void Check(string option, TimeSpan value, TimeSpan min, TimeSpan max)
            {
                if (value < min || value > max)
                {
                    problems.Add($"{nameof(GrainGatewayOptions)}.{option} is {value}; it must be {min} to {max}.");
                }
            }
        }
    }
}

/// <summary>What a client does when it cannot connect and nothing else was configured: a few attempts, evenly spaced.</summary>
internal sealed class LinearRetryFilter(TimeProvider clock) : IClientConnectionRetryFilter
{
    private const int RetriesMax = 5;
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(1500);

    private int _retries;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not SiloUnavailableException || ++_retries > RetriesMax)
        {
            return false;
        }

        await Task.Delay(Delay, clock, cancellationToken);
        return true;
    }
}
