using System.Text.RegularExpressions;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Worker.Queries;

/// <summary>Names the files of a task whose reading failed in a way that the engine does not say the file of: a torn page, for one.</summary>
internal static partial class FileFaults
{
    private const int NamedMax = 8;

    /// <summary>The failure, with the files where the engine names none.</summary>
    public static Exception Explain(TaskPlan plan, Exception exception)
    {
        if (exception is not EngineException engine || !TableErrors.IsTornPage(engine))
        {
            return exception;
        }

        var files = plan.Scans.Where(scan => scan.SourceCase == TaskScan.SourceOneofCase.Sql)
            .SelectMany(scan => Reads().Matches(scan.Sql))
            .SelectMany(read => Literals().Matches(read.Groups[1].Value))
            .Select(path => path.Groups[1].Value.Replace("''", "'", StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal)
            .ToList();
        if (files.Count == 0)
        {
            return exception;
        }

        var named = string.Join(", ", files.Take(NamedMax)) + (files.Count > NamedMax ? FormattableString.Invariant($" and {files.Count - NamedMax} more") : "");
        return new FlowException(
            FlowErrorCode.DataFileMissing,
            $"{(files.Count == 1 ? "The file" : "One of the files")} {named} is broken inside: {engine.Message} Write it again or leave it out.",
            engine);
    }

    [GeneratedRegex(@"read_parquet\(\[(.*?)\]", RegexOptions.Singleline | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Reads();

    [GeneratedRegex("'((?:[^']|'')*)'", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Literals();
}
