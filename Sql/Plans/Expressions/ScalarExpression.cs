namespace OrleansFlow.Sql.Plans.Expressions;

/// <summary>A value computed from one row. Columns are positions in the row of the operator's input.</summary>
/// <param name="Type">Type of the value.</param>
internal abstract record ScalarExpression(SqlType Type)
{
    /// <summary>The parts, in the order in which <see cref="WithParts"/> takes them.</summary>
    public virtual ValueList<ScalarExpression> Parts => [];

    /// <summary>The same expression over other parts.</summary>
    public virtual ScalarExpression WithParts(ValueList<ScalarExpression> parts) => this;

    /// <summary>Replaces every column by what <paramref name="map"/> gives for it.</summary>
    public ScalarExpression MapColumns(Func<ColumnReference, ScalarExpression> map) =>
        this is ColumnReference column ? map(column)
        : Parts.Count == 0 ? this
        : WithParts(Parts.Map(part => part.MapColumns(map)));

    /// <summary>Moves every column by an offset.</summary>
    public ScalarExpression Shift(int offset) =>
        offset == 0 ? this : MapColumns(column => column with { Index = column.Index + offset });

    /// <summary>Positions of the columns that are read, each once, ascending.</summary>
    public IReadOnlySet<int> Columns()
    {
        var found = new SortedSet<int>();
        Collect(this, found);
        return found;
    }

    /// <summary>This and everything below it.</summary>
    public IEnumerable<ScalarExpression> SelfAndParts()
    {
        yield return this;
        foreach (var part in Parts)
        {
            foreach (var inner in part.SelfAndParts())
            {
                yield return inner;
            }
        }
    }

    private static void Collect(ScalarExpression expression, SortedSet<int> found)
    {
        if (expression is ColumnReference column)
        {
            found.Add(column.Index);
        }

        foreach (var part in expression.Parts)
        {
            Collect(part, found);
        }
    }
}

/// <summary>A column of the input row.</summary>
/// <param name="Index">Position; of a join: of the left row followed by the right row.</param>
/// <param name="Type">Its type.</param>
internal sealed record ColumnReference(int Index, SqlType Type) : ScalarExpression(Type);

/// <summary>A parameter of an enclosing lambda.</summary>
/// <param name="Name">Its name, used once in a plan.</param>
/// <param name="Type">Its type.</param>
internal sealed record LambdaParameter(string Name, SqlType Type) : ScalarExpression(Type);

/// <summary>A constant.</summary>
/// <param name="Sql">A text that evaluates to it, of exactly its type.</param>
/// <param name="IsNull">Whether it is NULL.</param>
/// <param name="Type">Its type.</param>
internal sealed record ConstantExpression(string Sql, bool IsNull, SqlType Type) : ScalarExpression(Type)
{
    public static ConstantExpression Null(SqlType type) => new($"CAST(NULL AS {type})", true, type);
}

/// <summary>A conversion.</summary>
/// <param name="Input">What is converted.</param>
/// <param name="IsTry">NULL instead of an error.</param>
/// <param name="Type">The type it becomes.</param>
internal sealed record CastExpression(ScalarExpression Input, bool IsTry, SqlType Type) : ScalarExpression(Type)
{
    public override ValueList<ScalarExpression> Parts => [Input];

    public override ScalarExpression WithParts(ValueList<ScalarExpression> parts) => this with { Input = parts[0] };
}

/// <summary>A comparison of two values of the same type.</summary>
internal sealed record ComparisonExpression(ComparisonKind Kind, ScalarExpression Left, ScalarExpression Right) : ScalarExpression(SqlType.Boolean)
{
    public override ValueList<ScalarExpression> Parts => [Left, Right];

    public override ScalarExpression WithParts(ValueList<ScalarExpression> parts) => this with { Left = parts[0], Right = parts[1] };
}

/// <summary>AND or OR of two or more conditions.</summary>
internal sealed record ConjunctionExpression(bool IsOr, ValueList<ScalarExpression> Conditions) : ScalarExpression(SqlType.Boolean)
{
    public override ValueList<ScalarExpression> Parts => Conditions;

    public override ScalarExpression WithParts(ValueList<ScalarExpression> parts) => this with { Conditions = parts };
}

/// <summary>What SQL has a word for and no function: NOT, IS NULL, IN, COALESCE, TRY, BETWEEN.</summary>
internal sealed record OperatorExpression(OperatorKind Kind, ValueList<ScalarExpression> Operands, SqlType Type) : ScalarExpression(Type)
{
    public override ValueList<ScalarExpression> Parts => Operands;

    public override ScalarExpression WithParts(ValueList<ScalarExpression> parts) => this with { Operands = parts };
}

/// <summary>CASE WHEN: conditions and values in turns, then the value of ELSE.</summary>
internal sealed record CaseExpression(ValueList<ScalarExpression> Branches, SqlType Type) : ScalarExpression(Type)
{
    public override ValueList<ScalarExpression> Parts => Branches;

    public override ScalarExpression WithParts(ValueList<ScalarExpression> parts) => this with { Branches = parts };
}

/// <summary>A call of a scalar function.</summary>
/// <param name="Name">Its name; of an operator too.</param>
/// <param name="Arguments">Its arguments, of exactly the types it is bound to.</param>
/// <param name="Type">Type of the result.</param>
internal sealed record FunctionExpression(string Name, ValueList<ScalarExpression> Arguments, SqlType Type) : ScalarExpression(Type)
{
    /// <summary>Names of the last arguments, for functions such as <c>struct_pack</c>; empty for all others.</summary>
    public ValueList<string> ArgumentNames { get; init; } = [];

    /// <summary>Whether it is a user's function whose values change from call to call.</summary>
    public bool IsVolatile { get; init; }

    public override ValueList<ScalarExpression> Parts => Arguments;

    public override ScalarExpression WithParts(ValueList<ScalarExpression> parts) => this with { Arguments = parts };
}

/// <summary>A lambda, as the argument of a list function.</summary>
/// <param name="Parameters">Names of its parameters, in order.</param>
/// <param name="Body">The value; it may read columns too.</param>
internal sealed record LambdaExpression(ValueList<string> Parameters, ScalarExpression Body) : ScalarExpression(Body.Type)
{
    public override ValueList<ScalarExpression> Parts => [Body];

    public override ScalarExpression WithParts(ValueList<ScalarExpression> parts) => this with { Body = parts[0] };
}
