using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace OrleansFlow.Workflows.Contexts;

/// <summary>A count that only grows; concurrent additions all count.</summary>
/// <remarks>Holds a sum for each writer; a merge takes the larger one of each. O(writers), which a run keeps few (<see cref="WriterId"/>).</remarks>
public sealed class GrowCounter : IMergeable<GrowCounter>, IEquatable<GrowCounter>
{
    /// <summary>Restores a count from its JSON form. In code, start with <see cref="Empty"/>.</summary>
    /// <param name="sums">What each writer has added.</param>
    [JsonConstructor]
    public GrowCounter(ImmutableSortedDictionary<string, long> sums)
    {
        ArgumentNullException.ThrowIfNull(sums);
        Sums = sums.WithComparers(StringComparer.Ordinal);
    }

    /// <summary>Zero.</summary>
    public static GrowCounter Empty { get; } = new(ImmutableSortedDictionary<string, long>.Empty);

    /// <summary>What each writer has added, by its name in ordinal order.</summary>
    [JsonPropertyName("sums")]
    public ImmutableSortedDictionary<string, long> Sums { get; }

    /// <summary>The count.</summary>
    [JsonIgnore]
    public long Value
    {
        get
        {
            var value = 0L;
            foreach (var (_, sum) in Sums)
            {
                value += sum;
            }

            return value;
        }
    }

    /// <summary>Counts.</summary>
    /// <param name="writer">The step that counts.</param>
    /// <param name="by">How many; not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="by"/> is negative.</exception>
    /// <exception cref="OverflowException">The writer's sum exceeds 2^63 - 1.</exception>
    public GrowCounter Add(WriterId writer, long by = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(by);
        return by == 0 ? this : new(Sums.SetItem(writer.Value, checked(Sums.GetValueOrDefault(writer.Value) + by)));
    }

    /// <inheritdoc/>
    public GrowCounter Merge(GrowCounter other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var sums = Sums;
        foreach (var (writer, sum) in other.Sums)
        {
            if (sum > sums.GetValueOrDefault(writer))
            {
                sums = sums.SetItem(writer, sum);
            }
        }

        return ReferenceEquals(sums, Sums) ? this : new(sums);
    }

    /// <inheritdoc/>
    public GrowCounter DeltaSince(GrowCounter before)
    {
        ArgumentNullException.ThrowIfNull(before);
        var changed = Empty.Sums;
        foreach (var (writer, sum) in Sums)
        {
            if (sum != before.Sums.GetValueOrDefault(writer))
            {
                changed = changed.SetItem(writer, sum);
            }
        }

        return changed.IsEmpty ? Empty : new(changed);
    }

    /// <inheritdoc/>
    public bool Equals(GrowCounter? other) => other is not null && Sums.SequenceEqual(other.Sums);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as GrowCounter);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
