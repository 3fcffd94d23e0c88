namespace Orleans.Concurrency;

/// <summary>Wraps a value that sender and receiver promise not to modify: copies share it.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
/// <param name="value">The value.</param>
[GenerateSerializer, Immutable]
public readonly struct Immutable<T>(T value) : IEquatable<Immutable<T>>
{
    /// <summary>The value.</summary>
    [Id(0)]
    public readonly T Value = value;

    /// <summary>Compares the values.</summary>
    public static bool operator ==(Immutable<T> left, Immutable<T> right) => left.Equals(right);

    /// <summary>Compares the values.</summary>
    public static bool operator !=(Immutable<T> left, Immutable<T> right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(Immutable<T> other) => EqualityComparer<T>.Default.Equals(Value, other.Value);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Immutable<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value is null ? 0 : EqualityComparer<T>.Default.GetHashCode(Value);
}
