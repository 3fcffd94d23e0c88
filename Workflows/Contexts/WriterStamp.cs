using System.Text.Json.Serialization;

namespace OrleansFlow.Workflows.Contexts;

/// <summary>When and by whom something was written: a total order that keeps each writer's own order.</summary>
/// <param name="Time">The writer's clock.</param>
/// <param name="Writer">Who wrote; breaks ties between writers.</param>
/// <param name="Sequence">Counts the stamps of one clock, from 1.</param>
public readonly record struct WriterStamp(
    [property: JsonPropertyName("t")] HybridTime Time,
    [property: JsonPropertyName("w")] WriterId Writer,
    [property: JsonPropertyName("n")] long Sequence) : IComparable<WriterStamp>
{
    /// <summary>Before.</summary>
    public static bool operator <(WriterStamp left, WriterStamp right) => left.CompareTo(right) < 0;

    /// <summary>After.</summary>
    public static bool operator >(WriterStamp left, WriterStamp right) => left.CompareTo(right) > 0;

    /// <summary>Not after.</summary>
    public static bool operator <=(WriterStamp left, WriterStamp right) => left.CompareTo(right) <= 0;

    /// <summary>Not before.</summary>
    public static bool operator >=(WriterStamp left, WriterStamp right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public int CompareTo(WriterStamp other)
    {
        var byTime = Time.CompareTo(other.Time);
        var byWriter = byTime != 0 ? byTime : Writer.CompareTo(other.Writer);
        return byWriter != 0 ? byWriter : Sequence.CompareTo(other.Sequence);
    }
}
