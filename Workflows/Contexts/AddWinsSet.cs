using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace OrleansFlow.Workflows.Contexts;

/// <summary>A set in which an item that one branch adds while another removes it stays.</summary>
/// <remarks>
/// <para>
/// Each addition has a name of its own; removing takes away the additions that the remover has seen, and no others. Nothing of a removed item is
/// kept but a number for each writer.
/// </para>
/// <para>
/// A merge costs O(k log n) for the k items of the smaller side and what it has removed, a delta O(k log n) for k changes.
/// Model: Bieniusa et al., "An optimized conflict-free replicated set", INRIA RR-8083, 2012; its deltas as in <see cref="DotContext"/>.
/// </para>
/// </remarks>
/// <typeparam name="T">The items; compared with their own <c>Equals</c>.</typeparam>
public sealed class AddWinsSet<T> : IMergeable<AddWinsSet<T>>, IEquatable<AddWinsSet<T>>
    where T : notnull
{
    private readonly ImmutableSortedDictionary<Dot, T> _byDot;
    private readonly ImmutableDictionary<T, ImmutableSortedSet<Dot>> _byItem;
    private readonly ChangeJournal<Dot> _journal;

    /// <summary>Restores a set from its JSON form. In code, start with <see cref="Empty"/>.</summary>
    /// <param name="additions">The additions whose items are in the set.</param>
    /// <param name="seen">All additions that were seen.</param>
    [JsonConstructor]
    public AddWinsSet(ImmutableArray<SetItem<T>> additions, DotContext seen)
    {
        ArgumentNullException.ThrowIfNull(seen);
        var dots = ImmutableSortedDictionary.CreateBuilder<Dot, T>();
        var items = ImmutableDictionary.CreateBuilder<T, ImmutableSortedSet<Dot>>();
        foreach (var (dot, value) in additions.IsDefault ? [] : additions)
        {
            dots[dot] = value;
            items[value] = items.GetValueOrDefault(value, []).Add(dot);
        }

        (_byDot, _byItem, Seen, _journal) = (dots.ToImmutable(), items.ToImmutable(), seen, new());
    }

    private AddWinsSet(ImmutableSortedDictionary<Dot, T> byDot, ImmutableDictionary<T, ImmutableSortedSet<Dot>> byItem, DotContext seen, ChangeJournal<Dot> journal) =>
        (_byDot, _byItem, Seen, _journal) = (byDot, byItem, seen, journal);

    /// <summary>No items.</summary>
    public static AddWinsSet<T> Empty { get; } = new([], DotContext.Empty);

    /// <summary>How many different items.</summary>
    [JsonIgnore]
    public int Count => _byItem.Count;

    /// <summary>The items, each once, in the order of their oldest additions by writer. O(n).</summary>
    [JsonIgnore]
    public IEnumerable<T> Items => _byDot.Values.Distinct();

    /// <summary>The additions whose items are in the set. O(n); for the JSON form.</summary>
    [JsonPropertyName("additions")]
    public ImmutableArray<SetItem<T>> Additions => [.. _byDot.Select(pair => new SetItem<T>(pair.Key, pair.Value))];

    /// <summary>All additions that were seen.</summary>
    [JsonPropertyName("seen")]
    public DotContext Seen { get; }

    /// <summary>Whether the item is in the set.</summary>
    public bool Contains(T item) => _byItem.ContainsKey(item);

    /// <summary>Adds an item. One that is there is added anew, so that it outlives a concurrent removal.</summary>
    /// <param name="item">The item.</param>
    /// <param name="writer">The step that adds.</param>
    public AddWinsSet<T> Add(T item, WriterId writer)
    {
        ArgumentNullException.ThrowIfNull(item);
        var dot = Seen.Next(writer);
        var (byDot, journal) = Without(item);
        return new(byDot.SetItem(dot, item), _byItem.SetItem(item, [dot]), Seen.Add(dot), journal.Then(dot));
    }

    /// <summary>Removes an item, as far as it was seen being added; nothing where it is not there.</summary>
    /// <param name="item">The item.</param>
    public AddWinsSet<T> Remove(T item)
    {
        ArgumentNullException.ThrowIfNull(item);
        if (!Contains(item))
        {
            return this;
        }

        var (byDot, journal) = Without(item);
        return new(byDot, _byItem.Remove(item), Seen, journal);
    }

    /// <inheritdoc/>
    public AddWinsSet<T> Merge(AddWinsSet<T> other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (ReferenceEquals(this, other))
        {
            return this;
        }

        var (large, small) = Seen.Count >= other.Seen.Count ? (this, other) : (other, this);
        var (byDot, byItem) = (large._byDot.ToBuilder(), large._byItem.ToBuilder());

        // What only the small side has is new, unless the large side has seen it and removed it.
        foreach (var (dot, item) in small._byDot)
        {
            if (!large.Seen.Contains(dot))
            {
                byDot[dot] = item;
                byItem[item] = byItem.GetValueOrDefault(item, []).Add(dot);
            }
        }

        // What the small side has seen and no longer has, it has removed. The shorter way to find it.
        var candidates = small.Seen.Count <= large._byDot.Count ? small.Seen.All() : large._byDot.Keys;
        foreach (var dot in candidates)
        {
            if (large._byDot.TryGetValue(dot, out var item) && small.Seen.Contains(dot) && !small._byDot.ContainsKey(dot))
            {
                byDot.Remove(dot);
                var rest = byItem[item].Remove(dot);
                if (rest.IsEmpty)
                {
                    byItem.Remove(item);
                }
                else
                {
                    byItem[item] = rest;
                }
            }
        }

        return new(byDot.ToImmutable(), byItem.ToImmutable(), large.Seen.Union(small.Seen), new());
    }

    /// <inheritdoc/>
    public AddWinsSet<T> DeltaSince(AddWinsSet<T> before)
    {
        ArgumentNullException.ThrowIfNull(before);
        var changed = _journal.Since(before._journal)
            ?? [.. Seen.Beyond(before.Seen), .. before._byDot.Keys.Where(dot => !_byDot.ContainsKey(dot)), .. _byDot.Keys.Where(dot => !before._byDot.ContainsKey(dot))];
        var additions = ImmutableArray.CreateBuilder<SetItem<T>>();
        var seen = DotContext.Empty;
        foreach (var dot in changed.Distinct())
        {
            seen = seen.Add(dot);
            if (_byDot.TryGetValue(dot, out var item))
            {
                additions.Add(new(dot, item));
            }
        }

        return seen.Count == 0 ? Empty : new(additions.ToImmutable(), seen);
    }

    /// <inheritdoc/>
    public bool Equals(AddWinsSet<T>? other) => other is not null && Seen.Equals(other.Seen) && _byDot.SequenceEqual(other._byDot);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AddWinsSet<T>);

    /// <inheritdoc/>
    public override int GetHashCode() => Seen.GetHashCode();

    private (ImmutableSortedDictionary<Dot, T> ByDot, ChangeJournal<Dot> Journal) Without(T item)
    {
        var (byDot, journal) = (_byDot, _journal);
        foreach (var dot in _byItem.GetValueOrDefault(item, []))
        {
            (byDot, journal) = (byDot.Remove(dot), journal.Then(dot));
        }

        return (byDot, journal);
    }
}
