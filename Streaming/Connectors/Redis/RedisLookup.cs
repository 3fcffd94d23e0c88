using System.Text;
using System.Text.Json;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using OrleansFlow.Streaming.Connectors.Postgres;
using OrleansFlow.Streaming.Joins.Lookups;
using OrleansFlow.Streaming.Operators;
using StackExchange.Redis;

namespace OrleansFlow.Streaming.Connectors.Redis;

/// <summary>Finds rows in Redis: each key holds one, as an object of JSON or as a hash. All keys of a request are asked for at once, over one connection.</summary>
/// <param name="config">Where.</param>
/// <param name="definition">The key and the columns.</param>
public sealed class RedisLookup(RedisLookupConfig config, LookupDefinition definition) : ILookupSource
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "redis_lookup";

    private RedisClient? _client;
    private ArrowAllocator? _allocator;
    private string _keyName = "";

    /// <inheritdoc/>
    public ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (config.Endpoint is null || definition.Keys.Fields.Count != 1)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The Redis lookup '{definition.Id}' needs an endpoint and a key of one column.");
        }

        (_allocator, _keyName) = (context.Allocator, definition.Keys.Fields[0].Name);
        _client = new RedisClient(config.Endpoint, definition.Id);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<LookupAnswer> LookupAsync(RecordBatch keys, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var texts = new string[keys.RowCount];
        for (var row = 0; row < texts.Length; row++)
        {
            texts[row] = ArrowFormatter.FormatValue(keys.Column(0), row);
        }

        // A hash without fields is none.
        var found = await _client!.AskAsync(database => FindAsync(database, texts), cancellationToken);
        using var rows = new PostgresRows(definition.Id, new ArrowSchema([.. definition.Columns.Fields, EventTime.Field]), _allocator);
        var keyRows = new List<int>();
        var values = new byte[]?[rows.Names.Count];
        for (var row = 0; row < texts.Length; row++)
        {
            if (found[row] is not { } fields)
            {
                continue;
            }

            for (var i = 0; i < values.Length; i++)
            {
                values[i] = rows.Names[i] == _keyName ? Encoding.UTF8.GetBytes(texts[row]) : fields.GetValueOrDefault(rows.Names[i]);
            }

            rows.Add(values, isRetract: false, timeMicros: 0);
            keyRows.Add(row);
        }

        using var all = rows.Build();
        return new LookupAnswer(all.Select([.. Enumerable.Range(0, values.Length)]), keyRows);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_client is { } client)
        {
            _client = null;
            await client.DisposeAsync();
        }
    }

    private async Task<Dictionary<string, byte[]?>?[]> FindAsync(IDatabase database, string[] texts)
    {
        if (config.IsHash)
        {
            var hashes = await Task.WhenAll(Array.ConvertAll(texts, text => database.HashGetAllAsync(config.KeyPrefix + text)));
            return Array.ConvertAll(hashes, hash => hash.Length == 0 ? null : hash.ToDictionary(entry => entry.Name.ToString(), entry => (byte[]?)entry.Value, StringComparer.Ordinal));
        }

        // Not MGET, whose keys a cluster has in one slot only; the requests leave together all the same.
        var values = await Task.WhenAll(Array.ConvertAll(texts, text => database.StringGetAsync(config.KeyPrefix + text)));
        var found = new Dictionary<string, byte[]?>?[values.Length];
        for (var row = 0; row < found.Length; row++)
        {
            found[row] = values[row].IsNull ? null : Read(texts[row], (byte[])values[row]!);
        }

        return found;
    }

    private Dictionary<string, byte[]?> Read(string key, byte[] value)
    {
        try
        {
            using var json = JsonDocument.Parse(value);
            var fields = new Dictionary<string, byte[]?>(StringComparer.Ordinal);
            foreach (var field in json.RootElement.EnumerateObject())
            {
                fields[field.Name] = field.Value.ValueKind switch
                {
                    JsonValueKind.Null => null,
                    JsonValueKind.String => Encoding.UTF8.GetBytes(field.Value.GetString()!),
                    _ => Encoding.UTF8.GetBytes(field.Value.GetRawText()),
                };
            }

            return fields;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Lookup '{definition.Id}': the value of key '{config.KeyPrefix}{key}' in Redis is no object of JSON. For hashes write 'lookup.value' = 'hash'.", exception);
        }
    }
}
