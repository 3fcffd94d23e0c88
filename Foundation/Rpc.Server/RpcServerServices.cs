using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace OrleansFlow.Rpc.Server;

/// <summary>Registers the gRPC server.</summary>
public static class RpcServerServices
{
    /// <summary>
    /// Bytes that one connection may have written and not yet handed to the system. With Kestrel's 64 KiB each piece of a large message waits
    /// for the socket several times.
    /// </summary>
    private const int ConnectionWriteBytes = 1024 * 1024;

    /// <summary>
    /// Adds what <see cref="RpcEndpoints.MapRpcService"/> needs. Repeating it only applies further configuration.
    /// Kestrel's write buffer of a connection becomes 1 MiB (configure <see cref="SocketTransportOptions"/> afterwards for another), its memory
    /// blocks of 64 KiB.
    /// Interceptors and error mappers are services: <see cref="IRpcServerInterceptor"/> and <see cref="IRpcErrorMapper"/>.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Changes the limits; null for the defaults.</param>
    public static IServiceCollection AddRpcServer(this IServiceCollection services, Action<RpcServerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<RpcServerOptions>, RpcServerOptionsValidator>());
        var options = services.AddOptions<RpcServerOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.Configure<SocketTransportOptions>(sockets => sockets.MaxWriteBufferSize = ConnectionWriteBytes);

        // In place of Kestrel's own, whichever of the two is registered first.
        services.TryAddSingleton<RpcConnectionMemory>();
        services.RemoveAll<IMemoryPoolFactory<byte>>();
        services.AddSingleton<IMemoryPoolFactory<byte>>(provider => provider.GetRequiredService<RpcConnectionMemory>());
        services.TryAddSingleton<RpcCallRunner>();
        services.TryAddSingleton<RpcHealth>();
        services.TryAddSingleton<RpcReflection>();
        return services;
    }

    /// <summary>
    /// Adds traces and metrics of every call (<see cref="RpcTelemetry"/>). Before other interceptors, so that it sees what they
    /// refuse. Repeating it does nothing.
    /// </summary>
    /// <param name="services">The host's services.</param>
    public static IServiceCollection AddRpcTelemetry(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IRpcServerInterceptor, RpcTelemetry.ServerInterceptor>());
        return services;
    }
}
