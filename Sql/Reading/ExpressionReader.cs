using System.Globalization;
using System.Text.Json;
using OrleansFlow.Sql.Plans;
using OrleansFlow.Sql.Plans.Expressions;

namespace OrleansFlow.Sql.Reading;

/// <summary>Reads the expressions of a serialized plan.</summary>
/// <param name="isVolatile">Whether a function of the user's gives another value each time; null: there is none.</param>
internal sealed class ExpressionReader(Func<string, bool>? isVolatile = null)
{
    // Functions whose result names its parts after the arguments; the names are only in the type of the result.
    private static readonly HashSet<string> NamingFunctions = new(StringComparer.Ordinal) { "struct_pack", "struct_insert", "union_value" };

    private int _lambdaCount;

    public ScalarExpression Read(JsonElement element) => Read(element, null);

    public ValueList<ScalarExpression> ReadAll(IEnumerable<JsonElement> elements) => new([.. elements.Select(Read)]);

    public OrderKey ReadOrder(JsonElement element) => new(
        Read(element.GetProperty("expression")),
        element.Text("type") is "DESCENDING",
        element.Text("null_order") is "NULLS FIRST");

    public ValueList<OrderKey> ReadOrders(IEnumerable<JsonElement> elements) => new([.. elements.Select(ReadOrder)]);

    public static ComparisonKind ReadComparison(string name) => name switch
    {
        "COMPARE_EQUAL" => ComparisonKind.Equal,
        "COMPARE_NOTEQUAL" => ComparisonKind.NotEqual,
        "COMPARE_LESSTHAN" => ComparisonKind.LessThan,
        "COMPARE_GREATERTHAN" => ComparisonKind.GreaterThan,
        "COMPARE_LESSTHANOREQUALTO" => ComparisonKind.LessThanOrEqual,
        "COMPARE_GREATERTHANOREQUALTO" => ComparisonKind.GreaterThanOrEqual,
        "COMPARE_DISTINCT_FROM" => ComparisonKind.DistinctFrom,
        "COMPARE_NOT_DISTINCT_FROM" => ComparisonKind.NotDistinctFrom,
        _ => throw new PlanReadException($"the comparison {name} is not known"),
    };

    /// <param name="element">The expression.</param>
    /// <param name="scope">What the columns of a lambda's body stand for; null outside of lambdas.</param>
    private ScalarExpression Read(JsonElement element, Func<int, SqlType, ScalarExpression>? scope)
    {
        switch (element.Text("expression_class"))
        {
            case "BOUND_REF":
                var type = TypeReader.Read(element.GetProperty("return_type"));
                var index = element.Number("index");
                return scope is null ? new ColumnReference(index, type) : scope(index, type);
            case "BOUND_CONSTANT":
                return ConstantReader.Read(element.GetProperty("value"));
            case "BOUND_CAST":
                return Cast(
                    Read(element.GetProperty("child"), scope), element.Flag("try_cast"), TypeReader.Read(element.GetProperty("return_type")));
            case "BOUND_COMPARISON":
                return new ComparisonExpression(
                    ReadComparison(element.Text("type")), Read(element.GetProperty("left"), scope), Read(element.GetProperty("right"), scope));
            case "BOUND_BETWEEN":
                return Between(element, scope);
            case "BOUND_CONJUNCTION":
                return new ConjunctionExpression(element.Text("type") is "CONJUNCTION_OR", Parts(element, scope));
            case "BOUND_OPERATOR":
                return new OperatorExpression(
                    Operator(element.Text("type")), Parts(element, scope), TypeReader.Read(element.GetProperty("return_type")));
            case "BOUND_CASE":
                return Case(element, scope);
            case "BOUND_FUNCTION":
                return Function(element, scope);
            case var other:
                throw new PlanReadException($"the expression {other} ({element.Text("type")}) has no form that can travel");
        }
    }

    private ValueList<ScalarExpression> Parts(JsonElement element, Func<int, SqlType, ScalarExpression>? scope) =>
        new([.. element.Items("children").Select(child => Read(child, scope))]);

    private static OperatorKind Operator(string name) => name switch
    {
        "OPERATOR_NOT" => OperatorKind.Not,
        "OPERATOR_IS_NULL" => OperatorKind.IsNull,
        "OPERATOR_IS_NOT_NULL" => OperatorKind.IsNotNull,
        "COMPARE_IN" => OperatorKind.In,
        "COMPARE_NOT_IN" => OperatorKind.NotIn,
        "OPERATOR_COALESCE" => OperatorKind.Coalesce,
        "OPERATOR_TRY" => OperatorKind.Try,
        _ => throw new PlanReadException($"the operator {name} is not known"),
    };

    // A struct without names is no type that a cast can write; but what is cast to one is always built in place.
    private static ScalarExpression Cast(ScalarExpression input, bool isTry, SqlType type)
    {
        if (!type.HasUnnamedFields)
        {
            return new CastExpression(input, isTry, type);
        }

        return input is FunctionExpression { Name: "row" } row && type.Id == "STRUCT" && row.Arguments.Count == type.Fields.Count
            ? new FunctionExpression(
                "row",
                new([.. row.Arguments.Zip(type.Fields, (part, field) => part.Type == field.Type ? part : Cast(part, isTry, field.Type))]),
                type)
            : throw new PlanReadException($"a cast to {type} has no SQL form");
    }

    private ConjunctionExpression Between(JsonElement element, Func<int, SqlType, ScalarExpression>? scope)
    {
        var input = Read(element.GetProperty("input"), scope);
        var lower = element.Flag("lower_inclusive") ? ComparisonKind.GreaterThanOrEqual : ComparisonKind.GreaterThan;
        var upper = element.Flag("upper_inclusive") ? ComparisonKind.LessThanOrEqual : ComparisonKind.LessThan;
        return new ConjunctionExpression(
            false,
            [
                new ComparisonExpression(lower, input, Read(element.GetProperty("lower"), scope)),
                new ComparisonExpression(upper, input, Read(element.GetProperty("upper"), scope)),
            ]);
    }

    private CaseExpression Case(JsonElement element, Func<int, SqlType, ScalarExpression>? scope)
    {
        var branches = new List<ScalarExpression>();
        foreach (var check in element.Items("case_checks"))
        {
            branches.Add(Read(check.GetProperty("when_expr"), scope));
            branches.Add(Read(check.GetProperty("then_expr"), scope));
        }

        branches.Add(Read(element.GetProperty("else_expr"), scope));
        return new CaseExpression(new([.. branches]), TypeReader.Read(element.GetProperty("return_type")));
    }

    private FunctionExpression Function(JsonElement element, Func<int, SqlType, ScalarExpression>? scope)
    {
        var name = element.Text("name");
        var type = TypeReader.Read(element.GetProperty("return_type"));
        var arguments = Parts(element, scope);
        if (element.Object("function_data") is { } extra && extra.Object("lambda_expr") is { } body)
        {
            return Lambda(name, arguments, extra, body, type);
        }

        // Some functions keep a constant argument to themselves when they are bound.
        if (name.StartsWith("__internal", StringComparison.Ordinal) || name is "struct_update" || (name is "date_part" && arguments.Count < 2) || arguments.Count < element.Items("arguments").Count())
        {
            throw new PlanReadException($"the function {name} has no SQL form");
        }

        return new FunctionExpression(name, arguments, type)
        {
            ArgumentNames = NamingFunctions.Contains(name) ? Names(name, arguments.Count, type) : [],
            IsVolatile = isVolatile?.Invoke(name) ?? false,
        };
    }

    private static ValueList<string> Names(string name, int argumentCount, SqlType type) =>
        name == "struct_insert"
            ? new([.. type.Fields.TakeLast(argumentCount - 1).Select(field => field.Name)])
            : new([.. type.Fields.Select(field => field.Name)]);

    /// <summary>
    /// A list function with a lambda. In the body, columns 0 to n-1 are its parameters in reverse, and the following ones are what it
    /// captured: the arguments behind the list (and behind the first value of a reduction).
    /// </summary>
    private FunctionExpression Lambda(
        string name, ValueList<ScalarExpression> arguments, JsonElement extra, JsonElement body, SqlType type)
    {
        var count = name.EndsWith("reduce", StringComparison.Ordinal) ? 2 : 1;
        count += extra.Flag("has_index") ? 1 : 0;
        var own = extra.Flag("has_initial") ? 2 : 1;
        var number = _lambdaCount++;
        var names = Enumerable.Range(0, count).Select(index => string.Create(CultureInfo.InvariantCulture, $"p{number}_{index}")).ToArray();
        var value = Read(body, (index, parameterType) =>
            index < count ? new LambdaParameter(names[count - 1 - index], parameterType)
            : index - count + own < arguments.Count ? arguments[index - count + own]
            : throw new PlanReadException($"the lambda of {name} reads more than it captured"));
        return new FunctionExpression(
            name, [arguments[0], new LambdaExpression(new(names), value), .. arguments.Skip(1).Take(own - 1)], type);
    }
}
