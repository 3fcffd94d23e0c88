using System.Globalization;
using System.Text.Json;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Sql.Reading;

/// <summary>Reads aggregates and window functions.</summary>
internal sealed class CallReader(ExpressionReader expressions)
{
    private static readonly string[] AggregateProperties =
    [
        "children", "name", "arguments", "original_arguments", "catalog_name", "schema_name", "has_serialize", "function_data", "aggregate_type", "filter",
        "order_bys",
    ];

    private static readonly string[] WindowProperties =
    [
        "children", "name", "arguments", "original_arguments", "catalog_name", "schema_name", "has_serialize", "function_data", "partitions", "orders",
        "filters", "ignore_nulls", "start", "end", "start_expr", "end_expr", "offset_expr", "default_expr", "exclude_clause", "distinct", "arg_orders",
    ];

    public AggregateCall ReadAggregate(JsonElement element)
    {
        element.ThrowIfUnknown(AggregateProperties);
        return new(AggregateName(element.Text("name")), expressions.ReadAll(element.Items("children")), TypeReader.Read(element.GetProperty("return_type")))
        {
            IsDistinct = element.Text("aggregate_type") is "DISTINCT",
            Filter = element.Object("filter") is { } filter ? expressions.Read(filter) : null,
            Orders = ReadAggregateOrders(element),
            Constants = ReadConstants(element.Text("name"), element),
        };
    }

    public WindowCall ReadWindow(JsonElement element)
    {
        element.ThrowIfUnknown(WindowProperties);
        var kind = element.Text("type");
        var name = kind is "WINDOW_AGGREGATE" ? AggregateName(element.Text("name")) : WindowName(kind);
        var arguments = new List<ScalarExpression>(expressions.ReadAll(element.Items("children")));
        if (element.Object("offset_expr") is { } offset)
        {
            arguments.Add(expressions.Read(offset));
        }

        if (element.Object("default_expr") is { } fallback)
        {
            // Without a distance there is no place for what stands in for a missing row.
            if (arguments.Count == 1)
            {
                arguments.Add(new ConstantExpression("1", false, SqlType.BigInt));
            }

            arguments.Add(expressions.Read(fallback));
        }

        var orders = expressions.ReadOrders(element.Items("orders"));
        return new WindowCall(name, new([.. arguments]), TypeReader.Read(element.GetProperty("return_type")))
        {
            Partitions = expressions.ReadAll(element.Items("partitions")),
            Orders = orders,
            ArgumentOrders = expressions.ReadOrders(element.Items("arg_orders")),
            Start = ReadBound(element.Text("start"), element.Object("start_expr"), orders),
            End = ReadBound(element.Text("end"), element.Object("end_expr"), orders),
            Exclude = element.Text("exclude_clause") switch
            {
                "CURRENT_ROW" => "CURRENT ROW",
                "GROUP" => "GROUP",
                "TIES" => "TIES",
                _ => null,
            },
            IgnoreNulls = element.Flag("ignore_nulls"),
            IsDistinct = element.Flag("distinct"),
            Filter = element.Object("filters") is { } filter ? expressions.Read(filter) : null,
            Constants = kind is "WINDOW_AGGREGATE" ? ReadConstants(name, element) : [],
        };
    }

    private static string AggregateName(string name) => name is "count_star" ? "count" : name;

    private static string WindowName(string kind) => kind switch
    {
        "WINDOW_ROW_NUMBER" => "row_number",
        "WINDOW_RANK" => "rank",
        "WINDOW_RANK_DENSE" => "dense_rank",
        "WINDOW_PERCENT_RANK" => "percent_rank",
        "WINDOW_CUME_DIST" => "cume_dist",
        "WINDOW_NTILE" => "ntile",
        "WINDOW_LEAD" => "lead",
        "WINDOW_LAG" => "lag",
        "WINDOW_FIRST_VALUE" => "first_value",
        "WINDOW_LAST_VALUE" => "last_value",
        "WINDOW_NTH_VALUE" => "nth_value",
        "WINDOW_FILL" => "fill",
        _ => throw new PlanReadException($"the window function {kind} is not known"),
    };

    private ValueList<OrderKey> ReadAggregateOrders(JsonElement element) =>
        element.Object("order_bys") is { } orders ? expressions.ReadOrders(orders.Items("orders")) : [];

    /// <summary>Arguments that an aggregate keeps to itself when it is bound.</summary>
    private static ValueList<ScalarExpression> ReadConstants(string name, JsonElement element)
    {
        if (element.Object("function_data") is not { } extra)
        {
            return [];
        }

        switch (name)
        {
            case "string_agg" or "group_concat" or "listagg":
                return [Text(extra.Text("separator"))];
            case "median" or "mad":
                return [];
            case "quantile_cont" or "quantile_disc" or "quantile":
                return [Fractions(element, extra.Items("quantiles").Select(ConstantReader.Read), extra.Flag("desc"))];
            case "approx_quantile":
                return [Fractions(element, extra.Items("quantiles").Select(Number), false)];
            case "reservoir_quantile":
                return
                [
                    Fractions(element, extra.Items("quantiles").Select(Number), false),
                    new ConstantExpression($"CAST({extra.GetProperty("sample_size").GetRawText()} AS INTEGER)", false, SqlType.Integer),
                ];
            case "bitstring_agg" when extra.Object("min") is { } lowest && extra.Object("max") is { } highest:
                return lowest.Flag("is_null") ? [] : [ConstantReader.Read(lowest), ConstantReader.Read(highest)];
            default:
                throw new PlanReadException($"the aggregate {name} keeps settings that cannot be read");
        }
    }

    private static ConstantExpression Text(string value) => new($"'{value.Replace("'", "''", StringComparison.Ordinal)}'", false, SqlType.Varchar);

    private static ConstantExpression Number(JsonElement value) =>
        new(string.Create(CultureInfo.InvariantCulture, $"CAST({value.GetRawText()} AS FLOAT)"), false, new SqlType("FLOAT"));

    // One fraction or a list of them; the result then is a list too. A descending order turns the fraction's sign.
    private static ConstantExpression Fractions(
        JsonElement element, IEnumerable<ConstantExpression> fractions, bool isDescending)
    {
        var texts = fractions.Select(fraction => isDescending ? $"-{fraction.Sql}" : fraction.Sql).ToArray();
        var isList = TypeReader.Read(element.GetProperty("return_type")).Id == "LIST" && (texts.Length != 1 || !IsListInput(element));
        return new ConstantExpression(isList ? $"[{string.Join(", ", texts)}]" : texts[0], false, SqlType.Double);
    }

    private static bool IsListInput(JsonElement element) =>
        element.Items("children").FirstOrDefault() is { ValueKind: JsonValueKind.Object } first
        && first.Object("return_type") is { } type && type.Text("id") is "LIST";

    /// <summary>
    /// The end of a frame. The distance of a RANGE frame is bound as the value at the end of the frame, order -/+ distance; the distance
    /// itself is then the second argument of that sum.
    /// </summary>
    private FrameBound ReadBound(string kind, JsonElement? expression, ValueList<OrderKey> orders)
    {
        var value = expression is { } given ? expressions.Read(given) : null;
        return kind switch
        {
            "UNBOUNDED_PRECEDING" => new(FrameBoundKind.UnboundedPreceding, FrameUnit.Range, null),
            "UNBOUNDED_FOLLOWING" => new(FrameBoundKind.UnboundedFollowing, FrameUnit.Range, null),
            "CURRENT_ROW_RANGE" => new(FrameBoundKind.CurrentRow, FrameUnit.Range, null),
            "CURRENT_ROW_ROWS" => new(FrameBoundKind.CurrentRow, FrameUnit.Rows, null),
            "CURRENT_ROW_GROUPS" => new(FrameBoundKind.CurrentRow, FrameUnit.Groups, null),
            "EXPR_PRECEDING_ROWS" => new(FrameBoundKind.Preceding, FrameUnit.Rows, value),
            "EXPR_FOLLOWING_ROWS" => new(FrameBoundKind.Following, FrameUnit.Rows, value),
            "EXPR_PRECEDING_GROUPS" => new(FrameBoundKind.Preceding, FrameUnit.Groups, value),
            "EXPR_FOLLOWING_GROUPS" => new(FrameBoundKind.Following, FrameUnit.Groups, value),
            "EXPR_PRECEDING_RANGE" => new(FrameBoundKind.Preceding, FrameUnit.Range, Distance(value, orders)),
            "EXPR_FOLLOWING_RANGE" => new(FrameBoundKind.Following, FrameUnit.Range, Distance(value, orders)),
            _ => throw new PlanReadException($"the window frame {kind} is not known"),
        };
    }

    private static ScalarExpression Distance(ScalarExpression? value, ValueList<OrderKey> orders) =>
        value is FunctionExpression { Name: "+" or "-" } sum && sum.Arguments.Count == 2 && orders.Count == 1 && Bare(sum.Arguments[0]) == Bare(orders[0].Value)
            ? sum.Arguments[1]
            : throw new PlanReadException("the distance of a RANGE frame cannot be read back");

    private static ScalarExpression Bare(ScalarExpression expression) => expression is CastExpression { IsTry: false } cast ? Bare(cast.Input) : expression;
}
