namespace OrleansFlow.StreamJobs;

/// <summary>The rows of one key, in lambdas of <c>Aggregate</c>: it is never made, but read there. Aggregates leave nulls out; one over nothing else is null.</summary>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="T">The rows.</typeparam>
public abstract class RowGroup<TKey, T>
{
    private protected RowGroup()
    {
    }

    /// <summary>The key.</summary>
    public TKey Key => throw Outside();

    /// <summary>Number of rows.</summary>
    public long Count() => throw Outside();

    /// <summary>Number of rows for which something is true.</summary>
    public long Count(Func<T, bool> where) => throw Outside();

    /// <summary>Number of different values.</summary>
    public long CountDistinct<TValue>(Func<T, TValue> value) => throw Outside();

    /// <summary>The sum, of the type of the values. One that does not fit fails the job.</summary>
    public TValue Sum<TValue>(Func<T, TValue> value) => throw Outside();

    /// <summary>The sum over the rows for which something is true.</summary>
    public TValue Sum<TValue>(Func<T, TValue> value, Func<T, bool> where) => throw Outside();

    /// <summary>The mean.</summary>
    public double Average<TValue>(Func<T, TValue> value) => throw Outside();

    /// <summary>The mean over the rows for which something is true.</summary>
    public double? Average<TValue>(Func<T, TValue> value, Func<T, bool> where) => throw Outside();

    /// <summary>The least value.</summary>
    public TValue Min<TValue>(Func<T, TValue> value) => throw Outside();

    /// <summary>The least value of the rows for which something is true.</summary>
    public TValue Min<TValue>(Func<T, TValue> value, Func<T, bool> where) => throw Outside();

    /// <summary>The greatest value.</summary>
    public TValue Max<TValue>(Func<T, TValue> value) => throw Outside();

    /// <summary>The greatest value of the rows for which something is true.</summary>
    public TValue Max<TValue>(Func<T, TValue> value, Func<T, bool> where) => throw Outside();

    /// <summary>The standard deviation of a sample; null for fewer than two rows.</summary>
    public double? StandardDeviation<TValue>(Func<T, TValue> value) => throw Outside();

    /// <summary>The variance of a sample; null for fewer than two rows.</summary>
    public double? Variance<TValue>(Func<T, TValue> value) => throw Outside();

    /// <summary>Whether something is true for one row at least.</summary>
    public bool Any(Func<T, bool> test) => throw Outside();

    /// <summary>Whether something is true for all rows.</summary>
    public bool All(Func<T, bool> test) => throw Outside();

    /// <summary>An aggregate of SQL by its name, for example <c>g.Call&lt;double?, double&gt;("median", r => r.Fare)</c>.</summary>
    /// <typeparam name="TResult">What it gives.</typeparam>
    /// <typeparam name="TValue">What it is given.</typeparam>
    /// <param name="function">Its name: letters, digits and underscores.</param>
    /// <param name="value">Its argument.</param>
    public TResult Call<TResult, TValue>(string function, Func<T, TValue> value) => throw Outside();

    private protected static InvalidOperationException Outside() => new("A group of a streaming job is not here: its members are read in the lambda of Aggregate only.");
}
