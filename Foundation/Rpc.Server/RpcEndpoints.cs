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

        group.MapPost("/{method}", (RequestDelegate)RpcCallRunner.RefuseUnknownMethodAsync)
            .WithDisplayName($"rpc /{service.Service}/*");
        return group;
    }
}
