namespace Orleans.Concurrency;

/// <summary>Makes <see cref="Immutable{T}"/>.</summary>
public static class ImmutableEx
{
    /// <summary>Wraps a value as <see cref="Immutable{T}"/>.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="value">The value.</param>
    /// <returns>The wrapper.</returns>
    public static Immutable<T> AsImmutable<T>(this T value) => new(value);
}
