using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace OrleansFlow.Workflows.Contexts;

/// <summary>A map whose values merge key by key. Keys are added and never removed.</summary>
/// <remarks>A merge costs O(k log n) for the k keys of the smaller map; a delta costs what was set since.</remarks>
/// <typeparam name="TValue">What is merged where both maps have the key.</typeparam>
public sealed class MergeMap<TValue> : IMergeable<MergeMap<TValue>>, IEquatable<MergeMap<TValue>>
    where TValue : IMergeable<TValue>
{
    private readonly ChangeJournal<string> _journal;

    /// <summary>Restores a map from its JSON form. In code, start with <see cref="Empty"/>.</summary>
    /// <param name="values">The values by key.</param>
    [JsonConstructor]
    public MergeMap(ImmutableSortedDictionary<string, TValue> values)
        : this((values ?? throw new ArgumentNullException(nameof(values))).WithComparers(StringComparer.Ordinal), new())
    {
    }

    private MergeMap(ImmutableSortedDictionary<string, TValue> values, ChangeJournal<string> journal)
    {
        Values = values;
        _journal = journal;
    }

    /// <summary>No keys.</summary>
    public static MergeMap<TValue> Empty { get; } = new(ImmutableSortedDictionary<string, TValue>.Empty);

    /// <summary>The values by key, in ordinal order.</summary>
    [JsonPropertyName("values")]
    public ImmutableSortedDictionary<string, TValue> Values { get; }

    /// <summary>The value of a key; the empty value where there is none.</summary>
    public TValue this[string key] => Values.TryGetValue(key, out var value) ? value : TValue.Empty;

    /// <summary>Sets a key to a value made from what is there.</summary>
    /// <param name="key">The key; not empty.</param>
    /// <param name="change">Gets the key's value, or the empty one, and returns the new one.</param>
    public MergeMap<TValue> Change(string key, Func<TValue, TValue> change)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(change);
        return new(Values.SetItem(key, change(this[key])), _journal.Then(key));
    }

    /// <inheritdoc/>
    public MergeMap<TValue> Merge(MergeMap<TValue> other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Values.IsEmpty || ReferenceEquals(this, other))
        {
            return this;
        }

        var (large, small) = Values.Count >= other.Values.Count ? (this, other) : (other, this);
        var values = large.Values.ToBuilder();
        foreach (var (key, value) in small.Values)
        {
            // Which of the two is merged into which matters to values that keep their own side, such as Fixed.
            values[key] = !large.Values.TryGetValue(key, out var there) ? value
                : ReferenceEquals(large, this) ? there.Merge(value)
                : value.Merge(there);
        }

        return new(values.ToImmutable(), new());
    }

    /// <inheritdoc/>
    public MergeMap<TValue> DeltaSince(MergeMap<TValue> before)
    {
        ArgumentNullException.ThrowIfNull(before);
        var delta = Empty.Values.ToBuilder();
        foreach (var key in _journal.Since(before._journal) ?? Values.Keys)
        {
            var now = Values[key];
            if (!before.Values.TryGetValue(key, out var then))
            {
                delta[key] = now;
            }
            else if (!EqualityComparer<TValue>.Default.Equals(then, now))
            {
                delta[key] = now.DeltaSince(then);
            }
        }

        return delta.Count == 0 ? Empty : new(delta.ToImmutable(), new());
    }

    /// <inheritdoc/>
    public bool Equals(MergeMap<TValue>? other) => other is not null && Values.SequenceEqual(other.Values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MergeMap<TValue>);

    /// <inheritdoc/>
    public override int GetHashCode() => Values.Count;
}
