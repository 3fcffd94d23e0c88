using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansFlow.Rpc.Server;

/// <summary>Puts RPC services on the endpoints of a web application.</summary>
public static class RpcEndpoints
{
    /// <summary>Serves a service under <c>/service/method</c>. Its other methods answer UNIMPLEMENTED.</summary>
    /// <param name="endpoints">The application; <see cref="RpcServerServices.AddRpcServer"/> must have been called.</param>
    /// <param name="service">What to serve.</param>
    /// <returns>The endpoints, for conventions as which host or port they answer on.</returns>
    /// <exception cref="InvalidOperationException">The services of the server are not registered.</exception>
    public static IEndpointConventionBuilder MapRpcService(this IEndpointRouteBuilder endpoints, RpcServiceDefinition service)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(service);
        var runner = endpoints.ServiceProvider.GetService<RpcCallRunner>()
            ?? throw new InvalidOperationException(
                $"Service '{service.Service}' cannot be mapped before {nameof(RpcServerServices.AddRpcServer)} is called on the host's services.");
        var group = endpoints.MapGroup("/" + service.Service);
        foreach (var method in service.Methods)
        {
            group.MapPost("/" + method.Name, (RequestDelegate)(http => runner.RunAsync(http, method)))
                .WithDisplayName("rpc " + method.FullName);
        }

        endpoints.ServiceProvider.GetRequiredService<RpcHealth>().AddMapped(service.Service);
        endpoints.ServiceProvider.GetRequiredService<RpcReflection>().AddMapped(service);
        group.MapPost("/{method}", (RequestDelegate)RpcCallRunner.RefuseUnknownMethodAsync)
            .WithDisplayName($"rpc /{service.Service}/*");
        return group;
    }

    /// <summary>Serves <c>grpc.health.v1.Health</c>; what it says is set in <see cref="RpcHealth"/>.</summary>
    /// <param name="endpoints">As for <see cref="MapRpcService"/>.</param>
    public static IEndpointConventionBuilder MapRpcHealth(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return endpoints.MapRpcService(endpoints.ServiceProvider.GetRequiredService<RpcHealth>().Define());
    }

    /// <summary>Serves <c>grpc.reflection.v1.ServerReflection</c> about every service that is mapped, before or after.</summary>
    /// <param name="endpoints">As for <see cref="MapRpcService"/>.</param>
    public static IEndpointConventionBuilder MapRpcReflection(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return endpoints.MapRpcService(endpoints.ServiceProvider.GetRequiredService<RpcReflection>().Define());
    }
}
