using System.Globalization;
using System.Linq.Expressions;

namespace OrleansFlow.StreamJobs;

/// <summary>A stream of records of a <see cref="StreamJob"/>.</summary>
/// <typeparam name="T">Its records.</typeparam>
public sealed partial class JobRows<T>
{
    private const string Alias = "t";

    internal JobRows(JobStep step) => Step = step;

    internal JobStep Step { get; }

    private RowBinding.Row Row => new(Alias, Step.Columns);

    /// <summary>Names the operator that makes this stream: its state is kept under the name, and metrics show it. An operator without a name has one by its place in the job.</summary>
    /// <param name="name">1 to 128 letters, digits, <c>_</c> and <c>-</c>, the first one a letter.</param>
    public JobRows<T> Named(string name)
    {
        Step.Name = name;
        return this;
    }

    /// <summary>Subtasks of the operator that makes this stream. Default: as many as the job has. 1 to 1,024.</summary>
    public JobRows<T> WithParallelism(int parallelism)
    {
        Step.Parallelism = parallelism;
        return this;
    }

    /// <summary>How long a join or an aggregate without a window keeps rows behind the watermark. Default: that of the job. More than zero.</summary>
    public JobRows<T> WithStateTtl(TimeSpan ttl)
    {
        Step.StateTtl = ttl;
        return this;
    }

    /// <summary>Leaves out the records for which something is not true.</summary>
    public JobRows<T> Where(Expression<Func<T, bool>> test)
    {
        ArgumentNullException.ThrowIfNull(test);
        return Make<T>("where", Step.HasWindow, label =>
        {
            var sql = Try(label, () => SqlTranslator.Translate(test, Row));
            return inputs => $"SELECT {All()} FROM {inputs[0]} AS {Alias} WHERE {sql}";
        });
    }

    /// <summary>Makes another record of each one.</summary>
    public JobRows<TOut> Select<TOut>(Expression<Func<T, TOut>> make)
    {
        ArgumentNullException.ThrowIfNull(make);
        return Make<TOut>("select", Step.HasWindow, label =>
        {
            var values = TryProject(label, make, Row);
            return inputs => $"SELECT {Window(Alias)}{values} FROM {inputs[0]} AS {Alias}";
        });
    }

    /// <summary>Makes a record of each item of an array in each record; of one without items none.</summary>
    /// <param name="items">The array.</param>
    /// <param name="make">The record, of the one that has the array and an item.</param>
    public JobRows<TOut> FlatMap<TItem, TOut>(Expression<Func<T, TItem[]>> items, Expression<Func<T, TItem, TOut>> make)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(make);
        return Make<TOut>("flat map", Step.HasWindow, label =>
        {
            var list = Try(label, () => SqlTranslator.Translate(items, Row));
            var values = TryProject(label, make, Row, new RowBinding.Value($"{Alias}.\"_item\""));
            return inputs => $"SELECT {Window(Alias)}{values} FROM (SELECT {Alias}.*, unnest({list}) AS \"_item\" FROM {inputs[0]} AS {Alias}) AS {Alias}";
        });
    }

    /// <summary>The records of several streams as they come.</summary>
    public JobRows<T> Union(params IReadOnlyList<JobRows<T>> others)
    {
        ArgumentNullException.ThrowIfNull(others);
        var steps = others.Select(other => other.Step).Prepend(Step).ToList();
        var hasWindow = steps.TrueForAll(step => step.HasWindow);
        var columns = (hasWindow ? "\"_window\", " : "") + string.Join(", ", Step.Columns.Columns.Select(column => SqlText.Quote(column.Name)));
        var job = Step.Job;
        return new JobRows<T>(job.Add(new JobStep(job, job.NextNumber, "union", Step.Columns, steps)
        {
            HasWindow = hasWindow,
            Query = inputs => string.Join(" UNION ALL ", inputs.Select(input => $"SELECT {columns} FROM {input}")),
        }));
    }

    /// <summary>Each record once: of a window where the stream is windowed; else over all time, by records that may be taken back.</summary>
    public JobRows<T> Distinct() => Make<T>("distinct", Step.HasWindow, _ => inputs => $"SELECT DISTINCT {All()} FROM {inputs[0]} AS {Alias}");

    /// <summary>The records of each window, and of each key in it, that come first.</summary>
    /// <param name="count">How many; at least 1.</param>
    /// <param name="key">Of which each value has its own first ones.</param>
    /// <param name="by">The greatest values come first. Of equal ones it is not said which.</param>
    public JobRows<T> TopInWindow<TKey, TValue>(int count, Expression<Func<T, TKey>> key, Expression<Func<T, TValue>> by)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(by);
        return Make<T>("top", hasWindow: true, label =>
        {
            RequireWindow(label);
            if (count < 1)
            {
                Step.Job.Report(StreamJobProblem.BadSetting, label, FormattableString.Invariant($"the count is {count}; it is at least 1."));
            }

            var parts = string.Concat(TryKey(label, key).Select(part => ", " + part.Sql));
            var order = Try(label, () => SqlTranslator.Translate(by, Row));
            var top = count.ToString(CultureInfo.InvariantCulture);
            return inputs => $"SELECT {All()} FROM (SELECT {Alias}.*, row_number() OVER (PARTITION BY {Alias}.\"_window\"{parts} ORDER BY {order} DESC) AS \"_rank\" FROM {inputs[0]} AS {Alias}) AS {Alias} WHERE \"_rank\" <= {top}";
        });
    }

    /// <summary>Puts records of a key together.</summary>
    /// <param name="key">A value of a record, or several: <c>r => new { r.Driver, r.Zone }</c>.</param>
    public KeyedJobRows<TKey, T> KeyBy<TKey>(Expression<Func<T, TKey>> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new KeyedJobRows<TKey, T>(this, key, TryKey($"key of {Step.Label}", key));
    }

    /// <summary>Cuts event time into windows of all records, whatever their key; one subtask does it.</summary>
    public WindowedJobRows<bool, T> Window(JobWindow window) => new(this, [], window);

    /// <summary>Gives the records out.</summary>
    /// <param name="name">Of the sink; its state is kept under it.</param>
    /// <param name="connector">Where they go.</param>
    /// <param name="key">The properties that make up the primary key, for connectors that want one; null for none.</param>
    /// <returns>The sink, for its settings.</returns>
    public JobSink SinkTo(string name, JobConnector connector, Expression<Func<T, object?>>? key = null)
    {
        ArgumentNullException.ThrowIfNull(connector);
        var job = Step.Job;
        var columns = key is null ? [] : KeyColumns($"sink '{name}'", key);
        var step = job.Add(new JobStep(job, job.NextNumber, "sink", Step.Columns, [Step]) { Connector = connector, PrimaryKey = columns });
        step.Name = name;
        return new JobSink(step);
    }
}
