namespace Orleans.Concurrency;

/// <summary>Wraps a value that sender and receiver promise not to modify: copies share it.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
/// <param name="value">The value.</param>
[GenerateSerializer, Immutable]
public readonly struct Immutable<T>(T value)
{
    /// <summary>The value.</summary>
    [Id(0)]
    public readonly T Value = value;
}
