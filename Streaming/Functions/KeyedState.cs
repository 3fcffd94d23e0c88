using System.Globalization;
using System.Text.Json;

namespace OrleansFlow.Streaming.Functions;

/// <summary>One value of a key. Values are kept as JSON: what was read and is changed has to be set again.</summary>
/// <typeparam name="T">What JSON can hold; members may be added later on.</typeparam>
public readonly struct ValueState<T>
{
    private readonly ProcessContext _context;
    private readonly string _state;

    internal ValueState(ProcessContext context, string state) => (_context, _state) = (context, state);

    /// <summary>Looks the value up.</summary>
    /// <param name="value">The value; default when there is none.</param>
    /// <returns>Whether it was set.</returns>
    public bool TryGet(out T? value)
    {
        var bytes = _context.Cells.Get(_context.Key, _state, "");
        value = bytes is null ? default : JsonSerializer.Deserialize<T>(bytes);
        return bytes is not null;
    }

    /// <summary>The value.</summary>
    /// <param name="otherwise">What comes back when there is none.</param>
    public T? GetOr(T? otherwise) => TryGet(out var value) ? value : otherwise;

    /// <summary>Sets the value.</summary>
    public void Set(T value) => _context.Cells.Set(_context.Key, _state, "", JsonSerializer.SerializeToUtf8Bytes(value));

    /// <summary>Forgets the value.</summary>
    public void Clear() => _context.Cells.Clear(_context.Key, _state);
}

/// <summary>Values of a key, in the order in which they were added; a checkpoint writes only the new ones.</summary>
/// <typeparam name="T">What JSON can hold.</typeparam>
public readonly struct ListState<T>
{
    private readonly ProcessContext _context;
    private readonly string _state;

    internal ListState(ProcessContext context, string state) => (_context, _state) = (context, state);

    /// <summary>Number of values.</summary>
    public int Count => _context.Cells.Entries(_context.Key, _state)?.Count ?? 0;

    /// <summary>A value.</summary>
    /// <param name="index">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such value.</exception>
    public T? this[int index] => JsonSerializer.Deserialize<T>(
        _context.Cells.Get(_context.Key, _state, Entry(index)) ?? throw new ArgumentOutOfRangeException(nameof(index), index, $"The list has {Count} values."));

    /// <summary>Adds a value behind the others.</summary>
    public void Add(T value) => _context.Cells.Set(_context.Key, _state, Entry(Count), JsonSerializer.SerializeToUtf8Bytes(value));

    /// <summary>Forgets all values.</summary>
    public void Clear() => _context.Cells.Clear(_context.Key, _state);

    private static string Entry(int index) => index.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Values of a key, by a key of their own; a checkpoint writes only what changed.</summary>
/// <typeparam name="TKey">What JSON can hold; equal keys have equal JSON.</typeparam>
/// <typeparam name="TValue">What JSON can hold.</typeparam>
public readonly struct MapState<TKey, TValue>
    where TKey : notnull
{
    private readonly ProcessContext _context;
    private readonly string _state;

    internal MapState(ProcessContext context, string state) => (_context, _state) = (context, state);

    /// <summary>Number of entries.</summary>
    public int Count => _context.Cells.Entries(_context.Key, _state)?.Count ?? 0;

    /// <summary>Copies of the entries, in the order of the JSON of their keys: the same one after a restore.</summary>
    public IReadOnlyList<KeyValuePair<TKey, TValue?>> Entries =>
    [
        .. (_context.Cells.Entries(_context.Key, _state) ?? [])
            .OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => KeyValuePair.Create(JsonSerializer.Deserialize<TKey>(entry.Key)!, JsonSerializer.Deserialize<TValue>(entry.Value))),
    ];

    /// <summary>Looks a key up.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value; default when there is none.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryGet(TKey key, out TValue? value)
    {
        var bytes = _context.Cells.Get(_context.Key, _state, Entry(key));
        value = bytes is null ? default : JsonSerializer.Deserialize<TValue>(bytes);
        return bytes is not null;
    }

    /// <summary>Sets the value of a key.</summary>
    public void Set(TKey key, TValue value) => _context.Cells.Set(_context.Key, _state, Entry(key), JsonSerializer.SerializeToUtf8Bytes(value));

    /// <summary>Removes a key.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(TKey key) => _context.Cells.Remove(_context.Key, _state, Entry(key));

    /// <summary>Forgets all entries.</summary>
    public void Clear() => _context.Cells.Clear(_context.Key, _state);

    private static string Entry(TKey key) => JsonSerializer.Serialize(key);
}
