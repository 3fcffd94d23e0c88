using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Orleans.Embedded;

/// <summary>Sends the calls of a silo's grains, or of a client.</summary>
internal sealed class CallClient
{
    public CallClient(EmbeddedCluster cluster, IServiceProvider services, MessagingOptions options)
    {
        Cluster = cluster;
        Services = services;
        ResponseTimeout = options.ResponseTimeout;
        CancelOnTimeout = options.CancelRequestOnTimeout;
        References = new ReferenceFactory(this);
        OutgoingFilters = [.. services.GetServices<IOutgoingGrainCallFilter>()];
    }

    public EmbeddedCluster Cluster { get; }

    public IServiceProvider Services { get; }

    public ReferenceFactory References { get; }

    public TimeSpan ResponseTimeout { get; }

    public bool CancelOnTimeout { get; }

    public IOutgoingGrainCallFilter[] OutgoingFilters { get; }

    public static CallClient ForSilo(EmbeddedCluster cluster, IServiceProvider services) =>
        new(cluster, services, services.GetRequiredService<IOptions<SiloMessagingOptions>>().Value);

    public static CallClient ForClient(EmbeddedCluster cluster, IServiceProvider services) =>
        new(cluster, services, services.GetRequiredService<IOptions<ClientMessagingOptions>>().Value);

    /// <summary>Sends a request that has been prepared. Afterwards it may be answered, and reused, at any time.</summary>
    public void Send(GrainRequest request, bool isOneWay, CancellationToken cancellationToken)
    {
        request._context = Isolation.Copy(RequestContext.Export());
        request._caller = GrainExecution.Current;
        if (!isOneWay)
        {
            var timeout = request.IsEnumeration && request.Method.ResponseTimeout is null
                ? Timeout.InfiniteTimeSpan
                : request.Method.ResponseTimeout ?? ResponseTimeout;
            if (timeout > TimeSpan.Zero && timeout < TimeSpan.FromDays(10_000))
            {
                Cluster.Timeouts.Add(request, timeout);
            }

            if (request.IsCancellable)
            {
                request.ObserveCaller(cancellationToken);
            }
        }

        Cluster.Dispatch(request);
    }
}
