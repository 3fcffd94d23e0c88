using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;
using OrleansFlow.Streaming.Sql.Execution;
using OrleansFlow.Streaming.Updates;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <content>What changes with each row: aggregates and joins without a window.</content>
internal sealed partial class StreamQueries
{
    /// <summary>How long rows of such queries are kept behind the watermark, in microseconds.</summary>
    public long UpdatingTtlMicros { get; set; } = options.UpdatingTtl.Ticks / TimeSpan.TicksPerMicrosecond;

    private async Task<(StreamPart From, PlanNode Rows)> AggregateChangesAsync(AggregateNode aggregate, string name, CancellationToken cancellationToken)
    {
        if (!aggregate.IsPlain || aggregate.GroupingNumbers.Count > 0)
        {
            throw new FlowException(FlowErrorCode.Unsupported, "Streams group by a list of keys, without grouping sets.");
        }

        if (await TotalsAsync(aggregate, name, cancellationToken) is { } totals)
        {
            return totals;
        }

        return await ChangesAsync(
            $"{name}-group",
            aggregate.Types,
            [(aggregate.Input, [.. aggregate.Groups])],
            inputs =>
            {
                // Its time is that of the newest row; a group without rows has none, and is none, even where SQL says that all rows are one group.
                var time = new AggregateCall("max", [new ColumnReference(inputs[0].Types.Count - 1, TimedPlans.TimeType)], TimedPlans.TimeType);
                var all = AggregateNode.Plain(inputs[0], aggregate.Groups, [.. aggregate.Aggregates, time]);
                return new FilterNode(all, [new OperatorExpression(OperatorKind.IsNotNull, [new ColumnReference(all.Types.Count - 1, TimedPlans.TimeType)], SqlType.Boolean)]);
            },
            new ChangesConfig { ExpiresKeys = true },
            cancellationToken);
    }

    private Task<(StreamPart From, PlanNode Rows)> JoinChangesAsync(JoinNode join, string name, CancellationToken cancellationToken)
    {
        var keys = join.Conditions.Where(condition => condition.IsEquality).ToList();
        if (keys.Count == 0)
        {
            throw new FlowException(FlowErrorCode.Unsupported, "Updating joins must include an equijoin condition: a value of one side that is equal to a value of the other one.");
        }

        return ChangesAsync(
            $"{name}-join",
            join.Types,
            [(join.Left, keys.ConvertAll(key => key.Left)), (join.Right, keys.ConvertAll(key => key.Right))],
            inputs => Joined(join, inputs[0], inputs[1], "greatest"),
            new ChangesConfig { IsAppendOnly = join is { Kind: JoinKind.Inner, IsAsOf: false } },
            cancellationToken);
    }

    /// <summary>An operator that keeps rows and gives out what changes.</summary>
    /// <param name="name">What its id begins with.</param>
    /// <param name="types">The columns that come out.</param>
    /// <param name="sides">The rows, and the values by which those of one answer are found; as many on each side.</param>
    /// <param name="ask">The answer over rows with an event time, with one.</param>
    /// <param name="config">What is particular of it.</param>
    /// <param name="cancellationToken">Stops planning.</param>
    private async Task<(StreamPart From, PlanNode Rows)> ChangesAsync(
        string name, ValueList<SqlType> types, IReadOnlyList<(PlanNode Plan, List<ScalarExpression> Keys)> sides, Func<PlanNode[], PlanNode> ask, ChangesConfig config, CancellationToken cancellationToken)
    {
        var parts = new List<(StreamPart Part, IReadOnlyList<uint>)>();
        var views = new PlanNode[sides.Count];
        for (var side = 0; side < sides.Count; side++)
        {
            var (part, keys, view) = await KeyedAsync(name, sides[side].Plan, sides[side].Keys, Joins.InstantOperator.ViewOf(side), cancellationToken);
            config.Inputs.Add(new ChangesInput { KeyColumns = { keys }, IsUpdating = part.IsUpdating });
            parts.Add((part, keys));
            views[side] = view;
        }

        config.Sql = Render(ask(views));
        config.TtlMicros = UpdatingTtlMicros;
        config.IsAppendOnly &= parts.TrueForAll(one => !one.Part.IsUpdating);
        var isUpdating = !config.IsAppendOnly;
        var schema = await SchemaAsync(types, isUpdating, cancellationToken);
        var changes = program.AddKeyed(name, new StreamOperatorPlan(ChangesOperator.Kind, config), schema, sides[0].Keys.Count == 0 ? 1 : Parallelism, parts);
        return (changes with { IsUpdating = isUpdating }, Rows(types, isUpdating));
    }

    /// <summary>Rows that only come as rows that could be taken back.</summary>
    private async Task<StreamPart> UpdatingAsync(StreamPart part, ValueList<SqlType> types, string name, CancellationToken cancellationToken)
    {
        if (part.IsUpdating)
        {
            return part;
        }

        var rows = Rows(types, isUpdating: false);
        var never = new ConstantExpression("false", IsNull: false, SqlType.Boolean);
        var columns = rows.References();
        var sql = Render(new ProjectNode(rows, [.. columns.Take(types.Count), never, columns[types.Count]]));
        var schema = await SchemaAsync(types, isUpdating: true, cancellationToken);
        var made = program.Add(name, new StreamOperatorPlan(SqlOperator.Kind, new SqlConfig { Sql = sql }), schema, part.Parallelism, part);
        return made with { IsUpdating = true };
    }
}
