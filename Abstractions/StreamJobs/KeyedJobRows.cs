using System.Linq.Expressions;

namespace OrleansFlow.StreamJobs;

/// <summary>A stream whose records are put together by a key.</summary>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="T">The records.</typeparam>
public sealed partial class KeyedJobRows<TKey, T>
{
    private readonly JobRows<T> _rows;
    private readonly Expression<Func<T, TKey>> _key;
    private readonly IReadOnlyList<(string Member, string Sql, Type Type)> _parts;

    internal KeyedJobRows(JobRows<T> rows, Expression<Func<T, TKey>> key, IReadOnlyList<(string Member, string Sql, Type Type)> parts) => (_rows, _key, _parts) = (rows, key, parts);

    /// <summary>Cuts event time into windows.</summary>
    public WindowedJobRows<TKey, T> Window(JobWindow window)
    {
        ArgumentNullException.ThrowIfNull(window);
        return new WindowedJobRows<TKey, T>(_rows, _parts, window) { KeyLambda = _key };
    }

    /// <summary>Keeps the windows that the records are of already.</summary>
    public WindowedJobRows<TKey, T> SameWindow() => new(_rows, _parts, null);

    /// <summary>Gives the records to a process function that the workers have registered: state by key, and timers.</summary>
    /// <typeparam name="TOut">What it gives out.</typeparam>
    /// <param name="function">Its name, perhaps with a version: <c>rides@2</c>.</param>
    public JobRows<TOut> Process<TOut>(string function) => _rows.Call<TOut>("process", function, _rows.KeyColumns($"process function '{function}'", _key), []);

    /// <summary>Aggregates over all time: a record of a key is taken back when it changes, and the next one comes. Its state is bounded by <see cref="JobRows{T}.WithStateTtl"/>.</summary>
    /// <param name="make">The record of a key.</param>
    public JobRows<TOut> Aggregate<TOut>(Expression<Func<RowGroup<TKey, T>, TOut>> make) => GroupQuery.Make<TKey, T, TOut>(_rows, _parts, null, "aggregate", make, hasWindow: false);
}
