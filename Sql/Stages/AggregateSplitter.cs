using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Sql.Stages;

/// <summary>
/// Divides aggregates into a part that each task computes over its own rows and a part that puts the tasks' states together. The states are columns
/// of our own (counts, sums, extremes, moments): DuckDB's own states cannot be finished or shipped for every type.
/// </summary>
internal sealed class AggregateSplitter
{
    // Those whose state is their own result, and which take the states as they take values.
    private static readonly HashSet<string> SelfMerging = new(StringComparer.Ordinal)
    {
        "min", "max", "bool_and", "bool_or", "bit_and", "bit_or", "bit_xor", "any_value", "product", "fsum", "kahan_sum", "sumkahan",
    };

    // For those a value counts once or many times alike.
    private static readonly HashSet<string> Idempotent = new(StringComparer.Ordinal)
    {
        "min", "max", "bool_and", "bool_or", "bit_and", "bit_or", "any_value", "arbitrary", "first", "last",
    };

    private readonly int _groupCount;
    private readonly List<AggregateCall> _partial = [];
    private readonly List<AggregateCall> _final = [];
    private readonly Dictionary<int, ScalarExpression> _merges = [];
    private readonly List<ScalarExpression> _results = [];

    private AggregateSplitter(int groupCount) => _groupCount = groupCount;

    /// <summary>What each task computes.</summary>
    public ValueList<AggregateCall> Partial => new([.. _partial]);

    /// <summary>What is computed over the states; they stand behind the groups.</summary>
    public ValueList<AggregateCall> Final => new([.. _final]);

    /// <summary>What each of <see cref="Final"/> becomes before it is used, by its place; others are used as they are.</summary>
    public IReadOnlyDictionary<int, ScalarExpression> Merges => _merges;

    /// <summary>The aggregates' values, over the groups followed by <see cref="Final"/> after <see cref="Merges"/>.</summary>
    public ValueList<ScalarExpression> Results => new([.. _results]);

    /// <summary>Divides all aggregates, or says which one cannot be.</summary>
    public static AggregateSplitter? TrySplit(AggregateNode aggregate, out string? obstacle)
    {
        var splitter = new AggregateSplitter(aggregate.Groups.Count);
        foreach (var call in aggregate.Aggregates)
        {
            if (!splitter.TryAdd(call))
            {
                obstacle = call.IsDistinct ? $"{call.Name}(DISTINCT ...)" : call.Orders.Count > 0 ? $"{call.Name}(... ORDER BY ...)" : call.Name;
                return null;
            }
        }

        obstacle = null;
        return splitter;
    }

    private bool TryAdd(AggregateCall call)
    {
        if ((call.IsDistinct && !Idempotent.Contains(call.Name)) || call.Orders.Count > 0 || call.Constants.Count > 0)
        {
            return false;
        }

        var plain = call with { IsDistinct = false };
        switch (call.Name)
        {
            case "count" or "count_if" or "countif" or "regr_count":
                _results.Add(Cast(Merge("sum", plain, SqlType.HugeInt), call.Type));
                return true;
            case "sum" when call.Type.Id is "HUGEINT" or "DECIMAL" or "DOUBLE":
                _results.Add(Cast(Merge("sum", plain, call.Type), call.Type));
                return true;
            case "first" or "last" or "arbitrary" when call.Arguments.Count == 1:
                AddFirst(plain);
                return true;
            case var name when SelfMerging.Contains(name) && call.Arguments.Count == 1:
                _results.Add(Cast(Merge(name, plain, call.Type), call.Type));
                return true;
            case "avg" or "mean" when call.Type.Id == "DOUBLE" && SumType(call.Arguments[0].Type) is { } type:
                var sum = Merge("sum", plain with { Name = "sum", Type = type }, type);
                var count = Merge("sum", plain with { Name = "count", Type = SqlType.BigInt }, SqlType.HugeInt);
                _results.Add(new FunctionExpression("/", [Cast(sum, SqlType.Double), Cast(count, SqlType.Double)], SqlType.Double));
                return true;
            case "arg_min" or "argmin" or "min_by" or "arg_max" or "argmax" or "max_by" when call.Arguments.Count == 2:
                AddArgument(plain);
                return true;
            default:
                if (MomentAggregates.TryMerge(plain, State, MergedColumn) is not { } moment)
                {
                    return false;
                }

                _results.Add(moment);
                return true;
        }
    }

    /// <summary>Computes <paramref name="partial"/> in each task and <paramref name="final"/> over its states.</summary>
    private ColumnReference Merge(string final, AggregateCall partial, SqlType type) => FinalColumn(new AggregateCall(final, [State(partial)], type));

    private ColumnReference State(AggregateCall partial)
    {
        var index = _partial.IndexOf(partial);
        if (index < 0)
        {
            index = _partial.Count;
            _partial.Add(partial);
        }

        return new ColumnReference(_groupCount + index, partial.Type);
    }

    private ColumnReference FinalColumn(AggregateCall call)
    {
        var index = _final.IndexOf(call);
        if (index < 0)
        {
            index = _final.Count;
            _final.Add(call);
        }

        return new ColumnReference(_groupCount + index, call.Type);
    }

    // NULL may be the first value of a task, or say that the task has no rows; only its number of rows tells.
    private void AddFirst(AggregateCall call)
    {
        var rows = State(new AggregateCall("count", [], SqlType.BigInt) { Filter = call.Filter });
        var hasRows = new ComparisonExpression(ComparisonKind.GreaterThan, rows, new ConstantExpression("CAST(0 AS BIGINT)", false, SqlType.BigInt));
        _results.Add(FinalColumn(new AggregateCall(call.Name, [State(call)], call.Type) { Filter = hasRows }));
    }

    /// <summary>An aggregate over the states whose value is folded once, however often it is used.</summary>
    private ColumnReference MergedColumn(AggregateCall call, Func<ColumnReference, ScalarExpression> fold)
    {
        var column = FinalColumn(call);
        var value = fold(column);
        _merges[column.Index - _groupCount] = value;
        return new ColumnReference(column.Index, value.Type);
    }

    // The row with the smallest (largest) key of each task, then of those the row with the smallest key.
    private void AddArgument(AggregateCall call)
    {
        var value = call.Arguments[0];
        var key = call.Arguments[1];
        var isMin = call.Name is "arg_min" or "argmin" or "min_by";
        var isThere = new OperatorExpression(OperatorKind.IsNotNull, [value], SqlType.Boolean);
        var keyState = new AggregateCall(isMin ? "min" : "max", [key], key.Type)
        {
            Filter = call.Filter is null ? isThere : new ConjunctionExpression(false, [call.Filter, isThere]),
        };
        _results.Add(FinalColumn(new AggregateCall(call.Name, [State(call), State(keyState)], call.Type)));
    }

    private static SqlType? SumType(SqlType type) => type switch
    {
        { IsInteger: true } => SqlType.HugeInt,
        { Id: "DECIMAL" } => SqlType.Decimal(38, type.Scale),
        { Id: "DOUBLE" or "FLOAT" } => SqlType.Double,
        _ => null,
    };

    private static ScalarExpression Cast(ScalarExpression value, SqlType type) => value.Type == type ? value : new CastExpression(value, false, type);
}
