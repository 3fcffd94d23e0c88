using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Embedded;
using Orleans.Serialization;

namespace Orleans.Storage;

/// <summary>Keeps grain state in the memory of the cluster, so that it outlives single silos.</summary>
internal sealed class MemoryGrainStorage(MemoryGrainStorage.Table table) : IGrainStorage
{
    public static MemoryGrainStorage Create(IServiceProvider services, string name) =>
        new(services.GetRequiredService<EmbeddedCluster>().Memory<Table>($"storage:{name}"));

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (table.Rows.TryGetValue((stateName, grainId), out var row))
        {
            grainState.State = StateCopy<T>.Of((T)row.Value!);
            grainState.ETag = row.Etag;
            grainState.RecordExists = true;
        }
        else
        {
            Reset(grainState);
        }

        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var key = (stateName, grainId);
        var row = new Row(StateCopy<T>.Of(grainState.State), table.NextEtag());
        if (string.IsNullOrEmpty(grainState.ETag))
        {
            if (!table.Rows.TryAdd(key, row))
            {
                throw Conflict(key, grainState.ETag);
            }
        }
        else if (!table.Rows.TryGetValue(key, out var stored) || stored.Etag != grainState.ETag || !table.Rows.TryUpdate(key, row, stored))
        {
            throw Conflict(key, grainState.ETag);
        }

        grainState.ETag = row.Etag;
        grainState.RecordExists = true;
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var key = (stateName, grainId);
        if (table.Rows.TryGetValue(key, out var stored)
            && (stored.Etag != grainState.ETag || !table.Rows.TryRemove(new KeyValuePair<(string, GrainId), Row>(key, stored))))
        {
            throw Conflict(key, grainState.ETag);
        }

        Reset(grainState);
        return Task.CompletedTask;
    }

    private static void Reset<T>(IGrainState<T> grainState)
    {
        grainState.State = StateValue<T>.Create();
        grainState.ETag = null!;
        grainState.RecordExists = false;
    }

    private InconsistentStateException Conflict((string StateName, GrainId GrainId) key, string? etag) => new(
        $"State '{key.StateName}' of grain '{key.GrainId}' was changed by another.",
        table.Rows.TryGetValue(key, out var stored) ? stored.Etag : "none",
        etag ?? "none");

    /// <summary>Copies states: by their codec, or through JSON when they have none, as stores of any plain class do.</summary>
    private static class StateCopy<T>
    {
        private static volatile bool _isJson;

        public static T Of(T state)
        {
            if (!_isJson)
            {
                try
                {
                    return Isolation.Copy(state);
                }
                catch (CodecNotFoundException)
                {
                    _isJson = true;
                }
            }

            return JsonSerializer.Deserialize<T>(JsonSerializer.SerializeToUtf8Bytes(state))!;
        }
    }

    internal sealed record Row(object? Value, string Etag);

    internal sealed class Table
    {
        private long _lastEtag;

        public ConcurrentDictionary<(string StateName, GrainId GrainId), Row> Rows { get; } = new();

        public string NextEtag() => Interlocked.Increment(ref _lastEtag).ToString(CultureInfo.InvariantCulture);
    }
}
