using System.Text.RegularExpressions;

namespace OrleansFlow.StreamJobs;

/// <content>Functions of the host.</content>
public sealed partial class JobRows<T>
{
    /// <summary>Makes a record of each one by a scalar function that the workers have registered.</summary>
    /// <param name="function">Its name, perhaps with a version: <c>fares@2</c>.</param>
    public JobRows<TOut> Map<TOut>(string function) => Call<TOut>("scalar", function, [], []);

    /// <summary>Makes any number of records of each one by a table function that the workers have registered.</summary>
    /// <param name="function">Its name, perhaps with a version.</param>
    public JobRows<TOut> FlatMap<TOut>(string function) => Call<TOut>("table", function, [], []);

    /// <summary>Makes a record of each one by an async function that the workers have registered.</summary>
    /// <param name="function">Its name, perhaps with a version.</param>
    /// <param name="options">Null for the defaults.</param>
    public JobRows<TOut> AsyncMap<TOut>(string function, AsyncOptions? options = null)
    {
        options ??= new AsyncOptions();
        if (options.Problem() is { } problem)
        {
            Step.Job.Report(StreamJobProblem.BadSetting, $"async function '{function}'", problem);
        }

        return Call<TOut>("async", function, [], options.ToOptions());
    }

    internal JobRows<TOut> Call<TOut>(string kind, string function, IReadOnlyList<string> key, IEnumerable<(string Name, string Value)> options)
    {
        ArgumentNullException.ThrowIfNull(function);
        var job = Step.Job;
        if (!FunctionPattern().IsMatch(function))
        {
            job.Report(StreamJobProblem.BadName, $"{kind} function '{function}'", "names of functions are 1 to 128 letters, digits and '_', '-', '.', and perhaps '@' and a version.");
        }

        if (key.FirstOrDefault(column => column.Contains(',', StringComparison.Ordinal)) is { } comma)
        {
            job.Report(StreamJobProblem.BadKey, $"{kind} function '{function}'", $"its key has the column '{comma}', and a comma stands between columns there; give the member another name by [Column].");
        }

        return new JobRows<TOut>(job.Add(new JobStep(job, job.NextNumber, $"{kind} function", RecordColumns.Of(typeof(TOut)), [Step])
        {
            Function = new FunctionCall(kind, function, key, [.. options]),
        }));
    }

    [GeneratedRegex(@"^[A-Za-z0-9_.-]{1,128}(@[A-Za-z0-9_.-]{1,64})?\z")]
    private static partial Regex FunctionPattern();
}
