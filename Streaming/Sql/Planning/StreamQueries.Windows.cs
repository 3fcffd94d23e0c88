using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;
using OrleansFlow.Streaming.Sql.Execution;
using OrleansFlow.Streaming.Windows;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <content>Groups by windows.</content>
internal sealed partial class StreamQueries
{
    private Task<(StreamPart From, PlanNode Rows)> AggregateAsync(AggregateNode aggregate, string name, CancellationToken cancellationToken)
    {
        var window = aggregate.Groups.FirstOrDefault(WindowCalls.IsWindow);
        if (window is null)
        {
            var windows = WindowColumns.Of(aggregate.Input);
            return aggregate.IsPlain && aggregate.Groups.Any(group => WindowColumns.IsOne(group, windows))
                ? RegroupAsync(aggregate, name, cancellationToken)
                : AggregateChangesAsync(aggregate, name, cancellationToken);
        }

        if (!aggregate.IsPlain || aggregate.GroupingNumbers.Count > 0 || aggregate.Groups.Count(WindowCalls.IsWindow) > 1)
        {
            throw new FlowException(FlowErrorCode.Unsupported, "Streams group by one window and a list of keys, without grouping sets.");
        }

        var config = WindowCalls.Read(window);
        Late?.CheckAggregates(aggregate);

        // Windows below it, whose rows it reads, go out once.
        var changes = ResultChanges;
        ResultChanges = null;
        changes?.CheckWindow(aggregate);
        if (aggregate.Aggregates.All(WindowAggregates.IsKnown))
        {
            return WindowAsync(aggregate, config, changes, name, cancellationToken);
        }

        return config.WindowCase == WindowConfig.WindowOneofCase.Session
            ? throw WindowAggregates.NotInSessions(aggregate.Aggregates.First(call => !WindowAggregates.IsKnown(call)))
            : RegroupAsync(Assigned(aggregate, config), name, cancellationToken);
    }

    private async Task<(StreamPart From, PlanNode Rows)> WindowAsync(
        AggregateNode aggregate, WindowConfig config, ResultChanges? changes, string name, CancellationToken cancellationToken)
    {
        var keys = aggregate.Groups.Where(group => !WindowCalls.IsWindow(group)).ToList();
        var values = new List<ScalarExpression>(keys);
        config.KeyColumns.AddRange(Enumerable.Range(0, keys.Count).Select(place => (uint)place));
        config.Aggregates.AddRange(Calls(aggregate, values));
        var (late, rows) = WithLate(aggregate.Input, new ProjectNode(aggregate.Input, [.. values]), config);
        var input = await PartAsync(rows, name, cancellationToken);
        RefuseUpdating(input, "A window");
        var results = await SchemaAsync(aggregate.Aggregates.Map(call => call.Type), isUpdating: false, cancellationToken);
        var (plan, output) = WindowPlan(
            config, changes, input.Schema, [.. aggregate.Aggregates.Select((_, place) => $"a{place}")], [.. results.Fields.Take(aggregate.Aggregates.Count).Select(field => field.Type)]);
        var part = program.Add($"{name}-window", plan, output, keys.Count == 0 ? 1 : Parallelism, input, config.KeyColumns) with { IsUpdating = changes is not null };
        if (late is not null)
        {
            late.Rows = program.AddSide(part, WindowOperator.LateOf(input.Schema, config));
        }

        return (part, Grouped(aggregate, keys, part.IsUpdating));
    }

    /// <summary>The aggregate's columns from those of the window operator.</summary>
    private static ProjectNode Grouped(AggregateNode aggregate, List<ScalarExpression> keys, bool isUpdating)
    {
        var types = keys.Select(key => key.Type).Concat(aggregate.Aggregates.Select(call => call.Type)).ToList();
        var rows = new InputNode(SqlOperator.InputView, [.. types, TimedPlans.TimeType, TimedPlans.TimeType, .. TimedPlans.Carried(isUpdating)]);
        var (start, place) = (types.Count, 0);
        var values = new List<ScalarExpression>();
        foreach (var group in aggregate.Groups)
        {
            values.Add(WindowCalls.IsWindow(group)
                ? new FunctionExpression("struct_pack", [new ColumnReference(start, TimedPlans.TimeType), new ColumnReference(start + 1, TimedPlans.TimeType)], group.Type) { ArgumentNames = ["start", "end"] }
                : new ColumnReference(place++, group.Type));
        }

        values.AddRange(aggregate.Aggregates.Select(call => new ColumnReference(place++, call.Type)));
        values.AddRange(TimedPlans.Carried(isUpdating).Select((type, carried) => new ColumnReference(start + 2 + carried, type)));
        return new ProjectNode(rows, [.. values]);
    }

    /// <summary>The same aggregates over rows that know their windows: for those whose partial results do not merge, and that need all rows at the window's end.</summary>
    private static AggregateNode Assigned(AggregateNode aggregate, WindowConfig config)
    {
        var values = new List<ScalarExpression>();
        ScalarExpression Moved(ScalarExpression value)
        {
            values.Add(value);
            return new ColumnReference(values.Count - 1, value.Type);
        }

        // The window's place is known when all others are.
        var groups = aggregate.Groups.Map(group => WindowCalls.IsWindow(group) ? group : Moved(group));
        var calls = aggregate.Aggregates.Map(call => call with
        {
            Arguments = call.Arguments.Map(Moved),
            Filter = call.Filter is null ? null : Moved(call.Filter),
            Orders = call.Orders.Map(order => order with { Value = Moved(order.Value) }),
        });
        var type = aggregate.Groups.First(WindowCalls.IsWindow).Type;
        return aggregate with
        {
            Input = new AssignWindowNode(new ProjectNode(aggregate.Input, [.. values]), config, type),
            Groups = groups.Map(group => WindowCalls.IsWindow(group) ? new ColumnReference(values.Count, type) : group),
            Aggregates = calls,
        };
    }

    private async Task<(StreamPart From, PlanNode Rows)> AssignAsync(AssignWindowNode assign, string name, CancellationToken cancellationToken)
    {
        var input = await PartAsync(assign.Input, name, cancellationToken);
        RefuseUpdating(input, "A window");
        var plan = new StreamOperatorPlan(SqlOperator.Kind, new SqlConfig { Sql = assign.Sql(SqlOperator.InputView) });
        var part = program.Add($"{name}-assign", plan, await SchemaAsync(assign.Types, isUpdating: false, cancellationToken), input.Parallelism, input);
        return (part, Rows(assign.Types, isUpdating: false));
    }

    private static void RefuseUpdating(StreamPart part, string what)
    {
        if (part.IsUpdating)
        {
            throw new FlowException(FlowErrorCode.Unsupported, $"{what} needs rows that stay, and rows of an aggregate or a join without a window, or of a table of format debezium_json, are taken back when they change; group by a window there, too.");
        }
    }
}
