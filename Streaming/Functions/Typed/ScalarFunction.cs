namespace OrleansFlow.Streaming.Functions.Typed;

/// <summary>Code of a user that makes one record of another. One instance a subtask, one call at a time; it keeps nothing between calls.</summary>
/// <typeparam name="TIn">The record that comes in.</typeparam>
/// <typeparam name="TOut">The record that goes out, with the same event time.</typeparam>
public abstract class ScalarFunction<TIn, TOut>
{
    /// <summary>Makes the record.</summary>
    /// <returns>The record; null leaves the row out.</returns>
    public abstract TOut? Map(TIn row);
}
