using OrleansFlow.Engine;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;
using OrleansFlow.Sql.Reading;

namespace OrleansFlow.Sql.Rendering;

/// <content>Joins.</content>
internal sealed partial class SqlRenderer
{
    private string Join(JoinNode join) => join.Kind switch
    {
        JoinKind.Mark => Mark(join),
        JoinKind.Single => Single(join),
        _ => PlainJoin(join),
    };

    private string PlainJoin(JoinNode join)
    {
        var left = From(join.Left);
        var right = From(join.Right);
        var conditions = Conditions(join, left, right);
        var hasCondition = join.Kind != JoinKind.Positional && (conditions.Count > 0 || join.Kind != JoinKind.Inner);
        var word = join.Kind switch
        {
            JoinKind.Inner => hasCondition ? "JOIN" : "CROSS JOIN",
            JoinKind.Positional => "POSITIONAL JOIN",
            _ => $"{join.Kind.ToString().ToUpperInvariant()} JOIN",
        };
        var on = !hasCondition ? "" : conditions.Count == 0 ? " ON true" : $" ON {string.Join(" AND ", conditions)}";
        var columns = Enumerable.Range(0, join.Left.Types.Count).Select(left.Column);
        if (join.Kind is not (JoinKind.Semi or JoinKind.Anti))
        {
            columns = columns.Concat(Enumerable.Range(0, join.Right.Types.Count).Select(right.Column));
        }

        return $"SELECT {Columns([.. columns])} FROM {left.Text} {(join.IsAsOf ? "ASOF " : "")}{word} {right.Text}{on}";
    }

    private static List<string> Conditions(JoinNode join, Source left, Source right)
    {
        var conditions = join.Conditions.Select(condition => Condition(condition, left, right)).ToList();
        if (join.Residual is { } residual)
        {
            var leftCount = join.Left.Types.Count;
            conditions.Add(ExpressionRenderer.Render(
                residual, index => index < leftCount ? left.Column(index) : right.Column(index - leftCount)));
        }

        return conditions;
    }

    private static string Condition(JoinCondition condition, Source left, Source right) =>
        $"{ExpressionRenderer.Render(condition.Left, left.Column)} {ExpressionRenderer.Sign(condition.Kind)} {ExpressionRenderer.Render(condition.Right, right.Column)}";

    /// <summary>
    /// IN, ANY or EXISTS as a value. Conditions in which NULL equals NULL say which rows the sub-query sees; the other one is the
    /// question itself, with NULL for "not known".
    /// </summary>
    private string Mark(JoinNode join)
    {
        var left = From(join.Left);
        var right = From(join.Right);
        var questions = join.Conditions.Where(condition => condition.Kind != ComparisonKind.NotDistinctFrom).ToArray();
        var seen = join.Conditions.Where(condition => condition.Kind == ComparisonKind.NotDistinctFrom)
            .Select(condition => Condition(condition, left, right)).ToArray();
        if (join.Residual is not null || questions.Length > 1)
        {
            throw new PlanReadException("a sub-query with several comparisons");
        }

        var where = seen.Length == 0 ? "" : $" WHERE {string.Join(" AND ", seen)}";
        var answer = questions.Length == 0
            ? $"EXISTS (SELECT 1 FROM {right.Text}{where})"
            : $"({ExpressionRenderer.Render(questions[0].Left, left.Column)} {ExpressionRenderer.Sign(questions[0].Kind)} ANY (SELECT {ExpressionRenderer.Render(questions[0].Right, right.Column)} FROM {right.Text}{where}))";
        return $"SELECT {Columns([.. Enumerable.Range(0, join.Left.Types.Count).Select(left.Column), answer])} FROM {left.Text}";
    }

    /// <summary>A sub-query as a value; it says itself when there is more than one row.</summary>
    private string Single(JoinNode join)
    {
        var left = From(join.Left);
        var right = From(join.Right);
        var conditions = Conditions(join, left, right);
        var where = conditions.Count == 0 ? "" : $" WHERE {string.Join(" AND ", conditions)}";
        var fields = join.Right.Types.Select((_, index) => $"{EngineText.Quote(right.Column(index)[(right.Alias.Length + 1)..])} := {right.Column(index)}");
        var found = $"(SELECT struct_pack({string.Join(", ", fields)}) FROM {right.Text}{where})";
        var leftColumns = Enumerable.Range(0, join.Left.Types.Count).Select(left.Column).ToArray();
        var inner = $"SELECT {Columns([.. leftColumns, found])} FROM {left.Text}";
        var outer = new Source($"({inner}) AS ", NextAlias());
        var values = Enumerable.Range(0, leftColumns.Length).Select(outer.Column)
            .Concat(Enumerable.Range(0, join.Right.Types.Count).Select(index => $"struct_extract({outer.Column(leftColumns.Length)}, 'c{index}')"));
        return $"SELECT {Columns([.. values])} FROM {outer.Text}{outer.Alias}";
    }
}
