using System.Linq.Expressions;

namespace OrleansFlow.StreamJobs;

/// <summary>Expressions of C# as expressions of SQL, with the results of C# where the two differ: nulls are equal, whole numbers divide to whole ones, casts cut off.</summary>
internal sealed partial class SqlTranslator
{
    private readonly Dictionary<ParameterExpression, RowBinding> _bindings = [];

    private SqlTranslator()
    {
    }

    /// <summary>Translates the body of a lambda.</summary>
    /// <exception cref="UntranslatableException">A part of it has no counterpart.</exception>
    public static string Translate(LambdaExpression lambda, params ReadOnlySpan<RowBinding> bindings) => Bound(lambda, bindings).Sql(lambda.Body);

    /// <summary>Translates a lambda that makes a record: the columns of its type, in order.</summary>
    /// <exception cref="UntranslatableException">A part of it has no counterpart, or it makes no record.</exception>
    public static IReadOnlyList<(RecordColumn Column, string Sql)> Project(LambdaExpression lambda, params ReadOnlySpan<RowBinding> bindings)
    {
        var translator = Bound(lambda, bindings);
        var columns = RecordColumns.Of(lambda.ReturnType);
        if (columns.IsValue)
        {
            return [(columns.Columns[0], translator.Cast(lambda.Body, columns.Columns[0]))];
        }

        var values = translator.Members(lambda.Body);
        return [.. columns.Columns.Select(column => (column, values.TryGetValue(column.Member!.Name, out var value) ? value(column) : Unset(column)))];
    }

    /// <summary>A member that is not set has what C# begins with: null, or nothing of its type.</summary>
    private static string Unset(RecordColumn column) =>
        $"CAST({(column.ClrType.IsValueType ? SqlText.TryLiteral(Activator.CreateInstance(column.ClrType)) ?? "NULL" : "NULL")} AS {column.SqlType})";

    /// <summary>Translates a key: its parts by the members of the key's type.</summary>
    public static IReadOnlyList<(string Member, string Sql, Type Type)> Key(LambdaExpression lambda, RowBinding.Row row)
    {
        var translator = Bound(lambda, [row]);
        var body = lambda.Body;
        if (body is not (NewExpression or MemberInitExpression) && RecordTypes.TrySqlType(body.Type) is not null)
        {
            return [(RecordColumns.ValueColumn, translator.Sql(body), body.Type)];
        }

        var columns = RecordColumns.Of(body.Type);
        var values = translator.Members(body);
        return [.. columns.Columns.Where(column => values.ContainsKey(column.Member!.Name)).Select(column => (column.Member!.Name, values[column.Member!.Name](null), column.ClrType))];
    }

    private static SqlTranslator Bound(LambdaExpression lambda, ReadOnlySpan<RowBinding> bindings)
    {
        var translator = new SqlTranslator();
        for (var i = 0; i < bindings.Length; i++)
        {
            translator._bindings[lambda.Parameters[i]] = bindings[i];
        }

        return translator;
    }

    /// <summary>The values of a record's members; a value is cast to its column where there is one.</summary>
    private Dictionary<string, Func<RecordColumn?, string>> Members(Expression body)
    {
        var values = new Dictionary<string, Func<RecordColumn?, string>>(StringComparer.OrdinalIgnoreCase);
        void Add(string name, Expression value) => values[name] = column => column is null ? Sql(value) : Cast(value, column);
        switch (body)
        {
            case ParameterExpression parameter when _bindings.GetValueOrDefault(parameter) is RowBinding.Row row && !row.Columns.IsValue:
                foreach (var column in row.Columns.Columns)
                {
                    values[column.Member!.Name] = _ => row.Of(column);
                }

                return values;
            case MemberInitExpression init:
                values = Members(init.NewExpression);
                foreach (var binding in init.Bindings)
                {
                    values[binding.Member.Name] = binding is MemberAssignment assignment
                        ? column => column is null ? Sql(assignment.Expression) : Cast(assignment.Expression, column)
                        : throw new UntranslatableException($"'{binding}' does not set one member; set each by 'Name = value'.");
                }

                return values;
            case NewExpression { Members: { } members } made:
                for (var i = 0; i < members.Count; i++)
                {
                    Add(members[i].Name, made.Arguments[i]);
                }

                return values;
            case NewExpression { Constructor: { } constructor } made:
                var parameters = constructor.GetParameters();
                for (var i = 0; i < parameters.Length; i++)
                {
                    if (!RecordColumns.Of(made.Type).Columns.Any(column => string.Equals(column.Member!.Name, parameters[i].Name, StringComparison.OrdinalIgnoreCase)))
                    {
                        throw new UntranslatableException($"The parameter '{parameters[i].Name}' of {made.Type.Name}'s constructor has no property of its name, so it cannot be told which column it is.");
                    }

                    Add(parameters[i].Name!, made.Arguments[i]);
                }

                return values;
            default:
                throw new UntranslatableException($"'{body}' makes no record; write new {{ ... }}, new Record(...) or new Record {{ ... }}.");
        }
    }

    private string Cast(Expression value, RecordColumn column)
    {
        var sql = Sql(value);
        return Plain(value) is MemberExpression member && RowMember(member) is { } from && from.Column.SqlType == column.SqlType ? sql : $"CAST({sql} AS {column.SqlType})";
    }

    private string Sql(Expression node)
    {
        if (!MentionsRow.Of(node, _bindings))
        {
            return Constant(node);
        }

        return node switch
        {
            ParameterExpression parameter => Whole(parameter),
            MemberExpression member => Member(member),
            BinaryExpression binary => Binary(binary),
            UnaryExpression unary => Unary(unary),
            ConditionalExpression choice => $"CASE WHEN {Sql(choice.Test)} THEN {Sql(choice.IfTrue)} ELSE {Sql(choice.IfFalse)} END",
            MethodCallExpression call => Call(call),
            NewArrayExpression { NodeType: ExpressionType.NewArrayInit } array => $"[{string.Join(", ", array.Expressions.Select(Sql))}]",
            _ => throw UntranslatableException.Of(node),
        };
    }

    private string Whole(ParameterExpression parameter) => _bindings[parameter] switch
    {
        RowBinding.Value value => value.Sql,
        RowBinding.Row { Columns.IsValue: true } row => row.Of(row.Columns.Columns[0]),
        _ => throw UntranslatableException.Of(parameter, "take one of its members."),
    };

    /// <summary>What does not depend on the row is computed here, and once.</summary>
    private static string Constant(Expression node)
    {
        var value = node is ConstantExpression constant ? constant.Value : Evaluate(node);
        if (value is Array items and not byte[])
        {
            var texts = items.Cast<object?>().Select(SqlText.TryLiteral).ToList();
            return texts.Contains(null) ? throw UntranslatableException.Of(node) : $"[{string.Join(", ", texts)}]";
        }

        return SqlText.TryLiteral(value) ?? throw UntranslatableException.Of(node, $"a value of {value!.GetType().Name} cannot be written down in SQL.");
    }

    private static object? Evaluate(Expression node)
    {
        try
        {
            return Expression.Lambda<Func<object?>>(Expression.Convert(node, typeof(object))).Compile(preferInterpretation: true)();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // It is the user's expression, which may do anything; what it says becomes a problem of the job.
            throw UntranslatableException.Of(node, $"it does not depend on the row, and computing it failed: {exception.Message}");
        }
    }

    private static Expression Plain(Expression node) => node is UnaryExpression { NodeType: ExpressionType.Convert } convert
        && (Nullable.GetUnderlyingType(convert.Type) ?? convert.Type) == (Nullable.GetUnderlyingType(convert.Operand.Type) ?? convert.Operand.Type) ? Plain(convert.Operand) : node;

    private (RowBinding.Row Row, RecordColumn Column)? RowMember(MemberExpression member) =>
        member.Expression is ParameterExpression parameter && _bindings.GetValueOrDefault(parameter) is RowBinding.Row row && row.Columns.TryFind(member.Member.Name, out var column)
            ? (row, column)
            : null;

    /// <summary>Whether a part of an expression depends on a row.</summary>
    private sealed class MentionsRow(Dictionary<ParameterExpression, RowBinding> bindings) : ExpressionVisitor
    {
        private bool _found;

        public static bool Of(Expression node, Dictionary<ParameterExpression, RowBinding> bindings)
        {
            var visitor = new MentionsRow(bindings);
            visitor.Visit(node);
            return visitor._found;
        }

        protected override Expression VisitParameter(ParameterExpression node)
        {
            _found |= bindings.ContainsKey(node);
            return node;
        }

        protected override Expression VisitMethodCall(MethodCallExpression node)
        {
            // It is never called here, even where its arguments are constants.
            _found |= node.Method.DeclaringType == typeof(StreamSql);
            return base.VisitMethodCall(node);
        }
    }
}
