using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
#if EMBEDDED_RUNTIME
using Microsoft.Extensions.Options;
using Orleans.Embedded.Remote;
using OrleansFlow.Hosting;
#else
using Microsoft.Extensions.Configuration;
#endif

namespace OrleansFlow.Client;

/// <summary>Lets <c>UseOrleansClient</c> find the gateway. The one file of this project that knows which grain runtime is in use.</summary>
public static class GrainClientBuilderExtensions
{
    /// <summary>
    /// Uses the gateway that <see cref="FlowClient"/> uses: the address of the options, else <c>FLOW_GATEWAY</c>, else <c>endpoints.json</c>,
    /// looked for again before each attempt to connect. With <c>GrainRuntime=Orleans</c> it joins the cluster that Orleans' own section
    /// <c>Orleans:Clustering</c> names, else the silo of this machine; <paramref name="configure"/> is not used then.
    /// </summary>
    /// <param name="builder">The client.</param>
    /// <param name="configure">Which gateway; null: found as said above. Section <c>OrleansFlow:Client</c> is read before.</param>
    /// <returns>The same builder.</returns>
    public static IClientBuilder UseOrleansFlowGateway(this IClientBuilder builder, Action<FlowClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
#if EMBEDDED_RUNTIME
        var options = builder.Services.AddOptions<FlowClientOptions>().BindConfiguration(FlowClientOptions.SectionName);
        if (configure is not null)
        {
            options.Configure(configure);
        }

        builder.Services.AddOptions<GrainGatewayOptions>().Configure<IOptions<FlowClientOptions>>((gateway, client) => gateway.Find = () =>
        {
            var found = GatewayEndpoint.Find(client.Value.Gateway, client.Value.Token, client.Value.DataFolder);
            return [new GrainGatewayLocation(new Uri(found.GrpcUrl), found.Token)];
        });
        return builder;
#else
        // Orleans reads its own section by itself.
        return builder.Configuration.GetSection("Orleans:Clustering").Exists()
            ? builder
            : builder.UseLocalhostClustering(clusterId: "flow");
#endif
    }
}
