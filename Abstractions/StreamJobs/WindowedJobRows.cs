using System.Linq.Expressions;

namespace OrleansFlow.StreamJobs;

/// <summary>Records by key and window.</summary>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="T">The records.</typeparam>
public sealed partial class WindowedJobRows<TKey, T>
{
    private readonly JobRows<T> _rows;
    private readonly IReadOnlyList<(string Member, string Sql, Type Type)> _parts;
    private readonly JobWindow? _window;

    internal WindowedJobRows(JobRows<T> rows, IReadOnlyList<(string Member, string Sql, Type Type)> parts, JobWindow? window) => (_rows, _parts, _window) = (rows, parts, window);

    internal Expression<Func<T, TKey>>? KeyLambda { get; init; }

    /// <summary>One record for each key and window, when the watermark has passed its end; its event time is the window's last microsecond. What it makes is windowed.</summary>
    /// <param name="make">The record.</param>
    public JobRows<TOut> Aggregate<TOut>(Expression<Func<WindowGroup<TKey, T>, TOut>> make) => GroupQuery.Make<TKey, T, TOut>(_rows, _parts, _window, "window", make, hasWindow: true);

    /// <summary>One record for each key and window by an aggregate function that the workers have registered. The records have to have a key, made of properties. What it makes is not windowed.</summary>
    /// <param name="function">Its name, perhaps with a version: <c>spread@2</c>.</param>
    public JobRows<TOut> Aggregate<TOut>(string function)
    {
        var (job, place) = (_rows.Step.Job, $"aggregate function '{function}'");
        if (KeyLambda is null || _window is null)
        {
            job.Report(StreamJobProblem.BadKey, place, "an aggregate function needs a key and a window of its own; write KeyBy(...).Window(...) before it.");
        }

        if (_window?.Problem() is { } problem)
        {
            job.Report(StreamJobProblem.BadWindow, place, problem);
        }

        return _rows.Call<TOut>("aggregate", function, KeyLambda is null ? [] : _rows.KeyColumns(place, KeyLambda), _window?.ToOptions() ?? []);
    }
}
