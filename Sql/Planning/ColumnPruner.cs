using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Sql.Planning;

/// <summary>
/// Drops the columns that nobody reads. DuckDB could do it too, but then leaves plans that its own serialization refuses
/// ("inequal num bindings/types").
/// </summary>
internal sealed class ColumnPruner
{
    private readonly Dictionary<int, SortedSet<int>> _needed = [];
    private readonly Dictionary<int, int[]> _layouts = [];

    /// <summary>The plan with the same columns, and fewer below.</summary>
    public static PlanNode Prune(PlanNode plan)
    {
        var (node, map) = new ColumnPruner().Prune(plan, new SortedSet<int>(Enumerable.Range(0, plan.Types.Count)));
        return ProjectNode.Select(node, map);
    }

    /// <summary>Gives a plan with at least the needed columns, and where each is now (-1 for one that is gone).</summary>
    private (PlanNode Node, int[] Map) Prune(PlanNode node, SortedSet<int> needed)
    {
        switch (node)
        {
            case ScanNode scan:
                return (new ScanNode(scan.Table, Pick(scan.Columns, needed), Pick(scan.Types, needed)), Layout(scan.Types.Count, needed));
            case TableFunctionNode function:
                return (
                    new TableFunctionNode(function.Name, function.Arguments, Pick(function.Columns, needed), function.ColumnNames, Pick(function.Types, needed))
                    {
                        ArgumentNames = function.ArgumentNames,
                        IsForeign = function.IsForeign,
                    },
                    Layout(function.Types.Count, needed));
            case ValuesNode values:
                return (new ValuesNode(values.Rows.Map(row => Pick(row, needed)), Pick(values.Types, needed)), Layout(values.Types.Count, needed));
            case CteReferenceNode reference:
                return Reference(reference, needed);
            case FilterNode filter:
                var (filtered, filterMap) = Prune(filter.Input, Union(needed, filter.Conditions));
                return Narrow(new FilterNode(filtered, filter.Conditions.Map(condition => Move(condition, filterMap))), filterMap, needed);
            case ProjectNode project:
                var kept = Pick(project.Values, needed);
                var (projected, projectMap) = Prune(project.Input, Union([], kept));
                return (new ProjectNode(projected, kept.Map(value => Move(value, projectMap))), Layout(project.Values.Count, needed));
            case UnnestNode unnest:
                return Unnest(unnest, needed);
            case AggregateNode aggregate:
                return Aggregate(aggregate, needed);
            case WindowNode window:
                return Window(window, needed);
            case DistinctNode { Targets.Count: > 0 } distinct:
                var (first, firstMap) = Prune(distinct.Input, Union(needed, [.. distinct.Targets, .. distinct.Orders.Select(order => order.Value)]));
                return (
                    new DistinctNode(first, distinct.Targets.Map(target => Move(target, firstMap)), distinct.Orders.Map(order => Move(order, firstMap))),
                    firstMap);
            case SortNode sort:
                var (sorted, sortMap) = Prune(sort.Input, Union(needed, [.. sort.Keys.Select(key => key.Value)]));
                return (sort with { Input = sorted, Keys = sort.Keys.Map(key => Move(key, sortMap)) }, sortMap);
            case SampleNode sample:
                var (sampled, sampleMap) = Prune(sample.Input, needed);
                return (sample with { Input = sampled }, sampleMap);
            case JoinNode join:
                return Join(join, needed);
            case SetOperationNode { Kind: SetOperationKind.Union, IsAll: true } union:
                return (union.WithInputs(union.Inputs.Map(input => Exactly(input, needed))), Layout(union.Types.Count, needed));
            case CteNode cte:
                return Cte(cte, needed);
            case RecursiveNode recursive:
                _layouts[recursive.Id] = Identity(recursive.Types.Count);
                return (recursive.WithInputs(recursive.Inputs.Map(All)), Identity(recursive.Types.Count));
            default:
                return (node.WithInputs(node.Inputs.Map(All)), Identity(node.Types.Count));
        }
    }

    private PlanNode All(PlanNode node) => Exactly(node, new SortedSet<int>(Enumerable.Range(0, node.Types.Count)));

    private PlanNode Exactly(PlanNode node, SortedSet<int> columns)
    {
        var (pruned, map) = Prune(node, columns);
        return ProjectNode.Select(pruned, [.. columns.Select(column => map[column])]);
    }

    private (PlanNode Node, int[] Map) Unnest(UnnestNode unnest, SortedSet<int> needed)
    {
        var count = unnest.Input.Types.Count;
        var (input, map) = Prune(unnest.Input, Union(needed.Where(column => column < count), unnest.Lists));
        return (
            unnest with { Input = input, Lists = unnest.Lists.Map(list => Move(list, map)) },
            [.. map, .. Enumerable.Range(input.Types.Count, unnest.Lists.Count)]);
    }

    private (PlanNode Node, int[] Map) Aggregate(AggregateNode aggregate, SortedSet<int> needed)
    {
        var groupCount = aggregate.Groups.Count;
        var behind = groupCount + aggregate.Aggregates.Count;
        var calls = Pick(aggregate.Aggregates, Part(needed, groupCount, aggregate.Aggregates.Count));
        var numbers = Pick(aggregate.GroupingNumbers, Part(needed, behind, aggregate.GroupingNumbers.Count));
        var kept = new SortedSet<int>(needed.Where(column => column >= groupCount).Concat(Enumerable.Range(0, groupCount)));
        if (groupCount == 0 && calls.Count == 0 && numbers.Count == 0 && aggregate.GroupingSets.Count == 0)
        {
            // Whatever there is to aggregate, it becomes one row.
            return (new ValuesNode([[]], []), Layout(aggregate.Types.Count, kept));
        }

        var (input, map) = Prune(aggregate.Input, Union([], [.. aggregate.Groups, .. calls.SelectMany(call => call.Expressions())]));
        return (
            new AggregateNode(
                input,
                aggregate.Groups.Map(group => Move(group, map)),
                aggregate.GroupingSets,
                calls.Map(call => call.MapColumns(column => Move(column, map))),
                numbers),
            Layout(aggregate.Types.Count, kept));
    }

    private (PlanNode Node, int[] Map) Window(WindowNode window, SortedSet<int> needed)
    {
        var count = window.Input.Types.Count;
        var wanted = Part(needed, count, window.Calls.Count);
        var calls = Pick(window.Calls, wanted);
        var read = new SortedSet<int>(needed.Where(column => column < count));
        foreach (var call in calls)
        {
            call.MapColumns(column =>
            {
                read.Add(column.Index);
                return column;
            });
        }

        var (input, map) = Prune(window.Input, read);
        var result = new int[window.Types.Count];
        Array.Fill(result, -1);
        map.CopyTo(result, 0);
        var position = input.Types.Count;
        foreach (var index in wanted)
        {
            result[count + index] = position++;
        }

        return (calls.Count == 0 ? input : new WindowNode(input, calls.Map(call => call.MapColumns(column => Move(column, map)))), result);
    }

    private (PlanNode Node, int[] Map) Join(JoinNode join, SortedSet<int> needed)
    {
        var leftCount = join.Left.Types.Count;
        var hasRight = join.Kind is not (JoinKind.Semi or JoinKind.Anti or JoinKind.Mark);
        var residual = join.Residual?.Columns() ?? new SortedSet<int>();
        var leftNeeded = Union(new SortedSet<int>(needed.Concat(residual).Where(column => column < leftCount)), join.Conditions.Map(condition => condition.Left));
        var rightNeeded = Union(
            new SortedSet<int>((hasRight ? needed.Concat(residual) : residual).Where(column => column >= leftCount).Select(column => column - leftCount)),
            join.Conditions.Map(condition => condition.Right));
        var (left, leftMap) = Prune(join.Left, leftNeeded);
        var (right, rightMap) = Prune(join.Right, rightNeeded);
        int[] both = [.. leftMap, .. rightMap.Select(position => position < 0 ? -1 : position + left.Types.Count)];
        var result = join with
        {
            Left = left,
            Right = right,
            Conditions = join.Conditions.Map(condition => condition with { Left = Move(condition.Left, leftMap), Right = Move(condition.Right, rightMap) }),
            Residual = join.Residual is null ? null : Move(join.Residual, both),
        };
        return Narrow(result, join.Kind == JoinKind.Mark ? [.. leftMap, left.Types.Count] : hasRight ? both : leftMap, needed);
    }

    /// <summary>Drops the columns that only a condition has read.</summary>
    private static (PlanNode Node, int[] Map) Narrow(PlanNode node, int[] map, SortedSet<int> needed)
    {
        if (needed.Count == node.Types.Count)
        {
            return (node, map);
        }

        var narrow = ProjectNode.Select(node, [.. needed.Select(column => map[column])]);
        return (narrow, Layout(map.Length, needed));
    }

    /// <summary>The body is looked at twice: first for what it reads of the definition, then with the definition's new columns.</summary>
    private (PlanNode Node, int[] Map) Cte(CteNode cte, SortedSet<int> needed)
    {
        _layouts.Remove(cte.Id);
        _needed[cte.Id] = [];
        Prune(cte.Body, needed);
        var (definition, map) = Prune(cte.Definition, _needed[cte.Id]);
        _layouts[cte.Id] = map;
        _definitions[cte.Id] = definition.Types;
        var (body, bodyMap) = Prune(cte.Body, needed);
        return (new CteNode(cte.Id, definition, body), bodyMap);
    }

    private readonly Dictionary<int, ValueList<SqlType>> _definitions = [];

    private (PlanNode Node, int[] Map) Reference(CteReferenceNode reference, SortedSet<int> needed)
    {
        if (_layouts.TryGetValue(reference.Id, out var layout))
        {
            return (_definitions.TryGetValue(reference.Id, out var types) ? new CteReferenceNode(reference.Id, types) : reference, layout);
        }

        if (_needed.TryGetValue(reference.Id, out var found))
        {
            found.UnionWith(needed);
        }

        return (reference, Identity(reference.Types.Count));
    }

    private static int[] Identity(int count) => [.. Enumerable.Range(0, count)];

    private static int[] Layout(int count, SortedSet<int> kept)
    {
        var map = new int[count];
        Array.Fill(map, -1);
        var position = 0;
        foreach (var column in kept)
        {
            map[column] = position++;
        }

        return map;
    }

    private static ValueList<T> Pick<T>(ValueList<T> items, SortedSet<int> kept) => new([.. kept.Select(index => items[index])]);

    /// <summary>The needed columns from <paramref name="first"/> on, counted from there.</summary>
    private static SortedSet<int> Part(SortedSet<int> needed, int first, int count) =>
        new(needed.Where(column => column >= first && column < first + count).Select(column => column - first));

    private static SortedSet<int> Union(IEnumerable<int> columns, IEnumerable<ScalarExpression> expressions) =>
        new(columns.Concat(expressions.SelectMany(expression => expression.Columns())));

    private static ScalarExpression Move(ScalarExpression expression, int[] map) => expression.MapColumns(column => Move(column, map));

    private static ColumnReference Move(ColumnReference column, int[] map) => column with { Index = map[column.Index] };

    private static OrderKey Move(OrderKey key, int[] map) => key.MapColumns(column => Move(column, map));
}
