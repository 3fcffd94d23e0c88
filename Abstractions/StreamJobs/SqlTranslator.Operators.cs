using System.Linq.Expressions;

namespace OrleansFlow.StreamJobs;

/// <content>Members, operators and casts.</content>
internal sealed partial class SqlTranslator
{
    private string Member(MemberExpression member)
    {
        if (RowMember(member) is { } column)
        {
            return column.Row.Of(column.Column);
        }

        var name = member.Member.Name;
        if (member.Expression is ParameterExpression parameter && _bindings.GetValueOrDefault(parameter) is RowBinding.Group group)
        {
            return name switch
            {
                "Key" when group.Key is [{ Member: RecordColumns.ValueColumn }] => KeyColumn(0),
                "Start" or "End" => $"struct_extract({RowBinding.Group.Alias}.\"_window\", '{(name == "Start" ? "start" : "end")}')",
                _ => throw UntranslatableException.Of(member, "take a member of the key."),
            };
        }

        if (member.Expression is MemberExpression { Member.Name: "Key", Expression: ParameterExpression outer } && _bindings.GetValueOrDefault(outer) is RowBinding.Group keyed)
        {
            for (var i = 0; i < keyed.Key.Count; i++)
            {
                if (keyed.Key[i].Member == name)
                {
                    return KeyColumn(i);
                }
            }
        }

        var owner = member.Member.DeclaringType!;
        if (Nullable.GetUnderlyingType(owner) is not null)
        {
            return name == "HasValue" ? $"({Sql(member.Expression!)} IS NOT NULL)" : Sql(member.Expression!);
        }

        if (owner == typeof(string) && name == "Length")
        {
            return $"CAST(length({Sql(member.Expression!)}) AS INTEGER)";
        }

        if (owner.IsArray && name == "Length")
        {
            return $"CAST(len({Sql(member.Expression!)}) AS INTEGER)";
        }

        if ((owner == typeof(DateTime) || owner == typeof(DateOnly)) && name is "Year" or "Month" or "Day" or "Hour" or "Minute" or "Second" or "DayOfWeek" or "DayOfYear")
        {
            return $"CAST({(name == "DayOfYear" ? "dayofyear" : name == "DayOfWeek" ? "dayofweek" : name.ToLowerInvariant())}({Sql(member.Expression!)}) AS INTEGER)";
        }

        return owner == typeof(DateTime) && name == "Date" ? $"date_trunc('day', {Sql(member.Expression!)})" : throw UntranslatableException.Of(member);
    }

    private static string KeyColumn(int place) => $"{RowBinding.Group.Alias}.{SqlText.Quote(FormattableString.Invariant($"_k{place}"))}";

    private string Binary(BinaryExpression binary)
    {
        var (left, right) = (binary.Left, binary.Right);
        switch (binary.NodeType)
        {
            case ExpressionType.Equal or ExpressionType.NotEqual:
                return Equality(left, right, binary.NodeType == ExpressionType.Equal);
            case ExpressionType.Add when binary.Type == typeof(string):
                return $"concat({TextOf(left)}, {TextOf(right)})";
            case ExpressionType.Divide when RecordTypes.IsWhole(binary.Type):
                return $"({Sql(left)} // {Sql(right)})";
            case ExpressionType.Coalesce when binary.Conversion is null:
                return $"coalesce({Sql(left)}, {Sql(right)})";
            case ExpressionType.ArrayIndex:
                return $"list_extract({Sql(left)}, {Sql(right)} + 1)";
            case ExpressionType.And or ExpressionType.Or when binary.Type == typeof(bool) || binary.Type == typeof(bool?):
                return $"({Sql(left)} {(binary.NodeType == ExpressionType.And ? "AND" : "OR")} {Sql(right)})";
            case ExpressionType.ExclusiveOr when RecordTypes.IsWhole(binary.Type):
                return $"xor({Sql(left)}, {Sql(right)})";
            case ExpressionType.Subtract when binary.Type == typeof(TimeSpan):
            case ExpressionType.Add or ExpressionType.Subtract when binary.Type == typeof(DateTime):
                return $"({Sql(left)} {(binary.NodeType == ExpressionType.Add ? "+" : "-")} {Sql(right)})";
        }

        var sign = binary.NodeType switch
        {
            ExpressionType.Add or ExpressionType.AddChecked => "+",
            ExpressionType.Subtract or ExpressionType.SubtractChecked => "-",
            ExpressionType.Multiply or ExpressionType.MultiplyChecked => "*",
            ExpressionType.Divide => "/",
            ExpressionType.Modulo => "%",
            ExpressionType.And => "&",
            ExpressionType.Or => "|",
            ExpressionType.LeftShift => "<<",
            ExpressionType.RightShift => ">>",
            ExpressionType.AndAlso => "AND",
            ExpressionType.OrElse => "OR",
            ExpressionType.LessThan => "<",
            ExpressionType.LessThanOrEqual => "<=",
            ExpressionType.GreaterThan => ">",
            ExpressionType.GreaterThanOrEqual => ">=",
            _ => throw UntranslatableException.Of(binary),
        };
        var sql = $"({Sql(left)} {sign} {Sql(right)})";

        // In C# null is neither less nor more than anything, so that 'not' of it is true; in SQL both are unknown.
        return binary is { IsLifted: true, IsLiftedToNull: false } ? $"coalesce({sql}, false)" : sql;
    }

    private string Equality(Expression left, Expression right, bool isEqual)
    {
        if (IsNull(left) || IsNull(right))
        {
            return $"({Sql(IsNull(left) ? right : left)} IS {(isEqual ? "" : "NOT ")}NULL)";
        }

        // In C# null is equal to null and unequal to all else; in SQL both are unknown.
        return RecordTypes.IsNullable(left.Type) || RecordTypes.IsNullable(right.Type)
            ? $"({Sql(left)} IS {(isEqual ? "NOT " : "")}DISTINCT FROM {Sql(right)})"
            : $"({Sql(left)} {(isEqual ? "=" : "<>")} {Sql(right)})";
    }

    private static bool IsNull(Expression node) => node is ConstantExpression { Value: null } or DefaultExpression { Type.IsValueType: false }
        || (node is UnaryExpression { NodeType: ExpressionType.Convert } convert && IsNull(convert.Operand));

    private string TextOf(Expression node)
    {
        if (node is UnaryExpression { NodeType: ExpressionType.Convert, Type: var boxed } convert && boxed == typeof(object))
        {
            node = convert.Operand;
        }

        var type = Nullable.GetUnderlyingType(node.Type) ?? node.Type;
        return type == typeof(string) || (RecordTypes.IsWhole(type) && !type.IsEnum)
            ? Sql(node)
            : throw UntranslatableException.Of(node, $"a {node.Type.Name} is written differently in SQL and C#; make it a text or a whole number before it is put to a text.");
    }

    private string Unary(UnaryExpression unary) => unary.NodeType switch
    {
        ExpressionType.Not when unary.Type == typeof(bool) || unary.Type == typeof(bool?) => $"(NOT {Sql(unary.Operand)})",
        ExpressionType.Not => $"(~{Sql(unary.Operand)})",
        ExpressionType.Negate or ExpressionType.NegateChecked => $"(-{Sql(unary.Operand)})",
        ExpressionType.UnaryPlus => Sql(unary.Operand),
        ExpressionType.ArrayLength => $"CAST(len({Sql(unary.Operand)}) AS INTEGER)",
        ExpressionType.Convert or ExpressionType.ConvertChecked => Converted(unary),
        _ => throw UntranslatableException.Of(unary),
    };

    private string Converted(UnaryExpression convert)
    {
        var (from, to) = (Nullable.GetUnderlyingType(convert.Operand.Type) ?? convert.Operand.Type, Nullable.GetUnderlyingType(convert.Type) ?? convert.Type);
        if (from == to)
        {
            return Sql(convert.Operand);
        }

        if (from.IsEnum && to == typeof(int) && convert.Operand is MemberExpression { Member.Name: "DayOfWeek" })
        {
            return Sql(convert.Operand);
        }

        if (!RecordTypes.IsNumber(from) || !RecordTypes.IsNumber(to))
        {
            throw UntranslatableException.Of(convert);
        }

        // SQL rounds where C# cuts off.
        var operand = Sql(convert.Operand);
        return $"CAST({(RecordTypes.IsWhole(to) && !RecordTypes.IsWhole(from) ? $"trunc({operand})" : operand)} AS {RecordTypes.TrySqlType(to)})";
    }
}
