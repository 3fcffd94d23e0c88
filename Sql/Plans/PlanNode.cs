using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Sql.Plans;

/// <summary>A relational operator. Its rows have no names, only positions and types.</summary>
internal abstract record PlanNode
{
    /// <summary>Types of the columns of the result.</summary>
    public abstract ValueList<SqlType> Types { get; }

    /// <summary>The operators whose rows are read.</summary>
    public virtual ValueList<PlanNode> Inputs => [];

    /// <summary>The same operator over other inputs with the same columns.</summary>
    public virtual PlanNode WithInputs(ValueList<PlanNode> inputs) => this;

    /// <summary>Reads of all columns, in order.</summary>
    public ValueList<ScalarExpression> References() =>
        new([.. Types.Select((type, index) => (ScalarExpression)new ColumnReference(index, type))]);

    /// <summary>This and every operator below it.</summary>
    public IEnumerable<PlanNode> SelfAndInputs()
    {
        yield return this;
        foreach (var input in Inputs)
        {
            foreach (var node in input.SelfAndInputs())
            {
                yield return node;
            }
        }
    }
}

/// <summary>Rows of a base table.</summary>
/// <param name="Table">Name of the table.</param>
/// <param name="Columns">Names of the columns that are read; a null is a column that nobody reads.</param>
/// <param name="Types">Their types.</param>
internal sealed record ScanNode(string Table, ValueList<string?> Columns, ValueList<SqlType> Types) : PlanNode
{
    public override ValueList<SqlType> Types { get; } = Types;
}

/// <summary>Rows that another fragment makes.</summary>
/// <param name="Name">Name of the view through which a fragment reads them.</param>
/// <param name="Types">Types of the columns.</param>
internal sealed record InputNode(string Name, ValueList<SqlType> Types) : PlanNode
{
    public override ValueList<SqlType> Types { get; } = Types;
}

/// <summary>Rows written in the query; none for an empty result, one without columns for a query without FROM.</summary>
/// <param name="Rows">The rows; they read no columns.</param>
/// <param name="Types">Types of the columns.</param>
internal sealed record ValuesNode(ValueList<ValueList<ScalarExpression>> Rows, ValueList<SqlType> Types) : PlanNode
{
    public override ValueList<SqlType> Types { get; } = Types;
}

/// <summary>Rows of a table function without side effects, such as <c>range</c>.</summary>
/// <param name="Name">The function.</param>
/// <param name="Arguments">Constants.</param>
/// <param name="Columns">Positions of the columns that are read, -1 for one that nobody reads.</param>
/// <param name="ColumnNames">Names that the function's columns get, all of them.</param>
/// <param name="Types">Types of the columns that are read.</param>
internal sealed record TableFunctionNode(
    string Name, ValueList<ScalarExpression> Arguments, ValueList<int> Columns, ValueList<string> ColumnNames, ValueList<SqlType> Types) : PlanNode
{
    /// <summary>Names of the last arguments; empty where all stand at their places.</summary>
    public ValueList<string> ArgumentNames { get; init; } = [];

    /// <summary>Whether it is a user's function.</summary>
    public bool IsForeign { get; init; }

    public override ValueList<SqlType> Types { get; } = Types;
}

/// <summary>Rows for which all conditions are true.</summary>
internal sealed record FilterNode(PlanNode Input, ValueList<ScalarExpression> Conditions) : PlanNode
{
    public override ValueList<SqlType> Types => Input.Types;

    public override ValueList<PlanNode> Inputs => [Input];

    public override PlanNode WithInputs(ValueList<PlanNode> inputs) => this with { Input = inputs[0] };
}

/// <summary>Each row replaced by computed values.</summary>
internal sealed record ProjectNode(PlanNode Input, ValueList<ScalarExpression> Values) : PlanNode
{
    public override ValueList<SqlType> Types => Values.Map(value => value.Type);

    public override ValueList<PlanNode> Inputs => [Input];

    public override PlanNode WithInputs(ValueList<PlanNode> inputs) => this with { Input = inputs[0] };

    /// <summary>Some columns of an input, in a new order; the input itself when nothing changes.</summary>
    public static PlanNode Select(PlanNode input, IReadOnlyList<int> columns) =>
        columns.Count == input.Types.Count && columns.Select((column, index) => column == index).All(same => same)
            ? input
            : new ProjectNode(input, new([.. columns.Select(column => new ColumnReference(column, input.Types[column]))]));
}

/// <summary>Lists opened into rows; the columns are those of the input, then one per list.</summary>
/// <param name="Input">The rows.</param>
/// <param name="Lists">What is opened; the shorter lists are filled up with NULL.</param>
/// <param name="ItemTypes">Types of the items.</param>
internal sealed record UnnestNode(PlanNode Input, ValueList<ScalarExpression> Lists, ValueList<SqlType> ItemTypes) : PlanNode
{
    public override ValueList<SqlType> Types => [.. Input.Types, .. ItemTypes];

    public override ValueList<PlanNode> Inputs => [Input];

    public override PlanNode WithInputs(ValueList<PlanNode> inputs) => this with { Input = inputs[0] };
}

/// <summary>One row per group: the groups, then the aggregates, then the grouping numbers.</summary>
/// <param name="Input">The rows.</param>
/// <param name="Groups">The keys.</param>
/// <param name="GroupingSets">Which keys count in each set; one set of all keys for a plain GROUP BY, none for no GROUP BY.</param>
/// <param name="Aggregates">The aggregates.</param>
/// <param name="GroupingNumbers">Keys of each GROUPING().</param>
internal sealed record AggregateNode(
    PlanNode Input,
    ValueList<ScalarExpression> Groups,
    ValueList<ValueList<int>> GroupingSets,
    ValueList<AggregateCall> Aggregates,
    ValueList<ValueList<int>> GroupingNumbers) : PlanNode
{
    public override ValueList<SqlType> Types =>
        [.. Groups.Map(group => group.Type), .. Aggregates.Map(call => call.Type), .. GroupingNumbers.Map(_ => SqlType.BigInt)];

    public override ValueList<PlanNode> Inputs => [Input];

    /// <summary>Whether every row belongs to exactly one group of the result, found by all keys.</summary>
    public bool IsPlain => GroupingSets.Count == 0 ? Groups.Count == 0 : GroupingSets.Count == 1 && GroupingSets[0].Count == Groups.Count;

    public override PlanNode WithInputs(ValueList<PlanNode> inputs) => this with { Input = inputs[0] };

    /// <summary>A plain GROUP BY of all keys.</summary>
    public static AggregateNode Plain(PlanNode input, ValueList<ScalarExpression> groups, ValueList<AggregateCall> aggregates) =>
        new(input, groups, groups.Count == 0 ? [] : [new([.. Enumerable.Range(0, groups.Count)])], aggregates, []);
}

/// <summary>Window functions; the columns are those of the input, then one per function.</summary>
internal sealed record WindowNode(PlanNode Input, ValueList<WindowCall> Calls) : PlanNode
{
    public override ValueList<SqlType> Types => [.. Input.Types, .. Calls.Map(call => call.Type)];

    public override ValueList<PlanNode> Inputs => [Input];

    public override PlanNode WithInputs(ValueList<PlanNode> inputs) => this with { Input = inputs[0] };
}

/// <summary>Rows that differ; or, with targets, the first row for each combination of them.</summary>
/// <param name="Input">The rows.</param>
/// <param name="Targets">What DISTINCT ON names; empty for whole rows.</param>
/// <param name="Orders">Which row is first.</param>
internal sealed record DistinctNode(PlanNode Input, ValueList<ScalarExpression> Targets, ValueList<OrderKey> Orders) : PlanNode
{
    public override ValueList<SqlType> Types => Input.Types;

    public override ValueList<PlanNode> Inputs => [Input];

    public override PlanNode WithInputs(ValueList<PlanNode> inputs) => this with { Input = inputs[0] };
}

/// <summary>Rows in order, or the first of them.</summary>
/// <param name="Input">The rows.</param>
/// <param name="Keys">The order; empty for the order of the input.</param>
/// <param name="Limit">Rows at most; null for all.</param>
/// <param name="Offset">Rows left out first; null for none.</param>
internal sealed record SortNode(PlanNode Input, ValueList<OrderKey> Keys, RowCountBound? Limit, RowCountBound? Offset) : PlanNode
{
    public override ValueList<SqlType> Types => Input.Types;

    public override ValueList<PlanNode> Inputs => [Input];

    public override PlanNode WithInputs(ValueList<PlanNode> inputs) => this with { Input = inputs[0] };
}

/// <summary>A number of rows: a constant, a share of all rows, or a text.</summary>
/// <param name="Count">Rows; null when it is not a constant.</param>
/// <param name="Percentage">Share of the rows, 0 to 100; null when it is not a share.</param>
internal sealed record RowCountBound(long? Count, double? Percentage);

/// <summary>A random part of the rows.</summary>
/// <param name="Input">The rows.</param>
/// <param name="Clause">What follows USING SAMPLE.</param>
internal sealed record SampleNode(PlanNode Input, string Clause) : PlanNode
{
    public override ValueList<SqlType> Types => Input.Types;

    public override ValueList<PlanNode> Inputs => [Input];

    public override PlanNode WithInputs(ValueList<PlanNode> inputs) => this with { Input = inputs[0] };
}
