namespace OrleansFlow.Streaming.Functions.Typed;

/// <summary>Code of a user that makes one record of the rows of a key and window. One instance a subtask, one call at a time; what it remembers is in the accumulators.</summary>
/// <typeparam name="TKey">The key: a value, or a record whose properties are the key's columns in their order.</typeparam>
/// <typeparam name="TIn">The rows.</typeparam>
/// <typeparam name="TAccumulator">What is kept of them; what JSON can hold. Members may be added later on.</typeparam>
/// <typeparam name="TOut">The record.</typeparam>
public abstract class AggregateFunction<TKey, TIn, TAccumulator, TOut>
{
    /// <summary>The accumulator of no row.</summary>
    public abstract TAccumulator Create();

    /// <summary>Adds a row.</summary>
    /// <returns>The accumulator with it, perhaps the same one.</returns>
    public abstract TAccumulator Add(TAccumulator accumulator, TIn row);

    /// <summary>Puts two together, when a row joins two sessions. The order of the rows of both is not said.</summary>
    public abstract TAccumulator Merge(TAccumulator first, TAccumulator second);

    /// <summary>Makes the record, once the window is complete. Its event time is the window's last microsecond.</summary>
    public abstract TOut Result(TKey key, WindowSpan window, TAccumulator accumulator);
}
