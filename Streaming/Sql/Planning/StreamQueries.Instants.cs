using OrleansFlow.Protocol.Streaming.Operators.V1;
using OrleansFlow.Errors;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;
using OrleansFlow.Streaming.Joins;

namespace OrleansFlow.Streaming.Sql.Planning;

/// <content>What rows of one window make together: joins, functions, aggregates and set operations over rows that windows gave out.</content>
internal sealed partial class StreamQueries
{
    private Task<(StreamPart From, PlanNode Rows)> JoinAsync(JoinNode join, string name, CancellationToken cancellationToken)
    {
        if (join.Kind is not (JoinKind.Inner or JoinKind.Left or JoinKind.Right or JoinKind.Full or JoinKind.Semi or JoinKind.Anti))
        {
            throw new FlowException(FlowErrorCode.Unsupported, $"A join of kind {join.Kind} (a sub-query as a value, or rows by their places) is not supported over streams.");
        }

        if (!WindowColumns.AreJoined(join) || join.IsAsOf)
        {
            return JoinChangesAsync(join, name, cancellationToken);
        }

        var (left, right) = (WindowColumns.Of(join.Left), WindowColumns.Of(join.Right));
        var keys = join.Conditions.Where(condition => condition.IsEquality && !WindowColumns.IsEquality(condition, left, right)).ToList();
        return InstantAsync(
            $"{name}-join",
            join.Types,
            [(join.Left, keys.ConvertAll(key => key.Left)), (join.Right, keys.ConvertAll(key => key.Right))],
            inputs => Joined(join, inputs[0], inputs[1], timeOfBoth: null),
            cancellationToken);
    }

    /// <summary>The join over rows with an event time, of which one row of it has one.</summary>
    /// <param name="join">The join.</param>
    /// <param name="left">The left rows.</param>
    /// <param name="right">The right rows.</param>
    /// <param name="timeOfBoth">The function of the two times of a pair, which has to take a null for nothing; null where they are the same.</param>
    private static ProjectNode Joined(JoinNode join, PlanNode left, PlanNode right, string? timeOfBoth)
    {
        var count = join.Left.Types.Count;
        var joined = join with
        {
            Left = left,
            Right = right,
            Residual = join.Residual?.MapColumns(column => column.Index < count ? column : column with { Index = column.Index + 1 }),
        };
        var columns = Enumerable.Range(0, count).Select(place => (ScalarExpression)new ColumnReference(place, join.Types[place]));
        ScalarExpression time = new ColumnReference(count, TimedPlans.TimeType);
        if (join.Kind is JoinKind.Semi or JoinKind.Anti)
        {
            return new ProjectNode(joined, [.. columns, time]);
        }

        columns = columns.Concat(Enumerable.Range(count, join.Types.Count - count).Select(place => (ScalarExpression)new ColumnReference(place + 1, join.Types[place])));
        var other = new ColumnReference(join.Types.Count + 1, TimedPlans.TimeType);
        if (timeOfBoth is not null)
        {
            time = new FunctionExpression(timeOfBoth, [time, other], TimedPlans.TimeType);
        }
        else if (join.Kind is JoinKind.Right or JoinKind.Full)
        {
            time = new OperatorExpression(OperatorKind.Coalesce, [time, other], TimedPlans.TimeType);
        }

        return new ProjectNode(joined, [.. columns, time]);
    }

    /// <summary>Aggregates of rows that know their window, one of the groups.</summary>
    private Task<(StreamPart From, PlanNode Rows)> RegroupAsync(AggregateNode aggregate, string name, CancellationToken cancellationToken)
    {
        var windows = WindowColumns.Of(aggregate.Input);
        return InstantAsync(
            $"{name}-group",
            aggregate.Types,
            [(aggregate.Input, [.. aggregate.Groups.Where(group => !WindowColumns.IsOne(group, windows))])],
            inputs =>
            {
                // The event time is the window's, so it parts no group.
                var time = new ColumnReference(inputs[0].Types.Count - 1, TimedPlans.TimeType);
                return TimedPlans.Behind(AggregateNode.Plain(inputs[0], [.. aggregate.Groups, time], aggregate.Aggregates), aggregate.Groups.Count, 1);
            },
            cancellationToken);
    }

    private Task<(StreamPart From, PlanNode Rows)> FunctionsAsync(WindowNode window, string name, CancellationToken cancellationToken)
    {
        var windows = WindowColumns.Of(window.Input);
        if (!window.Calls.All(call => call.Partitions.Any(partition => WindowColumns.IsOne(partition, windows))))
        {
            throw new FlowException(FlowErrorCode.Unsupported, "Window functions require already windowed input, and PARTITION BY its window.");
        }

        var keys = window.Calls[0].Partitions.Where(key => !WindowColumns.IsOne(key, windows) && window.Calls.All(call => call.Partitions.Contains(key)));
        return InstantAsync(
            $"{name}-over", window.Types, [(window.Input, [.. keys])], inputs => TimedPlans.Behind(window with { Input = inputs[0] }, window.Input.Types.Count, 1), cancellationToken);
    }

    private Task<(StreamPart From, PlanNode Rows)> DistinctAsync(DistinctNode distinct, string name, CancellationToken cancellationToken)
    {
        if (distinct.Targets.Count > 0)
        {
            throw new FlowException(FlowErrorCode.Unsupported, "DISTINCT ON is not supported over streams; number the rows with row_number() over the window.");
        }

        // Without targets it is a group by all columns.
        var references = distinct.Input.References();
        return AggregateAsync(AggregateNode.Plain(distinct.Input, references, []), name, cancellationToken);
    }

    private async Task<(StreamPart From, PlanNode Rows)> SetAsync(SetOperationNode operation, string name, CancellationToken cancellationToken)
    {
        if (operation is { Kind: SetOperationKind.Union, IsAll: true })
        {
            return await UnionAsync(operation, name, cancellationToken);
        }

        if (operation.Kind == SetOperationKind.Union)
        {
            return await DistinctAsync(new DistinctNode(new SetOperationNode(SetOperationKind.Union, IsAll: true, operation.Inputs), [], []), name, cancellationToken);
        }

        if (operation.Inputs.Count != 2 || WindowColumns.Of(operation).Count == 0)
        {
            throw new FlowException(FlowErrorCode.Unsupported, $"{operation.Kind.ToString().ToUpperInvariant()} over streams needs the same window in both queries.");
        }

        var windows = WindowColumns.Of(operation);
        return await InstantAsync(
            $"{name}-set",
            operation.Types,
            [.. operation.Inputs.Select(input => (input, input.References().Where(column => !windows.Contains(((ColumnReference)column).Index)).ToList()))],
            inputs => new SetOperationNode(operation.Kind, operation.IsAll, [.. inputs]),
            cancellationToken);
    }

    private async Task<(StreamPart From, PlanNode Rows)> UnionAsync(SetOperationNode operation, string name, CancellationToken cancellationToken)
    {
        var parts = new List<StreamPart>();
        foreach (var input in operation.Inputs)
        {
            parts.Add(await PartAsync(input, name, cancellationToken));
        }

        var merged = await MergeAsync(parts, operation.Types, name, cancellationToken);
        return (merged, Rows(operation.Types, merged.IsUpdating));
    }

    /// <summary>The rows of several parts as they come.</summary>
    /// <param name="parts">At least one; all have the columns of the types.</param>
    /// <param name="types">The columns.</param>
    /// <param name="name">What ids of its operators begin with.</param>
    /// <param name="cancellationToken">Stops planning.</param>
    public async Task<StreamPart> MergeAsync(IReadOnlyList<StreamPart> parts, ValueList<SqlType> types, string name, CancellationToken cancellationToken)
    {
        if (parts.Count == 1)
        {
            return parts[0];
        }

        var all = parts.ToArray();
        var isUpdating = all.Any(part => part.IsUpdating);
        for (var i = 0; isUpdating && i < all.Length; i++)
        {
            all[i] = await UpdatingAsync(all[i], types, name, cancellationToken);
        }

        var schema = await SchemaAsync(types, isUpdating, cancellationToken);
        return program.AddMerge($"{name}-union", new StreamOperatorPlan(Operators.MergeOperator.Kind, null), schema, all.Max(part => part.Parallelism), all);
    }

    /// <summary>An operator that asks for what rows of one event time make together.</summary>
    /// <param name="name">What its id begins with.</param>
    /// <param name="types">The columns that come out.</param>
    /// <param name="sides">The rows, and the values by which those of one answer are found; as many on each side.</param>
    /// <param name="ask">The answer over rows with an event time, with one.</param>
    /// <param name="cancellationToken">Stops planning.</param>
    private async Task<(StreamPart From, PlanNode Rows)> InstantAsync(
        string name, ValueList<SqlType> types, IReadOnlyList<(PlanNode Plan, List<ScalarExpression> Keys)> sides, Func<PlanNode[], PlanNode> ask, CancellationToken cancellationToken)
    {
        var config = new InstantConfig();
        var parts = new List<(StreamPart, IReadOnlyList<uint>)>();
        var views = new PlanNode[sides.Count];
        for (var side = 0; side < sides.Count; side++)
        {
            var (part, keys, view) = await KeyedAsync(name, sides[side].Plan, sides[side].Keys, InstantOperator.ViewOf(side), cancellationToken);
            RefuseUpdating(part, "A join or a function over windows");
            config.Inputs.Add(new KeyedInput { KeyColumns = { keys } });
            parts.Add((part, keys));
            views[side] = view;
        }

        config.Sql = Render(ask(views));
        var schema = await SchemaAsync(types, isUpdating: false, cancellationToken);
        var joined = program.AddKeyed(name, new StreamOperatorPlan(InstantOperator.Kind, config), schema, sides[0].Keys.Count == 0 ? 1 : Parallelism, parts);
        return (joined, Rows(types, isUpdating: false));
    }

    /// <summary>Rows whose keys are columns, behind those that the plan has.</summary>
    private async Task<(StreamPart Part, List<uint> Keys, PlanNode View)> KeyedAsync(
        string name, PlanNode plan, List<ScalarExpression> keys, string view, CancellationToken cancellationToken)
    {
        var computed = keys.Where(key => key is not ColumnReference).ToList();
        var count = plan.Types.Count;
        if (count + computed.Count == 0)
        {
            // Rows that are only counted.
            computed.Add(new ConstantExpression("true", IsNull: false, SqlType.Boolean));
        }

        var all = computed.Count == 0 ? plan : new ProjectNode(plan, [.. plan.References(), .. computed]);
        var part = await PartAsync(all, name, cancellationToken);
        var next = (uint)count;
        var places = keys.ConvertAll(key => key is ColumnReference column ? (uint)column.Index : next++);
        var input = new InputNode(view, [.. all.Types, TimedPlans.TimeType]);
        return (part, places, ProjectNode.Select(input, [.. Enumerable.Range(0, count), all.Types.Count]));
    }
}
