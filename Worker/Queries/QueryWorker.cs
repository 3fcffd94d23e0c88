namespace OrleansFlow.Worker.Queries;

/// <summary>
/// A worker for distributed queries that needs no silo: a Flight server that runs plans on the local engine. Describe it here, add it with
/// <see cref="QueryWorkerHosting.AddQueryWorker"/>, and put it into any ASP.NET Core host with <see cref="QueryWorkerHosting.MapOrleansFlowWorker"/>.
/// Immutable.
/// </summary>
public sealed class QueryWorker
{
    private QueryWorker(IWorkerSessionBuilder? sessionBuilder, QueryExtensions extensions, string version)
    {
        SessionBuilder = sessionBuilder;
        Extensions = extensions;
        Version = version;
    }

    internal IWorkerSessionBuilder? SessionBuilder { get; }

    internal QueryExtensions Extensions { get; }

    internal string Version { get; }

    /// <summary>A worker that prepares its sessions with the host's <see cref="IWorkerSessionBuilder"/> if there is one, else not at all.</summary>
    public static QueryWorker Default() => new(null, QueryExtensions.None, "");

    /// <summary>A worker whose sessions are prepared by a delegate, once per plan.</summary>
    /// <param name="buildAsync">See <see cref="IWorkerSessionBuilder.BuildAsync"/>.</param>
    public static QueryWorker FromSessionBuilder(Func<WorkerQueryContext, CancellationToken, Task> buildAsync)
    {
        ArgumentNullException.ThrowIfNull(buildAsync);
        return new QueryWorker(new DelegateBuilder(buildAsync), QueryExtensions.None, "");
    }

    /// <summary>The worker with one more codec, behind the others.</summary>
    public QueryWorker WithCodec(IPlanCodec codec)
    {
        ArgumentNullException.ThrowIfNull(codec);
        return new QueryWorker(SessionBuilder, Extensions.WithCodec(codec), Version);
    }

    /// <summary>The worker with declared functions, nodes, codecs and options, behind those that it has. The silo takes the same object.</summary>
    public QueryWorker With(QueryExtensions extensions)
    {
        ArgumentNullException.ThrowIfNull(extensions);
        return new QueryWorker(SessionBuilder, Extensions.With(extensions), Version);
    }

    /// <summary>The worker with the number of its release, which <c>orleansflow.query.worker-info</c> tells.</summary>
    public QueryWorker WithVersion(string version)
    {
        ArgumentNullException.ThrowIfNull(version);
        return new QueryWorker(SessionBuilder, Extensions, version);
    }

    private sealed class DelegateBuilder(Func<WorkerQueryContext, CancellationToken, Task> buildAsync) : IWorkerSessionBuilder
    {
        public Task BuildAsync(WorkerQueryContext context, CancellationToken cancellationToken) => buildAsync(context, cancellationToken);
    }
}
