using OrleansFlow.Benchmarks.Queries.Tables;
using OrleansFlow.Engine;

namespace OrleansFlow.Benchmarks.Queries.Comparing;

/// <summary>Queries that two engines run over the same tables, and where they differ.</summary>
public static class DifferentialRun
{
    /// <summary>Runs each query on both engines, one after the other, and compares the results.</summary>
    /// <param name="queries">What to run.</param>
    /// <param name="expected">The engine whose results are right.</param>
    /// <param name="actual">The engine in question.</param>
    /// <param name="cancellationToken">Stops; it is passed on to the engines.</param>
    /// <returns>How many queries found rows, and the problems: those that failed on an engine, and those whose results differ.</returns>
    public static async Task<DifferentialReport> CompareAsync(
        IEnumerable<QueryText> queries,
        Func<QueryText, CancellationToken, Task<ResultTable>> expected,
        Func<QueryText, CancellationToken, Task<ResultTable>> actual,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(actual);
        var problems = new List<DifferentialProblem>();
        var unjudged = new List<DifferentialProblem>();
        var count = 0;
        var nonEmpty = 0;
        foreach (var query in queries)
        {
            count++;
            try
            {
                var right = await ExpectedAsync(query, expected, unjudged, cancellationToken);
                if (right is null)
                {
                    continue;
                }

                nonEmpty += right.Rows.Count > 0 ? 1 : 0;
                if (ResultComparer.Compare(right, await actual(query, cancellationToken), query.Order, query.FloatTolerance) is { } difference)
                {
                    problems.Add(new DifferentialProblem(query, difference));
                }
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // The next query may work, and a list of what does not says more than the first one of it.
                problems.Add(new DifferentialProblem(query, exception.Message));
            }
        }

        return new DifferentialReport(count, nonEmpty, problems, unjudged);
    }

    private static async Task<ResultTable?> ExpectedAsync(
        QueryText query,
        Func<QueryText, CancellationToken, Task<ResultTable>> expected,
        List<DifferentialProblem> unjudged,
        CancellationToken cancellationToken)
    {
        try
        {
            return await expected(query, cancellationToken);
        }
        catch (EngineException exception) when (exception.Kind == EngineErrorKind.Internal)
        {
            // DuckDB itself trips over about one random query in ten thousand: it cannot say then what would be right.
            unjudged.Add(new DifferentialProblem(query, exception.Message));
            return null;
        }
    }
}

/// <summary>What came of a comparison.</summary>
/// <param name="Count">Queries that were run.</param>
/// <param name="NonEmpty">Those whose right result has rows.</param>
/// <param name="Problems">Those that failed or differ, in the order in which they were run.</param>
/// <param name="Unjudged">Those on which the right engine reported an error inside itself, so that there is nothing to compare with.</param>
public sealed record DifferentialReport(
    int Count, int NonEmpty, IReadOnlyList<DifferentialProblem> Problems, IReadOnlyList<DifferentialProblem> Unjudged)
{
    private const int ProblemsShown = 10;

    /// <summary>The first problems with the text of their queries; empty when there are none.</summary>
    public override string ToString() => Problems.Count == 0
        ? ""
        : $"{Problems.Count} of {Count} queries:\n\n{string.Join("\n\n", Problems.Take(ProblemsShown).Select(problem => $"{problem.Query.Name}: {problem.Message}\n{problem.Query.Sql}"))}";
}

/// <summary>A query that failed, or whose results differ.</summary>
/// <param name="Query">The query.</param>
/// <param name="Message">The error, or the difference.</param>
public sealed record DifferentialProblem(QueryText Query, string Message);
