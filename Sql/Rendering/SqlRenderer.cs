using System.Globalization;
using OrleansFlow.Engine;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Sql.Rendering;

/// <summary>
/// Writes a plan as one SELECT. Every operator becomes a sub-select whose columns are named c0, c1, ...; DuckDB's optimiser takes the
/// nesting away again. For one text.
/// </summary>
internal sealed partial class SqlRenderer
{
    private int _aliasCount;

    /// <summary>The text of a fragment: its columns are named c0, c1, ...</summary>
    public static string Render(PlanNode plan) => new SqlRenderer().Select(plan);

    /// <summary>The text of a whole query.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="names">Names of the result's columns; they may repeat.</param>
    public static string Render(PlanNode plan, IReadOnlyList<string> names)
    {
        var renderer = new SqlRenderer();
        var input = renderer.From(plan);
        var columns = names.Select((name, index) => $"{input.Column(index)} AS {EngineText.Quote(name)}");
        return $"SELECT {string.Join(", ", columns)} FROM {input.Text}";
    }

    /// <summary>A source of rows with a name of its own.</summary>
    /// <param name="Text">What stands behind FROM.</param>
    /// <param name="Alias">The name; empty when there is nothing to read from.</param>
    private readonly record struct Source(string Text, string Alias)
    {
        public string Column(int index) => string.Create(CultureInfo.InvariantCulture, $"{Alias}.c{index}");
    }

    private Source From(PlanNode node)
    {
        var text = Select(node);
        var alias = NextAlias();
        return new Source($"({text}) AS {alias}", alias);
    }

    private string NextAlias() => string.Create(CultureInfo.InvariantCulture, $"t{_aliasCount++}");

    private static string CteName(int id) => string.Create(CultureInfo.InvariantCulture, $"cte_{id}");

    private string Select(PlanNode node)
    {
        switch (node)
        {
            case ScanNode scan:
                var alias = NextAlias();
                return $"SELECT {Columns(scan.Columns.Map(name => name is null ? "CAST(NULL AS BIGINT)" : $"{alias}.{EngineText.Quote(name)}"))} FROM {EngineText.Quote(scan.Table)} AS {alias}";
            case InputNode input:
                return $"SELECT {Own(input.Types.Count)} FROM {EngineText.Quote(input.Name)}";
            case CteReferenceNode reference:
                return $"SELECT {Own(reference.Types.Count)} FROM {CteName(reference.Id)}";
            case ValuesNode values:
                return Values(values);
            case TableFunctionNode function:
                return TableFunction(function);
            case FilterNode filter:
                return Filter(filter);
            case ProjectNode project:
                return Project(project);
            case UnnestNode unnest:
                return Unnest(unnest);
            case AggregateNode aggregate:
                return Aggregate(aggregate);
            case WindowNode window:
                return Window(window);
            case DistinctNode distinct:
                return Distinct(distinct);
            case SortNode sort:
                return Sort(sort);
            case SampleNode sample:
                var sampled = From(sample.Input);
                return $"SELECT {Pass(sampled, sample.Types.Count)} FROM {sampled.Text} USING SAMPLE {sample.Clause}";
            case JoinNode join:
                return Join(join);
            case SetOperationNode operation:
                return SetOperation(operation);
            case CteNode cte:
                return $"WITH {CteName(cte.Id)} AS MATERIALIZED ({Select(cte.Definition)}) {WithoutWith(cte.Body)}";
            case RecursiveNode recursive:
                return Recursive(recursive);
            default:
                throw new InvalidOperationException($"The operator {node.GetType().Name} has no renderer.");
        }
    }

    // One WITH cannot follow another.
    private string WithoutWith(PlanNode node)
    {
        if (node is not (CteNode or RecursiveNode))
        {
            return Select(node);
        }

        var input = From(node);
        return $"SELECT {Pass(input, node.Types.Count)} FROM {input.Text}";
    }

    /// <summary>A list of values with the names c0, c1, ...; SQL has no rows without columns, so one nobody reads stands in.</summary>
    private static string Columns(IReadOnlyCollection<string> values) =>
        values.Count == 0
            ? "1 AS nothing"
            : string.Join(", ", values.Select((value, index) => string.Create(CultureInfo.InvariantCulture, $"{value} AS c{index}")));

    private static string Own(int count) =>
        count == 0 ? "1 AS nothing" : string.Join(", ", Enumerable.Range(0, count).Select(index => string.Create(CultureInfo.InvariantCulture, $"c{index}")));

    private static string Pass(Source source, int count) => Columns([.. Enumerable.Range(0, count).Select(source.Column)]);

    private static string Values(ValuesNode values)
    {
        if (values.Rows.Count == 0)
        {
            return $"SELECT {Columns(values.Types.Map(type => ConstantExpression.Null(type).Sql))} WHERE false";
        }

        if (values.Rows.Count == 1 || values.Types.Count == 0)
        {
            return string.Join(" UNION ALL ", values.Rows.Select(row => $"SELECT {Columns(row.Map(Constant))}"));
        }

        var rows = values.Rows.Select(row => $"({string.Join(", ", row.Select(Constant))})");
        return $"SELECT {Own(values.Types.Count)} FROM (VALUES {string.Join(", ", rows)}) AS rows({Own(values.Types.Count)})";
    }

    private static string Constant(ScalarExpression value) =>
        ExpressionRenderer.Render(value, index => throw new InvalidOperationException($"VALUES cannot read column {index}."));

    /// <summary>A call of a table function.</summary>
    public static string Call(TableFunctionNode function)
    {
        var placed = function.Arguments.Count - function.ArgumentNames.Count;
        var arguments = function.Arguments.Select((argument, index) =>
            index < placed ? Constant(argument) : $"{EngineText.Quote(function.ArgumentNames[index - placed])} := {Constant(argument)}");
        return $"{(function.IsForeign ? EngineText.Quote(function.Name) : function.Name)}({string.Join(", ", arguments)})";
    }

    private string TableFunction(TableFunctionNode function)
    {
        var alias = NextAlias();
        var names = function.ColumnNames.Select(EngineText.Quote).ToArray();
        var columns = function.Columns.Map(index => index < 0 ? "CAST(NULL AS BIGINT)" : $"{alias}.{names[index]}");
        return $"SELECT {Columns(columns)} FROM {Call(function)} AS {alias}({string.Join(", ", names)})";
    }

    private string Filter(FilterNode filter)
    {
        var input = From(filter.Input);
        var conditions = filter.Conditions.Select(condition => ExpressionRenderer.Render(condition, input.Column));
        return $"SELECT {Pass(input, filter.Types.Count)} FROM {input.Text} WHERE {string.Join(" AND ", conditions)}";
    }

    private string Project(ProjectNode project)
    {
        if (project.Input is ValuesNode { Rows.Count: 1 } && project.Values.All(value => value.Columns().Count == 0))
        {
            return $"SELECT {Columns(project.Values.Map(Constant))}";
        }

        var input = From(project.Input);
        return $"SELECT {Columns(project.Values.Map(value => ExpressionRenderer.Render(value, input.Column)))} FROM {input.Text}";
    }

    private string Unnest(UnnestNode unnest)
    {
        var input = From(unnest.Input);
        var kept = Enumerable.Range(0, unnest.Input.Types.Count).Select(input.Column);
        var lists = unnest.Lists.Select(list => $"unnest({ExpressionRenderer.Render(list, input.Column)})");
        return $"SELECT {Columns([.. kept, .. lists])} FROM {input.Text}";
    }

    private string Aggregate(AggregateNode aggregate)
    {
        var node = GroupsAsColumns(aggregate);
        var input = From(node.Input);
        var groups = node.Groups.Map(group => ExpressionRenderer.Render(group, input.Column));
        var values = new List<string>(groups);
        values.AddRange(node.Aggregates.Select(call => ExpressionRenderer.Aggregate(call, input.Column)));
        values.AddRange(node.GroupingNumbers.Select(keys => $"GROUPING({string.Join(", ", keys.Select(key => groups[key]))})"));
        if (values.Count == 0)
        {
            // A group by nothing is one row all the same.
            values.Add("count(*)");
        }

        return $"SELECT {Columns(values)} FROM {input.Text}{GroupBy(node, groups)}";
    }

    private static string GroupBy(AggregateNode node, ValueList<string> groups)
    {
        if (node.GroupingSets.Count == 0)
        {
            return "";
        }

        var sets = node.GroupingSets.Select(set => $"({string.Join(", ", set.Select(key => groups[key]))})");
        return node.IsPlain && groups.Count > 0
            ? $" GROUP BY {string.Join(", ", node.GroupingSets[0].Select(key => groups[key]))}"
            : $" GROUP BY GROUPING SETS ({string.Join(", ", sets)})";
    }

    // GROUP BY would take some computed keys for something else (a number for a position, for one).
    private static AggregateNode GroupsAsColumns(AggregateNode node)
    {
        if (node.Groups.All(group => group is ColumnReference) && node.Groups.Distinct().Count() == node.Groups.Count)
        {
            return node;
        }

        var count = node.Input.Types.Count;
        return node with
        {
            Input = new ProjectNode(node.Input, [.. node.Input.References(), .. node.Groups]),
            Groups = new([.. node.Groups.Select((group, index) => new ColumnReference(count + index, group.Type))]),
        };
    }

    private string Window(WindowNode window)
    {
        var input = From(window.Input);
        var kept = Enumerable.Range(0, window.Input.Types.Count).Select(input.Column);
        var calls = window.Calls.Select(call => ExpressionRenderer.Window(call, input.Column));
        return $"SELECT {Columns([.. kept, .. calls])} FROM {input.Text}";
    }

    private string Distinct(DistinctNode distinct)
    {
        var input = From(distinct.Input);
        var targets = distinct.Targets.Select(target => ExpressionRenderer.Render(target, input.Column)).ToArray();
        var on = targets.Length == 0 ? "" : $" ON ({string.Join(", ", targets)})";
        var orders = distinct.Orders.Count == 0 ? "" : $" {ExpressionRenderer.Orders(distinct.Orders, input.Column)}";
        return $"SELECT DISTINCT{on} {Pass(input, distinct.Types.Count)} FROM {input.Text}{orders}";
    }

    private string Sort(SortNode sort)
    {
        var input = From(sort.Input);
        var orders = sort.Keys.Count == 0 ? "" : $" {ExpressionRenderer.Orders(sort.Keys, input.Column)}";
        return $"SELECT {Pass(input, sort.Types.Count)} FROM {input.Text}{orders}{Bound("LIMIT", sort.Limit)}{Bound("OFFSET", sort.Offset)}";
    }

    private static string Bound(string word, RowCountBound? bound) =>
        bound is null ? ""
        : bound.Percentage is { } share ? string.Create(CultureInfo.InvariantCulture, $" {word} {share}%")
        : string.Create(CultureInfo.InvariantCulture, $" {word} {bound.Count}");

    private string SetOperation(SetOperationNode operation)
    {
        var word = $" {operation.Kind.ToString().ToUpperInvariant()}{(operation.IsAll ? " ALL" : "")} ";
        return string.Join(word, operation.Inputs.Select(input => $"({Select(input)})"));
    }

    private string Recursive(RecursiveNode recursive)
    {
        var name = CteName(recursive.Id);
        var union = recursive.IsAll ? "UNION ALL" : "UNION";
        var own = Own(recursive.Types.Count);
        return $"WITH RECURSIVE {name}({own}) AS (({Select(recursive.Start)}) {union} ({Select(recursive.Step)})) SELECT {own} FROM {name}";
    }
}
