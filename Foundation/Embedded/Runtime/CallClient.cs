using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Orleans.Embedded;

/// <summary>Sends the calls of a silo's grains, or of a client.</summary>
internal sealed class CallClient : IDisposable
{
    public CallClient(EmbeddedCluster cluster, IServiceProvider services, MessagingOptions options)
        : this(cluster.Timeouts, services, options) => Cluster = cluster;

    public CallClient(RemoteRoute remote, CallTimeouts timeouts, IServiceProvider services, MessagingOptions options, LocalObjects objects)
        : this(timeouts, services, options)
    {
        Remote = remote;
        Objects = objects;
    }

    private CallClient(CallTimeouts timeouts, IServiceProvider services, MessagingOptions options)
    {
        Timeouts = timeouts;
        Services = services;
        ResponseTimeout = options.ResponseTimeout;
        CancelOnTimeout = options.CancelRequestOnTimeout;
        References = new ReferenceFactory(this);
        OutgoingFilters = [.. services.GetServices<IOutgoingGrainCallFilter>()];
    }

    /// <summary>The silos of this process; null for the client of another process.</summary>
    public EmbeddedCluster? Cluster { get; }

    /// <summary>The way to another process; null where the silos are in this one.</summary>
    public RemoteRoute? Remote { get; }

    public CallTimeouts Timeouts { get; }

    public IServiceProvider Services { get; }

    public ReferenceFactory References { get; }

    public TimeSpan ResponseTimeout { get; }

    public bool CancelOnTimeout { get; }

    public IOutgoingGrainCallFilter[] OutgoingFilters { get; }

    /// <summary>The objects of this silo or client that grains can call.</summary>
    public LocalObjects Objects { get; private init; } = null!;

    public static CallClient ForSilo(SiloRuntime silo, IServiceProvider services) =>
        new(silo.Cluster, services, services.GetRequiredService<IOptions<SiloMessagingOptions>>().Value)
        {
            Objects = new LocalObjects(
                $"hosted-{silo.SiloAddress}",
                silo.Logger,
                silo.Simulation is { } simulation ? target => _ = simulation.RunAsync(silo, target.RunAsync) : null),
        };

    public static CallClient ForClient(EmbeddedCluster cluster, IServiceProvider services)
    {
        var client = new CallClient(cluster, services, services.GetRequiredService<IOptions<ClientMessagingOptions>>().Value)
        {
            Objects = new LocalObjects(
                cluster.NewClientId(),
                services.GetService<ILoggerFactory>()?.CreateLogger("Orleans.Runtime.Client") ?? NullLogger.Instance),
        };
        cluster.Clients.Add(client.Objects);
        return client;
    }

    /// <summary>Nobody can call the objects any more.</summary>
    public void Dispose() => Cluster?.Clients.Remove(Objects);

    /// <summary>The grain type that serves an interface.</summary>
    /// <exception cref="ArgumentException">None does, or several.</exception>
    public GrainType Resolve(Type interfaceType, string? classNamePrefix) => Remote is { } remote
        ? remote.Resolve(interfaceType, classNamePrefix)
        : GrainManifest.Current.Resolve(interfaceType, classNamePrefix);

    /// <summary>Sends a request that has been prepared. Afterwards it may be answered, and reused, at any time.</summary>
    public void Send(GrainRequest request, bool isOneWay, CancellationToken cancellationToken)
    {
        request._context = Isolation.Copy(RequestContext.Export());
        request._caller = GrainExecution.Current;
        var timeout = Timeout.InfiniteTimeSpan;
        if (!isOneWay)
        {
            timeout = request.IsEnumeration && request.Method.ResponseTimeout is null
                ? Timeout.InfiniteTimeSpan
                : request.Method.ResponseTimeout ?? ResponseTimeout;
            if (timeout > TimeSpan.Zero && timeout < TimeSpan.FromDays(10_000))
            {
                Timeouts.Add(request, timeout);
            }
            else
            {
                timeout = Timeout.InfiniteTimeSpan;
            }

            if (request.IsCancellable)
            {
                request.ObserveCaller(cancellationToken);
            }
        }

        if (Cluster is { } cluster)
        {
            cluster.Dispatch(request);
        }
        else
        {
            Remote!.Dispatch(request, isOneWay, timeout);
        }
    }
}
