namespace Orleans.Runtime;

/// <summary>The id of one activation.</summary>
public readonly struct ActivationId : IEquatable<ActivationId>, ISpanFormattable
{
    private readonly Guid _key;

    /// <summary>Creates an id.</summary>
    /// <param name="key">Its value.</param>
    public ActivationId(Guid key) => _key = key;

    /// <summary>True for the default value.</summary>
    public bool IsDefault => _key == Guid.Empty;

    /// <summary>Compares by value.</summary>
    public static bool operator ==(ActivationId left, ActivationId right) => left.Equals(right);

    /// <summary>Compares by value.</summary>
    public static bool operator !=(ActivationId left, ActivationId right) => !left.Equals(right);

    /// <summary>A new id.</summary>
    /// <returns>The id.</returns>
    public static ActivationId NewId() => new(Guid.NewGuid());

    /// <summary>Reads what <see cref="ToParsableString"/> wrote.</summary>
    /// <param name="activationId">The text.</param>
    /// <returns>The id.</returns>
    /// <exception cref="FormatException">The text is not an activation id.</exception>
    public static ActivationId FromParsableString(string activationId)
    {
        ArgumentNullException.ThrowIfNull(activationId);
        return activationId.StartsWith('@') && Guid.TryParseExact(activationId.AsSpan(1), "N", out var key)
            ? new ActivationId(key)
            : throw new FormatException($"'{activationId}' is not an activation id; write '@' and 32 hex digits.");
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ActivationId other && Equals(other);

    /// <inheritdoc/>
    public bool Equals(ActivationId other) => _key == other._key;

    /// <inheritdoc/>
    public override int GetHashCode() => _key.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => ToParsableString();

    /// <summary>The id as text.</summary>
    /// <returns>The text.</returns>
    public string ToParsableString() => $"@{_key:N}";

    bool ISpanFormattable.TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        destination.TryWrite($"@{_key:N}", out charsWritten);

    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString();
}
