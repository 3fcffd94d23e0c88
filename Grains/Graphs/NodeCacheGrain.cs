using System.Text.Json.Serialization;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Grains.Hosting;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Graphs;

/// <summary>Where the outcome of one piece of work can be found.</summary>
internal sealed class NodeCacheGrain(
    [PersistentState("cached", FlowGrainStorage.Name)] IPersistentState<NodeCacheState> state, LeaseClock clock) : Grain, INodeCacheGrain
{
    public Task<CachedOutcome?> FindAsync(CancellationToken cancellationToken)
    {
        var row = state.State;
        return Task.FromResult(state.RecordExists && !(row.ExpiresUtc <= clock.GetUtcNow()) ? new CachedOutcome(new RunId(row.Run), row.Node, row.ExpiresUtc) : null);
    }

    public async Task RememberAsync(CachedOutcome outcome, CancellationToken cancellationToken)
    {
        (state.State.Run, state.State.Node, state.State.ExpiresUtc) = (outcome.Run.Value, outcome.Node, outcome.ExpiresUtc);
        await state.WriteStateAsync(cancellationToken);
    }
}

/// <summary>Stored form of it.</summary>
internal sealed class NodeCacheState
{
    [JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }

    [JsonPropertyName("run")]
    public string Run { get; set; } = "";

    [JsonPropertyName("node")]
    public string Node { get; set; } = "";

    [JsonPropertyName("expires"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DateTimeOffset? ExpiresUtc { get; set; }
}

[JsonSerializable(typeof(NodeCacheState))]
internal sealed partial class NodeCacheJson : JsonSerializerContext;
