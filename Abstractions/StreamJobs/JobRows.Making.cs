using System.Linq.Expressions;

namespace OrleansFlow.StreamJobs;

/// <content>How further streams are made of one.</content>
public sealed partial class JobRows<T>
{
    internal JobRows<TOut> Make<TOut>(string what, bool hasWindow, Func<string, Func<IReadOnlyList<string>, string>> query, params JobStep[] others)
    {
        var (job, number) = (Step.Job, Step.Job.NextNumber);
        var label = FormattableString.Invariant($"{what} (operator {number})");
        return new JobRows<TOut>(job.Add(new JobStep(job, number, what, RecordColumns.Of(typeof(TOut)), [Step, .. others]) { HasWindow = hasWindow, Query = query(label) }));
    }

    /// <summary>All columns of a relation of these records, the window among them if there is one.</summary>
    internal string All(string alias = Alias) => Window(alias) + string.Join(", ", Step.Columns.Columns.Select(column => $"{alias}.{SqlText.Quote(column.Name)}"));

    /// <summary>The window, where there is one, and a comma.</summary>
    internal string Window(string alias) => Step.HasWindow ? $"{alias}.\"_window\" AS \"_window\", " : "";

    /// <summary>Translates; what has no counterpart becomes a problem of the job.</summary>
    internal string Try(string label, Func<string> translate)
    {
        try
        {
            return translate();
        }
        catch (UntranslatableException exception)
        {
            Step.Job.Report(StreamJobProblem.UnsupportedExpression, label, exception.Message);
            return "NULL";
        }
    }

    /// <summary>The columns of a record that a lambda makes.</summary>
    internal string TryProject(string label, LambdaExpression make, params RowBinding[] bindings) => Try(
        label,
        () => RecordColumns.Of(make.ReturnType).Problems.Count > 0
            ? "NULL"
            : string.Join(", ", SqlTranslator.Project(make, bindings).Select(value => $"{value.Sql} AS {SqlText.Quote(value.Column.Name)}")));

    /// <summary>The parts of a key.</summary>
    internal IReadOnlyList<(string Member, string Sql, Type Type)> TryKey(string label, LambdaExpression key, string alias = Alias)
    {
        IReadOnlyList<(string, string, Type)> parts = [];
        Try(label, () =>
        {
            parts = SqlTranslator.Key(key, new RowBinding.Row(alias, Step.Columns));
            return "";
        });
        return parts;
    }

    /// <summary>The names of the columns that a key is made of.</summary>
    internal IReadOnlyList<string> KeyColumns(string label, LambdaExpression key)
    {
        var body = key.Body is UnaryExpression { NodeType: ExpressionType.Convert } convert ? convert.Operand : key.Body;
        IReadOnlyList<Expression> parts = body is NewExpression made ? made.Arguments : [body];
        var names = new List<string>();
        foreach (var part in parts)
        {
            if (part is ParameterExpression && Step.Columns.IsValue)
            {
                names.Add(RecordColumns.ValueColumn);
            }
            else if (part is MemberExpression { Expression: ParameterExpression } member && Step.Columns.TryFind(member.Member.Name, out var column) && !column.Name.Contains(',', StringComparison.Ordinal))
            {
                names.Add(column.Name);
            }
            else
            {
                Step.Job.Report(StreamJobProblem.BadKey, label, $"'{part}' is no property of the record; make it one by Select.");
            }
        }

        return names;
    }

    internal void RequireWindow(string label)
    {
        if (!Step.HasWindow)
        {
            Step.Job.Report(StreamJobProblem.NotWindowed, label, $"{Step.Label} gives rows of no window; aggregate them by a window first.");
        }
    }
}
