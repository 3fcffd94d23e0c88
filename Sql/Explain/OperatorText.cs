using System.Globalization;
using System.Text.RegularExpressions;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;
using OrleansFlow.Sql.Rendering;

namespace OrleansFlow.Sql.Explain;

/// <summary>One operator as one line for people. Columns are named c0, c1, ... by their place in the operator's input; of a join left columns l0, right ones r0.</summary>
internal static partial class OperatorText
{
    /// <param name="node">The operator.</param>
    /// <param name="sourceOf">What stands behind the name of a scan or an input.</param>
    public static string Write(PlanNode node, Func<string, string> sourceOf) => node switch
    {
        ScanNode scan => $"Scan {sourceOf(scan.Table)} [{string.Join(", ", scan.Columns.Select(name => name ?? "-"))}]",
        InputNode input => sourceOf(input.Name),
        ValuesNode values => string.Create(CultureInfo.InvariantCulture, $"Values rows={values.Rows.Count}"),
        TableFunctionNode function => $"{function.Name}({List(function.Arguments)})",
        FilterNode filter => $"Filter {List(filter.Conditions, " AND ")}",
        ProjectNode project => $"Project {List(project.Values)}",
        UnnestNode unnest => $"Unnest {List(unnest.Lists)}",
        AggregateNode aggregate => Aggregate(aggregate),
        WindowNode window => $"Window {string.Join(", ", window.Calls.Select(call => Simplify(ExpressionRenderer.Window(call, Column))))}",
        DistinctNode { Targets.Count: > 0 } distinct => $"Distinct on {List(distinct.Targets)}{Orders(distinct.Orders)}",
        DistinctNode => "Distinct",
        SortNode sort => Sort(sort),
        SampleNode sample => $"Sample {sample.Clause}",
        JoinNode join => Join(join),
        SetOperationNode operation => $"{operation.Kind}{(operation.IsAll ? " all" : "")}",
        CteNode cte => string.Create(CultureInfo.InvariantCulture, $"Shared result {cte.Id}"),
        CteReferenceNode reference => string.Create(CultureInfo.InvariantCulture, $"Read of {reference.Id}"),
        RecursiveNode recursive => string.Create(CultureInfo.InvariantCulture, $"Recursion {recursive.Id}{(recursive.IsAll ? " all" : "")}"),
        _ => node.GetType().Name,
    };

    private static string Column(int index) => string.Create(CultureInfo.InvariantCulture, $"c{index}");

    private static string List(IEnumerable<ScalarExpression> expressions, string separator = ", ") =>
        string.Join(separator, expressions.Select(expression => Simplify(ExpressionRenderer.Render(expression, Column))));

    private static string Orders(ValueList<OrderKey> orders) =>
        orders.Count == 0 ? "" : $" {Simplify(ExpressionRenderer.Orders(orders, Column)).Replace("ORDER BY", "order by", StringComparison.Ordinal)}";

    private static string Aggregate(AggregateNode aggregate)
    {
        var calls = aggregate.Aggregates.Select(call => Simplify(ExpressionRenderer.Aggregate(call, Column)));
        var numbers = aggregate.GroupingNumbers.Select(set => $"grouping({string.Join(", ", set.Select(key => List([aggregate.Groups[key]])))})");
        var sets = aggregate.IsPlain
            ? aggregate.Groups.Count == 0 ? "" : $" by {List(aggregate.Groups)}"
            : $" by sets {string.Join(", ", aggregate.GroupingSets.Select(set => $"({string.Join(", ", set.Select(key => List([aggregate.Groups[key]])))})"))}";
        return $"Aggregate {string.Join(", ", calls.Concat(numbers))}{sets}".Replace("Aggregate  by", "Aggregate by", StringComparison.Ordinal);
    }

    private static string Sort(SortNode sort)
    {
        var words = sort.Keys.Count == 0 ? "Limit" : sort.Limit is null ? "Sort" : "Top";
        var limit = Bound(" limit ", sort.Limit) + Bound(" offset ", sort.Offset);
        return $"{words}{limit}{Orders(sort.Keys)}";
    }

    private static string Bound(string word, RowCountBound? bound) =>
        bound is null ? ""
        : bound.Percentage is { } share ? string.Create(CultureInfo.InvariantCulture, $"{word}{share}%")
        : string.Create(CultureInfo.InvariantCulture, $"{word}{bound.Count}");

    private static string Join(JoinNode join)
    {
        var leftCount = join.Left.Types.Count;
        static string Left(int index) => string.Create(CultureInfo.InvariantCulture, $"l{index}");
        static string Right(int index) => string.Create(CultureInfo.InvariantCulture, $"r{index}");
        var conditions = join.Conditions.Select(condition =>
            $"{Simplify(ExpressionRenderer.Render(condition.Left, Left))} {ExpressionRenderer.Sign(condition.Kind)} {Simplify(ExpressionRenderer.Render(condition.Right, Right))}").ToList();
        if (join.Residual is { } residual)
        {
            conditions.Add(Simplify(ExpressionRenderer.Render(residual, index => index < leftCount ? Left(index) : Right(index - leftCount))));
        }

        var kind = join.Kind == JoinKind.Inner && conditions.Count == 0 ? "Cross" : join.Kind.ToString();
        return $"{(join.IsAsOf ? "As-of " : "")}{kind} join{(conditions.Count == 0 ? "" : $" on {string.Join(" AND ", conditions)}")}";
    }

    // Casts of constants and quotes of names matter to DuckDB only.
    private static string Simplify(string text) => QuotedCall().Replace(ConstantCast().Replace(text, "$1"), "$1(").ReplaceLineEndings(" ");

    [GeneratedRegex("CAST\\(('(?:[^']|'')*'|-?[0-9.]+|NULL) AS [A-Z_ ]+(?:\\([0-9, ]+\\))?\\)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ConstantCast();

    [GeneratedRegex("\"([^\"]+)\"\\(", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex QuotedCall();
}
