using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Differential;

/// <summary>The choices of one query, and the names it has used up.</summary>
internal sealed class Dice(ulong seed)
{
    private SeededBits _bits = new(seed, 1, 0);
    private int _names;

    /// <summary>What the query has so far.</summary>
    public SortedSet<string> Features { get; } = new(StringComparer.Ordinal);

    public int Below(int count) => _bits.Below(count);

    public int Between(int least, int most) => _bits.Between(least, most);

    public bool Chance(int percent) => _bits.Chance(percent);

    public T Pick<T>(IReadOnlyList<T> items) => items[_bits.Below(items.Count)];

    /// <summary>Some of the items, at least one, in their order.</summary>
    public List<T> Some<T>(IReadOnlyList<T> items, int most)
    {
        var picked = new SortedSet<int> { Below(items.Count) };
        for (var i = Below(most); i > 0; i--)
        {
            picked.Add(Below(items.Count));
        }

        return [.. picked.Select(place => items[place])];
    }

    /// <summary>A name that the query has not used yet.</summary>
    public string Name(string prefix) => FormattableString.Invariant($"{prefix}{_names++}");

    /// <summary>Notes that the query has something.</summary>
    public void Has(string feature) => Features.Add(feature);
}
