namespace OrleansFlow.Streaming.Joins.Lookups;

/// <summary>Answers that are kept. When there is no room the oldest go, all of one request together. One caller at a time.</summary>
/// <param name="bytesMax">Bytes that it may hold; with 0 it keeps nothing.</param>
/// <param name="ttl">How long an answer counts; null: until it has to make room.</param>
/// <param name="clock">Counts the time.</param>
internal sealed class LookupCache(long bytesMax, TimeSpan? ttl, TimeProvider clock) : IDisposable
{
    // A key's place in the dictionary and in its page, besides its own bytes.
    private const int BytesPerKey = 96;

    private readonly Dictionary<byte[], LookupEntry> _entries = new(KeyBytes.Comparer);
    private readonly Queue<LookupPage> _pages = [];

    /// <summary>Bytes that it holds.</summary>
    public long ByteCount { get; private set; }

    /// <summary>Keys that it has an answer for.</summary>
    public int Count => _entries.Count;

    /// <summary>The answer for a key, if there is one that still counts.</summary>
    public bool TryGet(byte[] key, out LookupEntry entry) => _entries.TryGetValue(key, out entry) && !IsOld(entry.Page);

    /// <summary>Keeps an answer if there can be room for it.</summary>
    /// <param name="page">The rows; the cache uses it while it keeps it.</param>
    /// <param name="keys">The keys that were asked for.</param>
    /// <param name="rows">The row of each; -1 for none.</param>
    public void Add(LookupPage page, IReadOnlyList<byte[]> keys, ReadOnlySpan<int> rows)
    {
        page.Keys.AddRange(keys);
        var bytes = BytesOf(page);
        if (bytes > bytesMax)
        {
            page.Keys.Clear();
            return;
        }

        while (_pages.TryPeek(out var oldest) && (ByteCount + bytes > bytesMax || IsOld(oldest)))
        {
            Forget(_pages.Dequeue());
        }

        for (var i = 0; i < keys.Count; i++)
        {
            _entries[keys[i]] = new LookupEntry(page, rows[i]);
        }

        page.Use();
        ByteCount += bytes;
        _pages.Enqueue(page);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_pages.TryDequeue(out var page))
        {
            Forget(page);
        }
    }

    private static long BytesOf(LookupPage page) => page.Rows.ByteCount + page.Keys.Sum(key => (long)key.Length + BytesPerKey);

    private bool IsOld(LookupPage page) => ttl is { } most && clock.GetElapsedTime(page.AskedAt) >= most;

    private void Forget(LookupPage page)
    {
        ByteCount -= BytesOf(page);
        foreach (var key in page.Keys)
        {
            // A newer answer may stand in its place.
            if (_entries.TryGetValue(key, out var entry) && entry.Page == page)
            {
                _entries.Remove(key);
            }
        }

        page.Keys.Clear();
        page.Release();
    }
}
