using System.Linq.Expressions;
using System.Text.RegularExpressions;

namespace OrleansFlow.StreamJobs;

/// <content>Methods.</content>
internal sealed partial class SqlTranslator
{
    private string Call(MethodCallExpression call)
    {
        if (call.Object is ParameterExpression parameter && _bindings.GetValueOrDefault(parameter) is RowBinding.Group group)
        {
            return Aggregate(call, group);
        }

        var owner = call.Method.DeclaringType!;
        var arguments = call.Arguments;
        if (owner == typeof(StreamSql))
        {
            return $"{FunctionName(arguments[0])}({string.Join(", ", ((NewArrayExpression)arguments[1]).Expressions.Select(one => Sql(Unboxed(one))))})";
        }

        if (call.Method.Name == "Contains" && owner != typeof(string))
        {
            return In(call);
        }

        if (owner == typeof(string))
        {
            return TextCall(call);
        }

        if (owner == typeof(Math))
        {
            return MathCall(call);
        }

        if (owner == typeof(DateTime) && call.Object is { } time)
        {
            return TimeCall(call, time);
        }

        return Nullable.GetUnderlyingType(owner) is not null && call.Method.Name == "GetValueOrDefault"
            ? $"coalesce({Sql(call.Object!)}, {(arguments.Count == 1 ? Sql(arguments[0]) : Constant(Expression.Default(call.Type)))})"
            : throw UntranslatableException.Of(call);
    }

    private string In(MethodCallExpression call)
    {
        if (call.Arguments.Skip(call.Object is null ? 2 : 1).Any(argument => !IsNull(argument)))
        {
            throw UntranslatableException.Of(call, "SQL compares exactly; leave the comparer out.");
        }

        // Arrays are looked through as spans by newer compilers, so the conversion is undone.
        Expression? list = call.Object ?? call.Arguments[0];
        while (list is MethodCallExpression { Method.Name: "op_Implicit" } or UnaryExpression { NodeType: ExpressionType.Convert })
        {
            list = list is MethodCallExpression conversion ? conversion.Arguments[0] : ((UnaryExpression)list).Operand;
        }

        var item = call.Arguments[call.Object is null ? 1 : 0];
        if (MentionsRow.Of(list!, _bindings))
        {
            return $"list_contains({Sql(list!)}, {Sql(item)})";
        }

        if (Evaluate(list!) is not System.Collections.IEnumerable values)
        {
            throw UntranslatableException.Of(call);
        }

        if (values is ISet<string> set && !(set is HashSet<string> { Comparer: var comparer } && (comparer == StringComparer.Ordinal || comparer == EqualityComparer<string>.Default)))
        {
            throw UntranslatableException.Of(call, "SQL compares exactly, and the set does not; take a HashSet<string> without a comparer.");
        }

        // In C# a list may hold null, which is then found; in SQL that is unknown.
        var all = values.Cast<object?>().ToList();
        var hasNull = all.Contains(null);
        var texts = all.Where(value => value is not null).Select(value => SqlText.TryLiteral(value) ?? throw UntranslatableException.Of(call)).ToList();
        return (texts.Count, hasNull) switch
        {
            (0, false) => "false",
            (0, true) => $"({Sql(item)} IS NULL)",
            _ => $"coalesce({Sql(item)} IN ({string.Join(", ", texts)}), {(hasNull ? "true" : "false")})",
        };
    }

    private string TextCall(MethodCallExpression call)
    {
        string Argument(int place) => Sql(call.Arguments[place]);
        var self = call.Object is null ? "" : Sql(call.Object);
        return (call.Method.Name, call.Arguments.Count) switch
        {
            ("ToUpper" or "ToUpperInvariant", 0) => $"upper({self})",
            ("ToLower" or "ToLowerInvariant", 0) => $"lower({self})",
            ("Trim", 0) => $"trim({self}, {Spaces})",
            ("TrimStart", 0) => $"ltrim({self}, {Spaces})",
            ("TrimEnd", 0) => $"rtrim({self}, {Spaces})",
            ("Contains", _) when IsOrdinal(call, 1) => $"contains({self}, {Argument(0)})",
            ("StartsWith", _) when IsOrdinal(call, 1) => $"starts_with({self}, {Argument(0)})",
            ("EndsWith", _) when IsOrdinal(call, 1) => $"ends_with({self}, {Argument(0)})",
            ("IndexOf", _) when IsOrdinal(call, 1) => $"CAST(instr({self}, {Argument(0)}) - 1 AS INTEGER)",
            ("Replace", _) when IsOrdinal(call, 2) => $"replace({self}, {Argument(0)}, {Argument(1)})",
            ("Substring", 1) => $"substring({self}, {Argument(0)} + 1)",
            ("Substring", 2) => $"substring({self}, {Argument(0)} + 1, {Argument(1)})",
            ("IsNullOrEmpty", 1) => $"(coalesce({Argument(0)}, '') = '')",
            ("IsNullOrWhiteSpace", 1) => $"(trim(coalesce({Argument(0)}, ''), {Spaces}) = '')",
            ("Concat", _) when call.Arguments is [{ Type: var type }, ..] && type == typeof(string) => $"concat({string.Join(", ", call.Arguments.Select(TextOf))})",
            ("Equals", 1) when call.Object is not null && call.Arguments[0].Type == typeof(string) => Equality(call.Object, call.Arguments[0], isEqual: true),
            _ => throw UntranslatableException.Of(call),
        };
    }

    /// <summary>Texts are compared character by character; a culture or another case is refused.</summary>
    private static bool IsOrdinal(MethodCallExpression call, int plain) => call.Arguments.Count == plain
        ? call.Arguments.All(argument => argument.Type == typeof(string))
        : call.Arguments.Count == plain + 1 && call.Arguments[plain] is ConstantExpression { Value: StringComparison.Ordinal };

    private string MathCall(MethodCallExpression call)
    {
        var values = string.Join(", ", call.Arguments.Where(argument => argument.Type != typeof(MidpointRounding)).Select(Sql));
        var away = call.Arguments is [.., ConstantExpression { Value: MidpointRounding.AwayFromZero }];
        var name = (call.Method.Name, call.Arguments.Count) switch
        {
            ("Abs" or "Floor" or "Sqrt" or "Exp" or "Sin" or "Cos" or "Tan" or "Atan" or "Asin" or "Acos" or "Log10" or "Log2", 1) => call.Method.Name.ToLowerInvariant(),
            ("Ceiling", 1) => "ceil",
            ("Truncate", 1) => "trunc",
            ("Log", 1) => "ln",
            ("Pow", 2) => "pow",
            ("Min", 2) => "least",
            ("Max", 2) => "greatest",
            ("Sign", 1) => "sign",
            ("Round", 1) => "round_even",
            ("Round", _) when away => "round",
            ("Round", 2) when call.Arguments[1].Type == typeof(int) => "round_even",
            _ => throw UntranslatableException.Of(call),
        };
        if (name == "round_even" && call.Arguments.Count == 1)
        {
            values += ", 0";
        }

        var sql = $"{name}({values})";

        // Where C# has no number, SQL has an error.
        var answer = name switch
        {
            "sqrt" => $"CASE WHEN {values} < 0 THEN CAST('NaN' AS DOUBLE) ELSE {sql} END",
            "ln" or "log10" or "log2" => $"CASE WHEN {values} < 0 THEN CAST('NaN' AS DOUBLE) WHEN {values} = 0 THEN CAST('-Infinity' AS DOUBLE) ELSE {sql} END",
            "asin" or "acos" => $"CASE WHEN abs({values}) > 1 THEN CAST('NaN' AS DOUBLE) ELSE {sql} END",
            "sin" or "cos" or "tan" => $"CASE WHEN isinf({values}) THEN CAST('NaN' AS DOUBLE) ELSE {sql} END",
            _ => sql,
        };
        return $"CAST({answer} AS {RecordTypes.TrySqlType(call.Type)})";
    }

    private string TimeCall(MethodCallExpression call, Expression time)
    {
        var unit = call.Method.Name switch
        {
            "AddMicroseconds" => "microsecond",
            "AddMilliseconds" => "millisecond",
            "AddSeconds" => "second",
            "AddMinutes" => "minute",
            "AddHours" => "hour",
            "AddDays" => "day",
            "Add" => "",
            "Subtract" when call.Type == typeof(DateTime) => "-",
            _ => throw UntranslatableException.Of(call),
        };
        var amount = Sql(call.Arguments[0]);
        return unit switch
        {
            "" => $"({Sql(time)} + {amount})",
            "-" => $"({Sql(time)} - {amount})",
            _ => $"({Sql(time)} + {amount} * INTERVAL '1 {unit}')",
        };
    }

    private static string Aggregate(MethodCallExpression call, RowBinding.Group group)
    {
        var lambdas = call.Arguments.Select(argument => Unquoted(argument) as LambdaExpression).ToList();
        string Of(int place) => Translate(lambdas[place]!, group.Rows);
        var name = call.Method.Name;
        var (sql, filter) = name switch
        {
            "Count" => ("count(*)", lambdas.Count == 1 ? Of(0) : null),
            "Any" => ($"bool_or({Of(0)})", null),
            "All" => ($"bool_and({Of(0)})", null),
            "CountDistinct" => ($"count(DISTINCT {Of(0)})", lambdas.Count == 2 ? Of(1) : null),
            "Call" => ($"{FunctionName(call.Arguments[0])}({Of(1)})", (string?)null),
            _ => ($"{SqlNameOf(call)}({Of(0)})", lambdas.Count == 2 ? Of(1) : null),
        };
        var all = filter is null ? sql : $"{sql} FILTER (WHERE {filter})";

        // A sum of whole numbers is wider in SQL than in C#.
        return $"CAST({group.Add(all)} AS {RecordTypes.TrySqlType(call.Type) ?? throw UntranslatableException.Of(call)})";
    }

    private static string SqlNameOf(MethodCallExpression call) => call.Method.Name switch
    {
        "Sum" => "sum",
        "Average" => "avg",
        "Min" => "min",
        "Max" => "max",
        "StandardDeviation" => "stddev_samp",
        "Variance" => "var_samp",
        _ => throw UntranslatableException.Of(call),
    };

    /// <summary>What C# calls white space (<see cref="char.IsWhiteSpace(char)"/>); SQL alone would take spaces.</summary>
    private static string Spaces { get; } = SqlText.Literal(string.Concat(Enumerable.Range(0, char.MaxValue + 1).Select(code => (char)code).Where(char.IsWhiteSpace)));

    private static Expression Unquoted(Expression node) => node is UnaryExpression { NodeType: ExpressionType.Quote } quote ? quote.Operand : node;

    private static Expression Unboxed(Expression node) => node is UnaryExpression { NodeType: ExpressionType.Convert, Type: var type } convert && type == typeof(object) ? convert.Operand : node;

    private static string FunctionName(Expression node) => Evaluate(node) is string name && NamePattern().IsMatch(name)
        ? name
        : throw UntranslatableException.Of(node, "the name of a function is letters, digits and underscores.");

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]{0,63}\z")]
    private static partial Regex NamePattern();
}
