using System.Text.Json;
using OrleansFlow.Sql.Planning;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;
using OrleansFlow.Sql.Rendering;

namespace OrleansFlow.Sql.Reading;

/// <summary>Turns a plan as DuckDB serializes it into a typed one. For one plan.</summary>
/// <param name="tableOf">Name of the table that a stub stands for; null for a number that is none.</param>
/// <param name="declared">The functions of the user's; null: there are none.</param>
internal sealed partial class PlanReader(Func<long, string?> tableOf, CallReads? declared = null)
{
    private readonly ExpressionReader _expressions = new(declared is null ? null : declared.IsVolatile);
    private readonly Stack<(int Id, ValueList<ScalarExpression> Columns)> _delims = new();
    private CallReader? _calls;

    // Numbers that DuckDB gives to CTEs are indexes of tables, so ours begin where those never get to.
    private int _nextCte = 1_000_000;

    private CallReader Calls => _calls ??= new CallReader(_expressions);

    /// <summary>Reads the text of <c>json_serialize_plan</c>.</summary>
    /// <exception cref="PlanReadException">The plan holds something that no fragment can express.</exception>
    public PlanNode Read(string text)
    {
        using var document = SerializedPlan.Parse(text);
        var root = document.RootElement;
        if (root.Flag("error"))
        {
            throw new PlanReadException($"DuckDB does not serialize the plan: {root.Text("error_message")}");
        }

        var plans = root.Items("plans").ToArray();
        return plans.Length == 1 ? Read(plans[0]) : throw new PlanReadException($"the text has {plans.Length} statements with plans");
    }

    private PlanNode Read(JsonElement element) => element.Text("type") switch
    {
        "LOGICAL_GET" => ReadGet(element),
        // One row of one column that nobody reads; the column counts for positions.
        "LOGICAL_DUMMY_SCAN" => new ValuesNode([[ConstantExpression.Null(SqlType.Integer)]], [SqlType.Integer]),
        "LOGICAL_EMPTY_RESULT" => new ValuesNode([], TypeReader.ReadAll(element.Items("return_types"))),
        "LOGICAL_EXPRESSION_GET" => ReadValues(element),
        "LOGICAL_CHUNK_GET" => ReadChunks(element),
        "LOGICAL_DELIM_GET" => ReadDelimGet(),
        "LOGICAL_CTE_REF" => ReadCteReference(element),
        "LOGICAL_PROJECTION" => new ProjectNode(Child(element, 0), _expressions.ReadAll(element.Items("expressions"))),
        "LOGICAL_FILTER" => ReadFilter(element),
        "LOGICAL_AGGREGATE_AND_GROUP_BY" => ReadAggregate(element),
        "LOGICAL_WINDOW" => new WindowNode(Child(element, 0), new([.. element.Items("expressions").Select(Calls.ReadWindow)])),
        "LOGICAL_UNNEST" => ReadUnnest(element),
        "LOGICAL_DISTINCT" => ReadDistinct(element),
        "LOGICAL_ORDER_BY" => Narrow(
            new SortNode(Child(element, 0), _expressions.ReadOrders(element.Items("orders")), null, null), Positions(element, "projections")),
        "LOGICAL_TOP_N" => new SortNode(
            Child(element, 0),
            _expressions.ReadOrders(element.Items("orders")),
            new RowCountBound(element.GetProperty("limit").GetInt64(), null),
            element.TryGetProperty("offset", out var offset) && offset.GetInt64() > 0 ? new RowCountBound(offset.GetInt64(), null) : null),
        "LOGICAL_LIMIT" => new SortNode(Child(element, 0), [], ReadBound(element, "limit_val"), ReadBound(element, "offset_val")),
        "LOGICAL_SAMPLE" => ReadSample(element),
        "LOGICAL_UNION" => ReadSetOperation(element, SetOperationKind.Union),
        "LOGICAL_EXCEPT" => ReadSetOperation(element, SetOperationKind.Except),
        "LOGICAL_INTERSECT" => ReadSetOperation(element, SetOperationKind.Intersect),
        "LOGICAL_MATERIALIZED_CTE" => new CteNode(element.Number("table_index"), Child(element, 0), Child(element, 1)),
        "LOGICAL_RECURSIVE_CTE" => ReadRecursive(element),
        "LOGICAL_CROSS_PRODUCT" => new JoinNode(JoinKind.Inner, Child(element, 0), Child(element, 1), []),
        "LOGICAL_POSITIONAL_JOIN" => new JoinNode(JoinKind.Positional, Child(element, 0), Child(element, 1), []),
        "LOGICAL_COMPARISON_JOIN" => ReadJoin(element, isAsOf: false),
        "LOGICAL_ASOF_JOIN" => ReadJoin(element, isAsOf: true),
        "LOGICAL_ANY_JOIN" => ReadAnyJoin(element),
        "LOGICAL_DELIM_JOIN" => ReadDelimJoin(element),
        var other => throw new PlanReadException($"the operator {other} has no form that can travel"),
    };

    private PlanNode Child(JsonElement element, int index) => Read(element.GetProperty("children")[index]);

    private static int[] Positions(JsonElement element, string name) => [.. element.Items(name).Select(item => item.ToPosition())];

    /// <summary>The columns that are still wanted; an empty list means all.</summary>
    private static PlanNode Narrow(PlanNode node, int[] columns) => columns.Length == 0 ? node : ProjectNode.Select(node, columns);

    private PlanNode ReadGet(JsonElement element)
    {
        if (element.Object("table_filters")?.Items("filters").Any() == true || element.Object("extra_info")?.Object("sample_options") is not null)
        {
            throw new PlanReadException($"the scan of {element.Text("name")} filters by itself");
        }

        var types = TypeReader.ReadAll(element.Items("returned_types"));
        var names = element.Items("names").Select(name => name.GetString()!).ToArray();
        var columns = element.Items("column_indexes").ToArray();
        if (columns.Any(column => column.Items("child_indexes").Any()))
        {
            throw new PlanReadException($"the scan of {element.Text("name")} reads parts of columns");
        }

        var read = columns.Select(column => column.Number("index")).Select(index => index < types.Count ? index : -1).ToArray();
        var wanted = Positions(element, "projection_ids") is { Length: > 0 } ids ? [.. ids.Select(id => read[id])] : read;
        var wantedTypes = new ValueList<SqlType>([.. wanted.Select(index => index < 0 ? SqlType.BigInt : types[index])]);
        var arguments = new ValueList<ScalarExpression>([.. element.Items("parameters").Select(ConstantReader.Read)]);
        switch (element.Text("name"))
        {
            case "orleansflow_stub":
                var id = element.Items("parameters").First().GetProperty("value").GetInt64();
                var table = tableOf(id) ?? throw new PlanReadException($"stub table {id} is not known");
                return new ScanNode(table, new([.. wanted.Select(index => index < 0 ? null : names[index])]), wantedTypes);
            case "range" or "generate_series" or "unnest" or "repeat" when !element.Items("named_parameters").Any():
                return new TableFunctionNode(element.Text("name"), arguments, new(wanted), new(names), wantedTypes);
            case var name when declared?.IsTableFunction(name) == true:
                return Foreign(element, arguments, new(wanted), new(names), wantedTypes);
            case var name when declared?.IsCall(name) == true:
                var call = declared.Add(SqlRenderer.Call(Foreign(element, arguments, [], [], [])));
                return new ScanNode(call, new([.. wanted.Select(index => index < 0 ? null : names[index])]), wantedTypes);
            case var other:
                throw new PlanReadException($"the table function {other} is not one that can be split");
        }
    }

    private static TableFunctionNode Foreign(
        JsonElement element, ValueList<ScalarExpression> arguments, ValueList<int> columns, ValueList<string> names, ValueList<SqlType> types)
    {
        var named = element.Items("named_parameters").ToArray();
        ValueList<ScalarExpression> all = [.. arguments, .. named.Select(parameter => ConstantReader.Read(parameter.GetProperty("value")))];
        return new TableFunctionNode(element.Text("name"), all, columns, names, types)
        {
            ArgumentNames = new([.. named.Select(parameter => parameter.Text("key"))]),
            IsForeign = true,
        };
    }

    private ValuesNode ReadValues(JsonElement element)
    {
        var rows = element.Items("expressions").Select(row => _expressions.ReadAll(row.EnumerateArray()));
        var values = new ValuesNode(new([.. rows]), TypeReader.ReadAll(element.Items("expr_types")));
        return Child(element, 0) is ValuesNode { Rows.Count: 1 }
            ? values
            : throw new PlanReadException("VALUES over the rows of something else");
    }

    private static ValuesNode ReadChunks(JsonElement element)
    {
        var collection = element.GetProperty("collection");
        var columns = collection.Items("values").Select(column => column.EnumerateArray().Select(ConstantReader.Read).ToArray()).ToArray();
        var rowCount = columns.Length == 0 ? 0 : columns[0].Length;
        return new ValuesNode(
            new([.. Enumerable.Range(0, rowCount).Select(row => new ValueList<ScalarExpression>([.. columns.Select(column => column[row])]))]),
            TypeReader.ReadAll(element.Items("chunk_types")));
    }

    private PlanNode ReadFilter(JsonElement element)
    {
        var input = Child(element, 0);
        var conditions = _expressions.ReadAll(element.Items("expressions"));
        return Narrow(conditions.Count == 0 ? input : new FilterNode(input, conditions), Positions(element, "projection_map"));
    }

    private AggregateNode ReadAggregate(JsonElement element)
    {
        var groups = _expressions.ReadAll(element.Items("groups"));
        var sets = element.Items("grouping_sets").Select(set => new ValueList<int>([.. set.EnumerateArray().Select(SerializedPlan.ToPosition)])).ToArray();
        if (sets.Length == 0 && groups.Count > 0)
        {
            sets = [new([.. Enumerable.Range(0, groups.Count)])];
        }

        return new AggregateNode(
            Child(element, 0),
            groups,
            new(sets),
            new([.. element.Items("expressions").Select(Calls.ReadAggregate)]),
            new([.. element.Items("grouping_functions").Select(keys => new ValueList<int>([.. keys.EnumerateArray().Select(SerializedPlan.ToPosition)]))]));
    }

    private UnnestNode ReadUnnest(JsonElement element)
    {
        var lists = element.Items("expressions").ToArray();
        return lists.All(list => list.Text("expression_class") is "BOUND_UNNEST")
            ? new UnnestNode(
                Child(element, 0),
                new([.. lists.Select(list => _expressions.Read(list.GetProperty("child")))]),
                new([.. lists.Select(list => TypeReader.Read(list.GetProperty("return_type")))]))
            : throw new PlanReadException("UNNEST of something that is no list");
    }

    private DistinctNode ReadDistinct(JsonElement element) =>
        element.Text("distinct_type") is "DISTINCT_ON"
            ? new DistinctNode(
                Child(element, 0),
                _expressions.ReadAll(element.Items("distinct_targets")),
                element.Object("order_by") is { } order ? _expressions.ReadOrders(order.Items("orders")) : [])
            : new DistinctNode(Child(element, 0), [], []);

    private static RowCountBound? ReadBound(JsonElement element, string name) =>
        element.Object(name) is not { } bound ? null : bound.Text("type") switch
        {
            "UNSET" => null,
            "CONSTANT_VALUE" => new RowCountBound(bound.GetProperty("constant_integer").GetInt64(), null),
            "CONSTANT_PERCENTAGE" => new RowCountBound(null, bound.GetProperty("constant_percentage").GetDouble()),
            var other => throw new PlanReadException($"a LIMIT or OFFSET that is computed ({other})"),
        };

    private SampleNode ReadSample(JsonElement element)
    {
        var options = element.GetProperty("sample_options");
        var size = options.GetProperty("sample_size").GetProperty("value").GetRawText();
        var seed = options.TryGetProperty("seed", out var given) && given.TryGetInt64(out var number) && number >= 0 ? $", {number}" : "";
        var unit = options.Flag("is_percentage") ? "PERCENT" : "ROWS";
        return new SampleNode(Child(element, 0), $"{size} {unit} ({options.Text("method").ToLowerInvariant()}{seed})");
    }

    private SetOperationNode ReadSetOperation(JsonElement element, SetOperationKind kind)
    {
        var inputs = element.Items("children").Select(Read).ToArray();
        return new SetOperationNode(kind, element.Flag("setop_all"), new(inputs));
    }

    private static CteReferenceNode ReadCteReference(JsonElement element) =>
        element.Flag("is_recurring")
            ? throw new PlanReadException("a read of all rows of a recursive query so far")
            : new CteReferenceNode(element.Number("cte_index"), TypeReader.ReadAll(element.Items("chunk_types")));

    private RecursiveNode ReadRecursive(JsonElement element) =>
        element.Items("key_targets").Any() || element.Flag("ref_recurring")
            ? throw new PlanReadException("a recursive query with keys")
            : new RecursiveNode(element.Number("table_index"), element.Flag("union_all"), Child(element, 0), Child(element, 1));
}
