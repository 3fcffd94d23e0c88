namespace OrleansFlow.StreamJobs;

/// <summary>Something that keeps a job from running, found before it is sent anywhere.</summary>
/// <param name="Code">One of the constants here; stable.</param>
/// <param name="Operator">The operator, by its name or by what it is and its number; empty: the job.</param>
/// <param name="Message">What is wrong, with the value seen and the way out.</param>
public sealed record StreamJobProblem(string Code, string Operator, string Message)
{
    /// <summary>A part of a lambda has no counterpart in SQL.</summary>
    public const string UnsupportedExpression = "unsupported_expression";

    /// <summary>A type of a record, or of one of its members, cannot be a column.</summary>
    public const string UnsupportedType = "unsupported_type";

    /// <summary>A name is empty, too long, or has characters that names do not have.</summary>
    public const string BadName = "bad_name";

    /// <summary>Two operators have one name.</summary>
    public const string DuplicateName = "duplicate_name";

    /// <summary>The lengths of a window cannot be.</summary>
    public const string BadWindow = "bad_window";

    /// <summary>A number of subtasks, a time or another setting is out of its range.</summary>
    public const string BadSetting = "bad_setting";

    /// <summary>A key is not made of columns, or two keys that are to be equal have different types.</summary>
    public const string BadKey = "bad_key";

    /// <summary>An operator needs rows of windows and does not get them.</summary>
    public const string NotWindowed = "not_windowed";

    /// <summary>Rows go nowhere.</summary>
    public const string NoSink = "no_sink";

    /// <summary>A stream of another job is used.</summary>
    public const string OtherJob = "other_job";

    /// <inheritdoc/>
    public override string ToString() => Operator.Length == 0 ? $"{Code}: {Message}" : $"{Code} at {Operator}: {Message}";
}
