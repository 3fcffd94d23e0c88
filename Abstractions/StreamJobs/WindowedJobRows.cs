using System.Linq.Expressions;

namespace OrleansFlow.StreamJobs;

/// <summary>Records by key and window.</summary>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="T">The records.</typeparam>
public sealed partial class WindowedJobRows<TKey, T>
{
    private readonly JobRows<T> _stream;
    private readonly IReadOnlyList<(string Member, string Sql, Type Type)> _parts;
    private readonly JobWindow? _window;

    internal WindowedJobRows(JobRows<T> stream, IReadOnlyList<(string Member, string Sql, Type Type)> parts, JobWindow? window) => (_stream, _parts, _window) = (stream, parts, window);

    internal Expression<Func<T, TKey>>? KeyLambda { get; init; }

    /// <summary>One record for each key and window, when the watermark has passed its end; its event time is the window's last microsecond. What it makes is windowed.</summary>
    /// <param name="make">The record.</param>
    public JobRows<TOut> Aggregate<TOut>(Expression<Func<WindowGroup<TKey, T>, TOut>> make) => GroupQuery.Make<TKey, T, TOut>(_stream, _parts, _window, "window", make, hasWindow: true);
}
