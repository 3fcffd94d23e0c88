using System.Text.Json.Serialization;

namespace OrleansFlow.Workflows.Contexts;

/// <summary>A count that goes up and down; concurrent changes all count.</summary>
/// <remarks>Two growing counts, of what was added and of what was taken away.</remarks>
public sealed record UpDownCounter : IMergeable<UpDownCounter>
{
    /// <summary>Restores a count from its JSON form. In code, start with <see cref="Empty"/>.</summary>
    /// <param name="ups">What was added.</param>
    /// <param name="downs">What was taken away.</param>
    [JsonConstructor]
    public UpDownCounter(GrowCounter ups, GrowCounter downs)
    {
        ArgumentNullException.ThrowIfNull(ups);
        ArgumentNullException.ThrowIfNull(downs);
        Ups = ups;
        Downs = downs;
    }

    /// <summary>Zero.</summary>
    public static UpDownCounter Empty { get; } = new(GrowCounter.Empty, GrowCounter.Empty);

    /// <summary>What was added.</summary>
    [JsonPropertyName("ups")]
    public GrowCounter Ups { get; }

    /// <summary>What was taken away.</summary>
    [JsonPropertyName("downs")]
    public GrowCounter Downs { get; }

    /// <summary>The count.</summary>
    [JsonIgnore]
    public long Value => Ups.Value - Downs.Value;

    /// <summary>Counts up, or down when <paramref name="by"/> is negative.</summary>
    /// <param name="writer">The step that counts.</param>
    /// <param name="by">By how much; any but -2^63.</param>
    /// <exception cref="OverflowException">The writer's sum exceeds 2^63 - 1.</exception>
    public UpDownCounter Add(WriterId writer, long by = 1) =>
        by >= 0 ? new(Ups.Add(writer, by), Downs) : new(Ups, Downs.Add(writer, checked(-by)));

    /// <inheritdoc/>
    public UpDownCounter Merge(UpDownCounter other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new(Ups.Merge(other.Ups), Downs.Merge(other.Downs));
    }

    /// <inheritdoc/>
    public UpDownCounter DeltaSince(UpDownCounter before)
    {
        ArgumentNullException.ThrowIfNull(before);
        return new(Ups.DeltaSince(before.Ups), Downs.DeltaSince(before.Downs));
    }
}
