using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Server;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Worker.Queries;

/// <summary>Puts a query worker into an ASP.NET Core host.</summary>
public static class QueryWorkerHosting
{
    /// <summary>Adds what <see cref="MapOrleansFlowWorker"/> serves. Options come from the section <c>OrleansFlow:Worker:Queries</c>; see <see cref="QueryWorkerOptions"/>.</summary>
    /// <param name="services">The host's services. An <see cref="IWorkerSessionBuilder"/> and every <see cref="IPlanCodec"/> among them are used.</param>
    /// <param name="worker">What the worker does; null: <see cref="QueryWorker.Default"/>.</param>
    /// <param name="configure">Changes the options; null for the configured ones.</param>
    public static IServiceCollection AddQueryWorker(this IServiceCollection services, QueryWorker? worker = null, Action<QueryWorkerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddRpcServer();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IRpcErrorMapper, QueryErrors>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<QueryWorkerOptions>, QueryWorkerOptionsValidator>());
        var options = services.AddOptions<QueryWorkerOptions>().ValidateOnStart();
        services.AddSingleton<IConfigureOptions<QueryWorkerOptions>>(provider => new ConfigureOptions<QueryWorkerOptions>(
            bound => provider.GetService<IConfiguration>()?.GetSection(QueryWorkerOptions.SectionName).Bind(bound)));
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.AddSingleton(worker ?? QueryWorker.Default());
        services.TryAddSingleton(Make);
        return services;
    }

    /// <summary>
    /// Adds declared functions, nodes, codecs and options: to the services of a worker's host, of a silo (<c>FlowSiloOptions.ConfigureServices</c>), or of both. Several add up.
    /// </summary>
    public static IServiceCollection AddQueryExtensions(this IServiceCollection services, QueryExtensions extensions)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(extensions);
        extensions.ThrowIfWrong();
        services.AddSingleton(extensions);
        return services;
    }

    /// <summary>Serves the worker as an Arrow Flight service, beside whatever else the host serves over HTTP/2. Who may reach it is the host's affair.</summary>
    /// <param name="endpoints">The application; <see cref="AddQueryWorker"/> must have been called.</param>
    /// <returns>The endpoints, for conventions as authorization.</returns>
    /// <exception cref="InvalidOperationException">The services are not registered.</exception>
    public static IEndpointConventionBuilder MapOrleansFlowWorker(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var service = endpoints.ServiceProvider.GetService<QueryWorkerService>()
            ?? throw new InvalidOperationException($"A query worker cannot be mapped before {nameof(AddQueryWorker)} is called on the host's services.");
        return endpoints.MapRpcService(FlightRpc.Define(service.Producer, WorkerDataService.FlightLimits));
    }

    private static QueryWorkerService Make(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<QueryWorkerOptions>>().Value;
        var locations = new Lazy<string>(() => LocationsOf(services));
        return new QueryWorkerService(
            options, services.GetRequiredService<QueryWorker>(), options.WorkerId ?? Environment.MachineName, () => options.Location ?? locations.Value, QueryAuthorization.Everybody, services);
    }

    /// <summary>Where the host listens, as Flight writes it. Asked for when a task reads from another: the host listens by then.</summary>
    private static string LocationsOf(IServiceProvider services)
    {
        var addresses = services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        return DataLocations.Format(addresses.Select(address => new Uri(address)).Select(uri =>
            $"grpc+{(uri.Scheme == Uri.UriSchemeHttps ? "tls" : "tcp")}://{uri.Authority}"));
    }
}
