namespace OrleansFlow.Streaming.Functions.Typed;

/// <summary>Code of a user that makes any number of records of one. One instance a subtask, one call at a time; it keeps nothing between calls.</summary>
/// <typeparam name="TIn">The record that comes in.</typeparam>
/// <typeparam name="TOut">The records that go out, with the same event time.</typeparam>
public abstract class TableFunction<TIn, TOut>
{
    /// <summary>Makes the records.</summary>
    /// <param name="row">What comes in.</param>
    /// <param name="output">Gets what goes out, in order; at most 1,000,000 of one row.</param>
    public abstract void Expand(TIn row, ICollection<TOut> output);
}
