using System.Globalization;
using System.Text;
using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.Connectors.V1;
using StackExchange.Redis;

namespace OrleansFlow.Streaming.Connectors.Redis;

/// <summary>What is to be written next, and how. Writing it twice is as good as once. Not thread-safe.</summary>
/// <param name="config">Where rows go.</param>
internal sealed class RedisWrites(RedisSinkConfig config)
{
    private const int RowOverheadBytes = 64;
    private static readonly TimeSpan DefaultStagingTtl = TimeSpan.FromDays(7);

    private const string Stage =
        """
        redis.call('DEL', KEYS[1])
        for i = 2, #ARGV do redis.call('RPUSH', KEYS[1], ARGV[i]) end
        redis.call('PEXPIRE', KEYS[1], ARGV[1])
        return #ARGV - 1
        """;

    // A wrong type of the list fails the first push, before anything has changed.
    private const string Move =
        """
        local count = redis.call('LLEN', KEYS[2])
        if count == 0 then return 0 end
        local rows = redis.call('LRANGE', KEYS[2], 0, -1)
        for i = 1, #rows do redis.call(ARGV[1], KEYS[1], rows[i]) end
        local most = tonumber(ARGV[2])
        if most > 0 then
          if ARGV[1] == 'RPUSH' then redis.call('LTRIM', KEYS[1], -most, -1) else redis.call('LTRIM', KEYS[1], 0, most - 1) end
        end
        if tonumber(ARGV[3]) > 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
        redis.call('DEL', KEYS[2])
        return count
        """;

    private readonly string _run = Guid.NewGuid().ToString("N");
    private readonly Dictionary<(string Key, RedisValue Field), (byte[]? Value, HashEntry[]? Fields)> _last = [];
    private readonly Dictionary<string, (string StagedKey, List<RedisValue> Rows)> _lists = new(StringComparer.Ordinal);
    private readonly List<RedisPart> _parts = [];
    private readonly TimeSpan? _ttl = config.TtlMicros > 0 ? TimeSpan.FromMicroseconds(config.TtlMicros) : null;
    private long _nextNumber;

    /// <summary>Rows that wait.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of them.</summary>
    public long Bytes { get; private set; }

    /// <summary>Adds a row. Of strings and fields only the last of each key is written.</summary>
    public void Add(RedisRows rows, RecordBatch batch, int row)
    {
        var key = rows.KeyOf(batch, row);
        Count++;
        Bytes += key.Length + RowOverheadBytes;
        if (config.Target == RedisTarget.List)
        {
            var value = rows.ValueOf(batch, row);
            if (!_lists.TryGetValue(key, out var list))
            {
                list = (StagedKeyOf(key), []);
                _lists.Add(key, list);
            }

            list.Rows.Add(value);
            Bytes += value.Length;
            return;
        }

        var isRetract = rows.IsRetract(batch, row);
        var isWhole = config.Target == RedisTarget.Hash && config.FieldColumn.Length == 0;
        var place = (key, config.Target == RedisTarget.Hash ? rows.FieldOf(batch, row) : RedisValue.EmptyString);
        var fields = isWhole && !isRetract ? rows.FieldsOf(batch, row) : null;
        var bytes = isWhole || isRetract ? null : rows.ValueOf(batch, row);
        _last[place] = (bytes, fields);
        Bytes += (bytes?.Length ?? 0) + (fields?.Sum(field => field.Value.Length()) ?? 0);
    }

    /// <summary>Writes all that waits. It waits on.</summary>
    public async Task<bool> WriteAsync(IDatabase database)
    {
        var asked = new List<Task>(_last.Count + _lists.Count);
        foreach (var ((key, field), (value, fields)) in _last)
        {
            Write(database, key, field, value, fields, asked);
        }

        foreach (var (_, (stagedKey, rows)) in _lists)
        {
            var ttl = config.StagingTtlMicros > 0 ? TimeSpan.FromMicroseconds(config.StagingTtlMicros) : DefaultStagingTtl;
            asked.Add(database.ScriptEvaluateAsync(Stage, [stagedKey], [(long)ttl.TotalMilliseconds, .. rows]));
        }

        await Task.WhenAll(asked);
        return true;
    }

    /// <summary>It has been written.</summary>
    public void Clear()
    {
        foreach (var (key, (stagedKey, _)) in _lists)
        {
            _parts.Add(new RedisPart { Key = ByteString.CopyFromUtf8(key), StagedKey = ByteString.CopyFromUtf8(stagedKey) });
        }

        _last.Clear();
        _lists.Clear();
        (Count, Bytes) = (0, 0);
    }

    /// <summary>The parts of lists that were written since the last checkpoint, for this one.</summary>
    public List<RedisPart> TakeParts(long epoch)
    {
        var parts = _parts.ToList();
        parts.ForEach(part => part.Epoch = epoch);
        _parts.Clear();
        return parts;
    }

    /// <summary>Moves a part to the end, or the start, of its list, once.</summary>
    public static async Task<bool> MoveAsync(RedisSinkConfig config, IDatabase database, RedisPart part)
    {
        await database.ScriptEvaluateAsync(
            Move, [part.Key.ToByteArray(), part.StagedKey.ToByteArray()], [config.Prepends ? "LPUSH" : "RPUSH", config.LengthMax, config.TtlMicros / 1_000]);
        return true;
    }

    private void Write(IDatabase database, string key, RedisValue field, byte[]? value, HashEntry[]? fields, List<Task> asked)
    {
        if (value is null && fields is null)
        {
            asked.Add(config.Target == RedisTarget.Hash && config.FieldColumn.Length > 0 ? database.HashDeleteAsync(key, field) : database.KeyDeleteAsync(key));
            return;
        }

        if (config.Target == RedisTarget.String)
        {
            asked.Add(_ttl is { } ttl ? database.StringSetAsync(key, value, ttl) : database.StringSetAsync(key, value));
            return;
        }

        if (fields is null)
        {
            asked.Add(database.HashSetAsync(key, field, value));
        }
        else
        {
            asked.Add(database.HashSetAsync(key, Array.FindAll(fields, one => !one.Value.IsNull)));
            var gone = Array.FindAll(fields, one => one.Value.IsNull);
            if (gone.Length > 0)
            {
                asked.Add(database.HashDeleteAsync(key, Array.ConvertAll(gone, one => one.Name)));
            }
        }

        if (_ttl is { } life)
        {
            asked.Add(database.KeyExpireAsync(key, life));
        }
    }

    /// <summary>A key in the same slot of a cluster as the list.</summary>
    private string StagedKeyOf(string key)
    {
        var start = key.IndexOf('{', StringComparison.Ordinal);
        var isTagged = start >= 0 && key.IndexOf('}', start) > start + 1;
        return new StringBuilder(isTagged ? key : "{" + key + "}").Append(CultureInfo.InvariantCulture, $":flow-staged:{_run}:{_nextNumber++}").ToString();
    }
}
