using System.Linq.Expressions;

namespace OrleansFlow.StreamJobs;

/// <summary>A stream whose records are put together by a key.</summary>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="T">The records.</typeparam>
public sealed partial class KeyedJobRows<TKey, T>
{
    private readonly JobRows<T> _stream;
    private readonly Expression<Func<T, TKey>> _key;
    private readonly IReadOnlyList<(string Member, string Sql, Type Type)> _parts;

    internal KeyedJobRows(JobRows<T> stream, Expression<Func<T, TKey>> key, IReadOnlyList<(string Member, string Sql, Type Type)> parts) => (_stream, _key, _parts) = (stream, key, parts);

    /// <summary>Cuts event time into windows.</summary>
    public WindowedJobRows<TKey, T> Window(JobWindow window)
    {
        ArgumentNullException.ThrowIfNull(window);
        return new WindowedJobRows<TKey, T>(_stream, _parts, window) { KeyLambda = _key };
    }

    /// <summary>Keeps the windows that the records are of already.</summary>
    public WindowedJobRows<TKey, T> SameWindow() => new(_stream, _parts, null);

    /// <summary>Aggregates over all time: a record of a key is taken back when it changes, and the next one comes. Its state is bounded by <see cref="JobRows{T}.WithStateTtl"/>.</summary>
    /// <param name="make">The record of a key.</param>
    public JobRows<TOut> Aggregate<TOut>(Expression<Func<RowGroup<TKey, T>, TOut>> make) => GroupQuery.Make<TKey, T, TOut>(_stream, _parts, null, "aggregate", make, hasWindow: false);
}
