namespace Orleans.Concurrency;

/// <summary>Shorthands over <see cref="Immutable{T}"/>.</summary>
public static class ImmutableExtensions
{
    /// <summary>Wraps a value that sender and receiver promise not to modify.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="value">The value.</param>
    /// <returns>The wrapped value.</returns>
    public static Immutable<T> AsImmutable<T>(this T value) => new(value);
}
