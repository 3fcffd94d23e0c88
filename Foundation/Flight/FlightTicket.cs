using System.Text;

namespace OrleansFlow.Flight;

/// <summary>What <c>DoGet</c> takes: opaque bytes that the server made and understands. It may be a secret; no log shows it.</summary>
/// <param name="bytes">Kept by reference: do not change them afterwards.</param>
public sealed class FlightTicket(ReadOnlyMemory<byte> bytes) : IEquatable<FlightTicket>
{
    /// <summary>The opaque bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    /// <summary>A ticket of text in UTF-8.</summary>
    public static FlightTicket FromText(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>The bytes as UTF-8; bytes that are none become replacement characters.</summary>
    public string AsText() => Encoding.UTF8.GetString(Bytes.Span);

    /// <summary>Same bytes.</summary>
    public bool Equals(FlightTicket? other) => other is not null && Bytes.Span.SequenceEqual(other.Bytes.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FlightTicket);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Bytes.Span);
        return hash.ToHashCode();
    }

    /// <summary>The length only.</summary>
    public override string ToString() => $"ticket of {Bytes.Length} bytes";
}
