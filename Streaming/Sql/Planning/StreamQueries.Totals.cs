using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;
using OrleansFlow.Streaming.Updates;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <content>Aggregates without a window whose partial results merge: no rows have to be kept for them.</content>
internal sealed partial class StreamQueries
{
    /// <returns>Null when the rows have to be kept: an aggregate is not known, a type is no key, or rows are taken back.</returns>
    private async Task<(StreamPart From, PlanNode Rows)?> TotalsAsync(AggregateNode aggregate, string name, CancellationToken cancellationToken)
    {
        if (!aggregate.Aggregates.All(WindowAggregates.IsKnown) || UpdatingPlans.IsUpdating(aggregate.Input, tables.IsUpdating))
        {
            return null;
        }

        // Rows that are all one group have one key all the same: state is kept under it.
        ValueList<ScalarExpression> groups = aggregate.Groups.Count > 0 ? aggregate.Groups : [new ConstantExpression("true", IsNull: false, SqlType.Boolean)];
        ValueList<SqlType> types = [.. groups.Map(group => group.Type), .. aggregate.Aggregates.Map(call => call.Type)];
        var values = new List<ScalarExpression>(groups);
        var config = new TotalsConfig { TtlMicros = UpdatingTtlMicros };
        config.KeyColumns.AddRange(Enumerable.Range(0, groups.Count).Select(place => (uint)place));
        config.Aggregates.AddRange(Calls(aggregate, values));

        var project = new ProjectNode(aggregate.Input, [.. values]);
        var output = await SchemaAsync(types, isUpdating: true, cancellationToken);
        if (!TotalsOperator.IsSupported(await SchemaAsync(project.Types, isUpdating: false, cancellationToken), config, output))
        {
            return null;
        }

        var input = await PartAsync(project, name, cancellationToken);
        var plan = new StreamOperatorPlan(TotalsOperator.Kind, config);
        var part = program.AddKeyed($"{name}-group", plan, output, aggregate.Groups.Count == 0 ? 1 : Parallelism, [(input, config.KeyColumns)]);
        var rows = Rows(types, isUpdating: true);
        return (part with { IsUpdating = true }, ProjectNode.Select(rows, [.. Enumerable.Range(0, rows.Types.Count).Skip(groups.Count - aggregate.Groups.Count)]));
    }

    /// <summary>The aggregates over columns that their arguments become.</summary>
    private static IEnumerable<WindowAggregate> Calls(AggregateNode aggregate, List<ScalarExpression> values)
    {
        foreach (var call in aggregate.Aggregates)
        {
            var one = new WindowAggregate { Kind = WindowAggregates.KindOf(call) };
            if (call.Arguments.Count == 1)
            {
                one.Argument = (uint)values.Count;
                values.Add(call.Arguments[0]);
            }

            if (call.Filter is { } filter)
            {
                one.Filter = (uint)values.Count;
                values.Add(filter);
            }

            yield return one;
        }
    }
}
