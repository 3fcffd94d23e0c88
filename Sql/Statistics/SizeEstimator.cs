using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;
using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Sql.Statistics;

/// <summary>Rows and bytes that an operator makes, guessed from what is known of the tables. For one plan: what was guessed is remembered.</summary>
internal sealed class SizeEstimator
{
    // Shares that planners have used since the first one; only their order of size matters.
    private const double GroupShare = 0.1;
    private const int TextBytes = 24;
    private const int NestedBytes = 48;
    private const int FixedBytes = 8;

    private readonly Func<string, long> _rowsOf;
    private readonly Func<string, TableDescription?> _tableOf;
    private readonly DistinctValues _values;
    private readonly JoinSizes _joins;
    private readonly Dictionary<int, PlanNode> _definitions = [];
    private readonly Dictionary<PlanNode, long> _rows = new(ReferenceEqualityComparer.Instance);

    /// <param name="rowsOf">Rows of a table.</param>
    /// <param name="tableOf">What else is known of a table; null: nothing.</param>
    public SizeEstimator(Func<string, long> rowsOf, Func<string, TableDescription?> tableOf)
    {
        _rowsOf = rowsOf;
        _tableOf = tableOf;
        _values = new DistinctValues(Rows, tableOf, id => _definitions.GetValueOrDefault(id));
        _joins = new JoinSizes(Rows, _values);
    }

    /// <summary>Rows of the result, at least 1.</summary>
    public long Rows(PlanNode node)
    {
        if (!_rows.TryGetValue(node, out var known))
        {
            known = Math.Max(1, Guess(node));
            _rows[node] = known;
        }

        return known;
    }

    /// <summary>Bytes of the result.</summary>
    public long Bytes(PlanNode node) => Rows(node) * Width(node.Types);

    /// <summary>Bytes of a row.</summary>
    public static int Width(ValueList<SqlType> types) =>
        Math.Max(1, types.Sum(type => type.IsNested ? NestedBytes : type.Id is "VARCHAR" or "BLOB" or "JSON" ? TextBytes : FixedBytes));

    /// <summary>Remembers what a shared result is made of.</summary>
    public void Learn(int cteId, PlanNode definition) => _definitions[cteId] = definition;

    /// <summary>What else is known of a table; null: nothing.</summary>
    public TableDescription? TableOf(string table) => _tableOf(table);

    /// <summary>Different combinations of some values over the rows of an operator, at least 1; null when nothing is known of one of them.</summary>
    public long? Groups(PlanNode input, IEnumerable<ScalarExpression> values)
    {
        double product = 1;
        foreach (var value in values)
        {
            if (_values.Of(input, value) is not { } count)
            {
                return null;
            }

            product *= count;
        }

        return (long)Math.Clamp(product, 1, Rows(input));
    }

    private long Guess(PlanNode node) => node switch
    {
        ScanNode scan => _rowsOf(scan.Table),
        ValuesNode values => values.Rows.Count,
        TableFunctionNode => 1_000,
        CteReferenceNode reference => _definitions.TryGetValue(reference.Id, out var definition) ? Rows(definition) : 1_000,
        FilterNode filter => (long)(Rows(filter.Input) * FilterShares.Of(filter, _tableOf)),
        AggregateNode { Groups.Count: 0 } => 1,
        AggregateNode aggregate => Groups(aggregate.Input, aggregate.Groups) ?? (long)(Rows(aggregate.Input) * GroupShare),
        DistinctNode distinct => Groups(distinct.Input, distinct.Targets.Count > 0 ? distinct.Targets : distinct.References()) ?? (long)(Rows(distinct.Input) * GroupShare),
        SortNode sort => Math.Min(sort.Limit?.Count ?? long.MaxValue, Rows(sort.Input)),
        JoinNode join => _joins.Of(join),
        SetOperationNode { Kind: SetOperationKind.Union } union => union.Inputs.Sum(Rows),
        CteNode cte => Cte(cte),
        { Inputs.Count: > 0 } other => Rows(other.Inputs[0]),
        _ => 1_000,
    };

    private long Cte(CteNode cte)
    {
        Learn(cte.Id, cte.Definition);
        return Rows(cte.Body);
    }
}
