using Orleans.Embedded;

namespace Orleans.Runtime;

/// <summary>Settings of an enumeration of a grain's answer.</summary>
public static class AsyncEnumerableExtensions
{
    /// <summary>Sets how many elements travel together at most.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="self">What a grain reference returned; anything else is returned unchanged.</param>
    /// <param name="maxBatchSize">The number, at least 1. Default 100.</param>
    /// <returns>The same enumerable.</returns>
    public static IAsyncEnumerable<T> WithBatchSize<T>(this IAsyncEnumerable<T> self, int maxBatchSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBatchSize, 1);
        if (self is IGrainEnumerable enumerable)
        {
            enumerable.MaxBatchSize = maxBatchSize;
        }

        return self;
    }
}
