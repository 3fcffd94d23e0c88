using System.Text.Json.Serialization;

namespace OrleansFlow.Workflows.Contexts;

/// <summary>Names one addition to a set: the writer and its how-many-th addition it was.</summary>
/// <param name="Writer">Who added.</param>
/// <param name="Number">Counted by writer, from 1.</param>
public readonly record struct Dot(
    [property: JsonPropertyName("w")] WriterId Writer,
    [property: JsonPropertyName("n")] long Number) : IComparable<Dot>
{
    /// <summary>Before, by writer, then number.</summary>
    public static bool operator <(Dot left, Dot right) => left.CompareTo(right) < 0;

    /// <summary>After, by writer, then number.</summary>
    public static bool operator >(Dot left, Dot right) => left.CompareTo(right) > 0;

    /// <summary>Not after.</summary>
    public static bool operator <=(Dot left, Dot right) => left.CompareTo(right) <= 0;

    /// <summary>Not before.</summary>
    public static bool operator >=(Dot left, Dot right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public int CompareTo(Dot other)
    {
        var byWriter = Writer.CompareTo(other.Writer);
        return byWriter != 0 ? byWriter : Number.CompareTo(other.Number);
    }
}
