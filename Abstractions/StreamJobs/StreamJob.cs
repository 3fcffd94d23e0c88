using System.Linq.Expressions;
using System.Text.RegularExpressions;
using OrleansFlow.Errors;

namespace OrleansFlow.StreamJobs;

/// <summary>
/// A streaming job that is written in C#: sources give streams of records, their methods make further streams, sinks take them. What lambdas say becomes SQL, so that
/// workers need no code of the job; functions of the host are named. Not thread-safe. See docs/streaming/builder.md.
/// </summary>
public sealed partial class StreamJob
{
    private const int ParallelismMax = 1_024;

    private readonly List<JobStep> _steps = [];
    private readonly List<StreamJobProblem> _problems = [];

    /// <summary>How long rows of joins and aggregates without a window are kept behind the watermark. Default null: one day, unless the silo says otherwise. More than zero.</summary>
    public TimeSpan? StateTtl { get; set; }

    internal IReadOnlyList<JobStep> Steps => _steps;

    /// <summary>Reads rows.</summary>
    /// <typeparam name="T">A class or record whose properties are the columns; see <see cref="RecordColumns"/>.</typeparam>
    /// <param name="name">Of the source; its state is kept under it.</param>
    /// <param name="connector">Where the rows come from.</param>
    /// <param name="eventTime">The property that is the event time; null where the connector knows it.</param>
    /// <param name="delay">How far rows may be behind the latest one. Default zero.</param>
    /// <returns>The rows.</returns>
    public JobRows<T> Source<T>(string name, JobConnector connector, Expression<Func<T, DateTime>>? eventTime = null, TimeSpan delay = default)
    {
        ArgumentNullException.ThrowIfNull(connector);
        var columns = RecordColumns.Of(typeof(T));
        (string, string)? watermark = null;
        var number = _steps.Count + 1;
        if (eventTime is not null)
        {
            var place = $"source '{name}'";
            if (eventTime.Body is MemberExpression { Expression: ParameterExpression } member && columns.TryFind(member.Member.Name, out var column))
            {
                watermark = (column.Name, $"{SqlText.Quote(column.Name)} - {SqlText.Interval(delay)}");
            }
            else
            {
                Report(StreamJobProblem.UnsupportedExpression, place, $"the event time is '{eventTime.Body}'; it has to be a property of the record.");
            }

            if (delay < TimeSpan.Zero)
            {
                Report(StreamJobProblem.BadSetting, place, $"the delay is {delay}; it is zero or more.");
            }
        }

        var step = Add(new JobStep(this, number, "source", columns, []) { Connector = connector, Watermark = watermark });
        step.Name = name;
        return new JobRows<T>(step);
    }

    /// <summary>Everything that keeps the job from running, as far as it is seen without the engine; none: it is fine.</summary>
    public IReadOnlyList<StreamJobProblem> Validate()
    {
        var problems = new List<StreamJobProblem>(_problems);
        var names = new Dictionary<string, JobStep>(StringComparer.OrdinalIgnoreCase);
        foreach (var step in _steps)
        {
            if (step.Inputs.All(input => input.Columns != step.Columns))
            {
                problems.AddRange(step.Columns.Problems.Select(problem => new StreamJobProblem(StreamJobProblem.UnsupportedType, step.Label, problem)));
            }

            problems.AddRange(SettingsOf(step));
            if (step.Name is { } name && !names.TryAdd(name, step))
            {
                problems.Add(new StreamJobProblem(StreamJobProblem.DuplicateName, step.Label, $"the {names[name].What} before it has the name already."));
            }

            if (step is { What: not "sink", Readers: 0 })
            {
                problems.Add(new StreamJobProblem(StreamJobProblem.NoSink, step.Label, "its rows go nowhere; give them to a sink by SinkTo, or leave it out."));
            }
        }

        if (_steps.TrueForAll(step => step.What != "sink"))
        {
            problems.Add(new StreamJobProblem(StreamJobProblem.NoSink, "", "the job has no sink, so nothing would run."));
        }

        if (StateTtl <= TimeSpan.Zero)
        {
            problems.Add(new StreamJobProblem(StreamJobProblem.BadSetting, "", $"StateTtl is {StateTtl}; it is more than zero."));
        }

        return [.. problems.Distinct()];
    }

    /// <summary>The job as a streaming text, which <c>client.Jobs</c> and the planner take.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: the job cannot run; the message has all of <see cref="Validate"/>.</exception>
    public string ToSql()
    {
        var problems = Validate();
        return problems.Count == 0
            ? JobText.Write(this)
            : throw new FlowException(FlowErrorCode.BadInput, FormattableString.Invariant($"The job has {problems.Count} problem(s): {string.Join(" | ", problems)}"));
    }

    internal JobStep Add(JobStep step)
    {
        foreach (var input in step.Inputs)
        {
            input.Readers++;
            if (input.Job != this)
            {
                Report(StreamJobProblem.OtherJob, step.Label, $"it reads {input.Label} of another job; make both of one StreamJob.");
            }
        }

        _steps.Add(step);
        return step;
    }

    internal int NextNumber => _steps.Count + 1;

    internal void Report(string code, string place, string message) => _problems.Add(new StreamJobProblem(code, place, message));

    private static IEnumerable<StreamJobProblem> SettingsOf(JobStep step)
    {
        if (step.Name is { } name && (!NamePattern().IsMatch(name) || ReservedPattern().IsMatch(name)))
        {
            yield return new StreamJobProblem(StreamJobProblem.BadName, step.Label, "names are 1 to 128 letters, digits, '_' and '-', the first one a letter, and not 'step' with a number.");
        }

        if (step.Parallelism is { } parallelism && parallelism is < 1 or > ParallelismMax)
        {
            yield return new StreamJobProblem(StreamJobProblem.BadSetting, step.Label, FormattableString.Invariant($"the parallelism is {step.Parallelism}; it is 1 to {ParallelismMax}."));
        }

        if (step.StateTtl <= TimeSpan.Zero)
        {
            yield return new StreamJobProblem(StreamJobProblem.BadSetting, step.Label, $"its state is kept for {step.StateTtl}; it is more than zero.");
        }
    }

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_-]{0,127}\z")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"^step[0-9]+\z", RegexOptions.IgnoreCase)]
    private static partial Regex ReservedPattern();
}
