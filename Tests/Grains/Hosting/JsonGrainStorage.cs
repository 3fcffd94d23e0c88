using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orleans.Storage;
using OrleansFlow.Storage;

namespace OrleansFlow.Tests.Grains.Hosting;

/// <summary>
/// Keeps states as JSON, as the product's stores do, outside of any silo, so that a silo may die. Writes can be made to fail, or to wait.
/// </summary>
internal class JsonGrainStorage : IGrainStorage
{
    private readonly ConcurrentDictionary<(string Name, GrainId Grain), (string Json, string Etag)> _rows = new();
    private JsonSerializerOptions _options = JsonSerializerOptions.Default;
    private long _lastEtag;

    /// <summary>Called before each write with the state's name; may throw or wait.</summary>
    public Func<string, Task> BeforeWrite { get; set; } = _ => Task.CompletedTask;

    /// <summary>Called before each read with the state's name; may throw or wait.</summary>
    public Func<string, Task> BeforeRead { get; set; } = _ => Task.CompletedTask;

    /// <summary>Called before each deletion with the state's name; may throw or wait.</summary>
    public Func<string, Task> BeforeClear { get; set; } = _ => Task.CompletedTask;

    /// <summary>Called after each write with the state's name and the JSON.</summary>
    public Action<string, string> AfterWrite { get; set; } = (_, _) => { };

    public JsonGrainStorage With(IEnumerable<IJsonTypeInfoResolver> resolvers)
    {
        _options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            TypeInfoResolver = JsonTypeInfoResolver.Combine([.. resolvers, new DefaultJsonTypeInfoResolver()]),
        };
        return this;
    }

    /// <summary>The stored JSON of each grain that has a state of this name.</summary>
    public IReadOnlyList<string> Rows(string stateName) => [.. _rows.Where(row => row.Key.Item1 == stateName).Select(row => row.Value.Json)];

    /// <summary>Names of a grain's states, in order.</summary>
    public IReadOnlyList<string> Names(GrainId grain) => [.. _rows.Keys.Where(key => key.Grain == grain).Select(key => key.Name).Order(StringComparer.Ordinal)];

    public void Put(string stateName, GrainId grain, string json) => _rows[(stateName, grain)] = (json, Interlocked.Increment(ref _lastEtag).ToString(CultureInfo.InvariantCulture));

    public string Get(string stateName, GrainId grain) => _rows[(stateName, grain)].Json;

    /// <summary>All changes or none, as the product's stores do; <see cref="BeforeWrite"/> and <see cref="AfterWrite"/> are called for each.</summary>
    protected async Task WriteAllAsync(string grain, IReadOnlyList<GrainStateChange> changes)
    {
        var id = GrainId.Parse(grain, CultureInfo.InvariantCulture);
        var texts = changes.Select(change => change.State is null ? "" : JsonSerializer.Serialize(change.State, _options.GetTypeInfo(change.StateType))).ToList();
        foreach (var change in changes)
        {
            await (change.State is null ? BeforeClear(change.Name) : BeforeWrite(change.Name));
        }

        lock (_rows)
        {
            foreach (var change in changes)
            {
                var found = _rows.TryGetValue((change.Name, id), out var row);
                if (change.ETag != (found ? row.Etag : null))
                {
                    throw new InconsistentStateException($"{change.Name} of {grain} has etag {row.Etag}, not {change.ETag}");
                }
            }

            for (var index = 0; index < changes.Count; index++)
            {
                var key = (changes[index].Name, id);
                var etag = Interlocked.Increment(ref _lastEtag).ToString(CultureInfo.InvariantCulture);
                if (changes[index].State is null)
                {
                    _rows.TryRemove(key, out _);
                }
                else
                {
                    _rows[key] = (texts[index], etag);
                    changes[index].NextETag = etag;
                }
            }
        }

        for (var index = 0; index < changes.Count; index++)
        {
            AfterWrite(changes[index].Name, texts[index]);
        }
    }

    /// <summary>Rows of a grain in the order of their names; <see cref="BeforeRead"/> is called for each, or for the first name when there are none.</summary>
    protected async Task<IReadOnlyList<StoredGrainState>> ReadManyAsync(string grain, string from, string before, int limit)
    {
        var id = GrainId.Parse(grain, CultureInfo.InvariantCulture);
        List<StoredGrainState> found =
        [
            .. _rows
                .Where(row => row.Key.Grain == id && string.CompareOrdinal(row.Key.Name, from) >= 0 && string.CompareOrdinal(row.Key.Name, before) < 0)
                .OrderBy(row => row.Key.Name, StringComparer.Ordinal)
                .Take(limit)
                .Select(row => new StoredJson(row.Key.Name, row.Value.Etag, row.Value.Json, _options)),
        ];
        foreach (var name in found.Count > 0 ? found.Select(state => state.Name) : [from])
        {
            await BeforeRead(name);
        }

        return found;
    }

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await BeforeRead(stateName);
        var found = _rows.TryGetValue((stateName, grainId), out var row);
        grainState.State = found ? JsonSerializer.Deserialize<T>(row.Json, _options)! : Activator.CreateInstance<T>();
        grainState.ETag = row.Etag;
        grainState.RecordExists = found;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var json = JsonSerializer.Serialize(grainState.State, _options);
        await BeforeWrite(stateName);
        var etag = Interlocked.Increment(ref _lastEtag).ToString(CultureInfo.InvariantCulture);
        _rows.AddOrUpdate(
            (stateName, grainId),
            _ => grainState.ETag is null ? (json, etag) : throw new InconsistentStateException($"{stateName} of {grainId} is gone"),
            (_, row) => row.Etag == grainState.ETag ? (json, etag) : throw new InconsistentStateException($"{stateName} of {grainId} has etag {row.Etag}, not {grainState.ETag}"));
        grainState.ETag = etag;
        grainState.RecordExists = true;
        AfterWrite(stateName, json);
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await BeforeClear(stateName);
        _rows.TryRemove((stateName, grainId), out _);
        grainState.State = Activator.CreateInstance<T>();
        grainState.ETag = null!;
        grainState.RecordExists = false;
    }

    private sealed class StoredJson(string name, string etag, string json, JsonSerializerOptions options) : StoredGrainState(name, etag)
    {
        public override T Read<T>() => JsonSerializer.Deserialize<T>(json, options)!;
    }
}
