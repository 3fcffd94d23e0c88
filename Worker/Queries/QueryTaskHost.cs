using OrleansFlow.Worker.Queries.Inputs;
using OrleansFlow.Worker.Queries.Outputs;

namespace OrleansFlow.Worker.Queries;

/// <summary>What the tasks of a worker share.</summary>
internal sealed record QueryTaskHost
{
    public required string WorkerId { get; init; }

    public required QueryWorkerOptions Options { get; init; }

    public required QueryEngines Engines { get; init; }

    public required TaskOutputs Outputs { get; init; }

    public required IPeerRows Peers { get; init; }

    public required TimeProvider Clock { get; init; }

    /// <summary>Runs for each plan; null for none.</summary>
    public IWorkerSessionBuilder? SessionBuilder { get; init; }

    /// <summary>Tried in this order.</summary>
    public IReadOnlyList<IPlanCodec> Codecs { get; init; } = [];

    /// <summary>What the user declared.</summary>
    public QueryExtensions Extensions { get; init; } = QueryExtensions.None;

    /// <summary>Options of queries that are not the engine's.</summary>
    public IReadOnlySet<string> ConfigOptions { get; init; } = new HashSet<string>();

    public required IServiceProvider Services { get; init; }
}
