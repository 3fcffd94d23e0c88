using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Sql.Stages;

/// <summary>Functions that give another value each time they run. (The time of day is none of them: planning has made it a constant.)</summary>
internal static class VolatileFunctions
{
    private static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        "random", "setseed", "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "nextval", "currval", "txid_current",
    };

    /// <summary>Whether an operator of the plan may call one.</summary>
    public static bool Occur(PlanNode plan) => plan.SelfAndInputs().Any(OccurIn);

    /// <summary>Whether this operator itself may call one.</summary>
    public static bool OccurIn(PlanNode node) => node switch
    {
        SampleNode => true,

        // Nobody knows what a user's function reads.
        TableFunctionNode function => function.IsForeign,
        ProjectNode project => Occur(project.Values),
        FilterNode filter => Occur(filter.Conditions),
        ValuesNode values => values.Rows.Any(Occur),
        AggregateNode aggregate => Occur(aggregate.Groups) || aggregate.Aggregates.Any(call => Occur(call.Expressions())),
        UnnestNode unnest => Occur(unnest.Lists),
        JoinNode join => Occur(join.Conditions.SelectMany(condition => new[] { condition.Left, condition.Right })) || (join.Residual is { } residual && Occur([residual])),
        WindowNode window => window.Calls.Any(call => Occur(call.Arguments) || Occur(call.Partitions)),
        _ => false,
    };

    /// <summary>Whether an expression may call one.</summary>
    public static bool Occur(ScalarExpression expression) => Occur([expression]);

    private static bool Occur(IEnumerable<ScalarExpression> expressions) =>
        expressions.Any(expression => expression.SelfAndParts().Any(part => part is FunctionExpression function && (function.IsVolatile || Names.Contains(function.Name))));
}
