using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Queries;

namespace OrleansFlow.Tests.Queries.Workers;

/// <summary>What a <see cref="WorkerCluster"/> is made of.</summary>
internal sealed record ClusterShape
{
    /// <summary>Workers, at least 1.</summary>
    public required int WorkerCount { get; init; }

    /// <summary>The folder whose files queries may name.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Whether each worker is a process of its own, started by <c>flow worker</c>.</summary>
    public bool AsProcesses { get; init; }

    /// <summary>Changes how queries are distributed; every table is large enough for all tasks already.</summary>
    public Action<DistributedQueryOptions> Configure { get; init; } = _ => { };

    /// <summary>Adds to the silo's services.</summary>
    public Action<IServiceCollection> AddServices { get; init; } = _ => { };

    /// <summary>Settings of worker processes, by the names of environment variables.</summary>
    public IReadOnlyDictionary<string, string> WorkerSettings { get; init; } = new Dictionary<string, string>();
}
