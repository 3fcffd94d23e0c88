using System.Linq.Expressions;

namespace OrleansFlow.StreamJobs;

/// <summary>Aggregates as a query: the groups with all that is asked of them, and over them the record that is made.</summary>
internal static class GroupQuery
{
    public static JobRows<TOut> Make<TKey, T, TOut>(
        JobRows<T> stream, IReadOnlyList<(string Member, string Sql, Type Type)> key, JobWindow? window, string what, LambdaExpression make, bool hasWindow)
    {
        ArgumentNullException.ThrowIfNull(make);
        return stream.Make<TOut>(what, hasWindow, label =>
        {
            var job = stream.Step.Job;
            if (window?.Problem() is { } problem)
            {
                job.Report(StreamJobProblem.BadWindow, label, problem);
            }

            if (hasWindow && window is null)
            {
                stream.RequireWindow(label);
            }

            var group = new RowBinding.Group([.. key.Select(part => (part.Member, part.Sql))], new RowBinding.Row("t", stream.Step.Columns));
            var values = stream.TryProject(label, make, group);
            var groups = key.Select((part, place) => FormattableString.Invariant($"{part.Sql} AS \"_k{place}\"")).ToList();
            if (hasWindow)
            {
                groups.Insert(0, $"{window?.ToSql() ?? "t.\"_window\""} AS \"_window\"");
            }

            var aggregates = group.Aggregates.Select((sql, place) => FormattableString.Invariant($"{sql} AS \"_a{place}\""));
            var by = string.Join(", ", Enumerable.Range(1, groups.Count).Select(place => FormattableString.Invariant($"{place}")));
            var inner = string.Join(", ", groups.Concat(aggregates));
            var outer = (hasWindow ? "g.\"_window\" AS \"_window\", " : "") + values;
            return inputs => $"SELECT {outer} FROM (SELECT {inner} FROM {inputs[0]} AS t GROUP BY {by}) AS g";
        });
    }
}
