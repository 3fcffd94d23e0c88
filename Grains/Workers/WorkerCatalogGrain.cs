using System.Text.Json.Serialization;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Workers;

/// <summary>Which workers have registered, newest first.</summary>
internal sealed class WorkerCatalogGrain(
    [PersistentState("workers", FlowGrainStorage.Name)] IPersistentState<WorkerCatalogState> state) : Grain, IWorkerCatalogGrain
{
    private const int WorkersMax = 1_000;
    private const int AdaptersMax = 1_000;

    public async Task RecordAsync(WorkerId worker, CancellationToken cancellationToken)
    {
        state.State.Workers.Remove(worker.Value);
        state.State.Workers.Insert(0, worker.Value);
        if (state.State.Workers.Count > WorkersMax)
        {
            state.State.Workers.RemoveRange(WorkersMax, state.State.Workers.Count - WorkersMax);
        }

        await state.WriteStateAsync(cancellationToken);
    }

    public async Task RecordAdaptersAsync(IReadOnlyDictionary<string, string> adapters, CancellationToken cancellationToken)
    {
        var known = state.State.Adapters;
        var hasChanged = false;
        foreach (var (name, schema) in adapters)
        {
            if (known.GetValueOrDefault(name) != schema && (known.ContainsKey(name) || known.Count < AdaptersMax))
            {
                known[name] = schema;
                hasChanged = true;
            }
        }

        if (hasChanged)
        {
            await state.WriteStateAsync(cancellationToken);
        }
    }

    public Task<IReadOnlyDictionary<string, string>> ListAdaptersAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string>(state.State.Adapters));

    public Task<IReadOnlyList<WorkerId>> ListAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<WorkerId>>([.. state.State.Workers.Select(id => new WorkerId(id))]);
}

/// <summary>Stored form of <see cref="WorkerCatalogGrain"/>.</summary>
internal sealed class WorkerCatalogState
{
    [JsonPropertyName("format"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Format { get; set => field = StateFormat.Known(value); }

    public List<string> Workers { get; set; } = [];

    [JsonPropertyName("adapters")]
    public SortedDictionary<string, string> Adapters { get; set; } = new(StringComparer.Ordinal);
}
