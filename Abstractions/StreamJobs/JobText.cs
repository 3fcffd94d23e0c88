using System.Globalization;
using System.Text;

namespace OrleansFlow.StreamJobs;

/// <summary>Writes a job as a streaming text.</summary>
/// <remarks>
/// A step that one other one reads is a view, so the engine plans both together. One that has a name, settings of its own or several readers is a table in memory:
/// an operator of its own, under its name, which all its readers share.
/// </remarks>
internal static class JobText
{
    /// <summary>The text; the same one each time.</summary>
    public static string Write(StreamJob job)
    {
        var text = new StringBuilder();
        if (job.StateTtl is { } ttl)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"SET updating_ttl = {SqlText.Interval(ttl)};");
        }

        var parted = job.Steps.Where(IsTuned).SelectMany(step => step.Inputs).ToHashSet();
        foreach (var step in job.Steps)
        {
            WriteSettings(text, step, job.StateTtl, isBefore: true);
            if (step.Query is { } query)
            {
                var isTable = step.Name is not null || step.Readers > 1 || IsTuned(step) || parted.Contains(step);
                text.AppendLine(CultureInfo.InvariantCulture, $"CREATE {(isTable ? "TABLE" : "VIEW")} {SqlText.Quote(step.Relation)} AS {query([.. step.Inputs.Select(input => SqlText.Quote(input.Relation))])};");
            }
            else
            {
                WriteTable(text, step);
            }

            WriteSettings(text, step, job.StateTtl, isBefore: false);
        }

        return text.ToString();
    }

    private static bool IsTuned(JobStep step) => step.Inputs.Count > 0 && (step.Parallelism is not null || step.StateTtl is not null);

    private static void WriteSettings(StringBuilder text, JobStep step, TimeSpan? jobTtl, bool isBefore)
    {
        if (step.Parallelism is { } parallelism)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"SET parallelism = {(isBefore ? parallelism.ToString(CultureInfo.InvariantCulture) : "DEFAULT")};");
        }

        if (step.StateTtl is { } ttl)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"SET updating_ttl = {(isBefore ? SqlText.Interval(ttl) : jobTtl is { } others ? SqlText.Interval(others) : "DEFAULT")};");
        }
    }

    private static void WriteTable(StringBuilder text, JobStep step)
    {
        var elements = step.Columns.Columns.Select(column => $"{SqlText.Quote(column.Name)} {column.SqlType}{(step.Inputs.Count == 0 && !column.IsNullable ? " NOT NULL" : "")}").ToList();
        if (step.PrimaryKey.Count > 0)
        {
            elements.Add($"PRIMARY KEY ({string.Join(", ", step.PrimaryKey.Select(SqlText.Quote))})");
        }

        if (step.Watermark is { } watermark)
        {
            elements.Add($"WATERMARK FOR {SqlText.Quote(watermark.Column)} AS {watermark.Expression}");
        }

        var options = step.Function is { } function
            ? [("connector", "function"), ("kind", function.Kind), ("function", function.Function), .. function.KeyColumns.Count > 0 ? [("key", string.Join(", ", function.KeyColumns))] : Array.Empty<(string, string)>(), .. function.Options]
            : step.Connector!.Options.Select(option => (option.Key, option.Value)).Prepend(("connector", step.Connector.Name)).ToList();
        var with = string.Join(", ", options.Select(option => $"{option.Item1} = {SqlText.Literal(option.Item2)}"));
        text.AppendLine(CultureInfo.InvariantCulture, $"CREATE TABLE {SqlText.Quote(step.Relation)} ({string.Join(", ", elements)}) WITH ({with});");
        if (step.Inputs is [var input])
        {
            var columns = string.Join(", ", input.Columns.Columns.Select(column => SqlText.Quote(column.Name)));
            text.AppendLine(CultureInfo.InvariantCulture, $"INSERT INTO {SqlText.Quote(step.Relation)} SELECT {columns} FROM {SqlText.Quote(input.Relation)};");
        }
    }
}
