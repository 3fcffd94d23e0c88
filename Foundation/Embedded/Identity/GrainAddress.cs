namespace Orleans.Runtime;

/// <summary>Where an activation of a grain lives.</summary>
public sealed class GrainAddress : IEquatable<GrainAddress>, ISpanFormattable
{
    /// <summary>The grain.</summary>
    public GrainId GrainId { get; init; }

    /// <summary>The activation.</summary>
    public ActivationId ActivationId { get; init; }

    /// <summary>The silo.</summary>
    public SiloAddress? SiloAddress { get; init; }

    /// <summary>True when grain, activation and silo are known.</summary>
    public bool IsComplete => !GrainId.IsDefault && !ActivationId.IsDefault && SiloAddress is not null;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as GrainAddress);

    /// <inheritdoc/>
    public bool Equals(GrainAddress? other) => other is not null && Matches(other);

    /// <summary>Compares grain, activation and silo.</summary>
    /// <param name="other">The other address.</param>
    /// <returns>True when they are the same.</returns>
    public bool Matches(GrainAddress? other) => other is not null
        && GrainId.Equals(other.GrainId) && ActivationId.Equals(other.ActivationId) && Equals(SiloAddress, other.SiloAddress);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(SiloAddress, GrainId, ActivationId);

    /// <inheritdoc/>
    public override string ToString() => $"[{GrainId} {ActivationId} on {SiloAddress}]";

    bool ISpanFormattable.TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        destination.TryWrite($"[{GrainId} {ActivationId} on {SiloAddress}]", out charsWritten);

    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString();
}
