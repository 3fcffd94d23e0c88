using System.Diagnostics.CodeAnalysis;

namespace OrleansFlow.Sql.Tables;

/// <summary>Keeps the values that were used last, up to a total weight. Thread-safe.</summary>
/// <param name="weightMax">Largest total; a value that alone weighs more is not kept.</param>
internal sealed class WeightedCache<TValue>(long weightMax)
    where TValue : class
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _entries = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _byUse = new();
    private long _weight;

    /// <summary>Total weight of what is kept.</summary>
    public long Weight
    {
        get
        {
            lock (_lock)
            {
                return _weight;
            }
        }
    }

    public bool TryGet(string key, [NotNullWhen(true)] out TValue? value)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var node))
            {
                _byUse.Remove(node);
                _byUse.AddFirst(node);
                value = node.Value.Value;
                return true;
            }
        }

        value = null;
        return false;
    }

    public void Set(string key, TValue value, long weight)
    {
        lock (_lock)
        {
            if (_entries.Remove(key, out var old))
            {
                Drop(old);
            }

            if (weight > weightMax)
            {
                return;
            }

            _entries[key] = _byUse.AddFirst(new Entry(key, value, weight));
            _weight += weight;
            while (_weight > weightMax && _byUse.Last is { } last)
            {
                _entries.Remove(last.Value.Key);
                Drop(last);
            }
        }
    }

    private void Drop(LinkedListNode<Entry> node)
    {
        _byUse.Remove(node);
        _weight -= node.Value.Weight;
    }

    private readonly record struct Entry(string Key, TValue Value, long Weight);
}
