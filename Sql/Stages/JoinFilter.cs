namespace OrleansFlow.Sql.Stages;

/// <summary>
/// Rows of one input of a stage count only where another input has rows with the same values: a join drops the others, or never looks at them. Whoever knows
/// the values of <see cref="From"/> may leave out the other rows of <see cref="To"/> wherever they are made.
/// </summary>
/// <param name="From">Name of the input whose values are needed.</param>
/// <param name="To">Name of the input whose rows may be left out.</param>
/// <param name="Keys">Columns that must be equal, at least one; NULL equals nothing.</param>
public sealed record JoinFilter(string From, string To, IReadOnlyList<JoinFilterKey> Keys);

/// <summary>A pair of columns of a <see cref="JoinFilter"/>.</summary>
/// <param name="FromColumn">Position in the input whose values are needed.</param>
/// <param name="ToColumn">Position in the input whose rows may be left out.</param>
/// <param name="Type">DuckDB's type of both.</param>
public sealed record JoinFilterKey(int FromColumn, int ToColumn, string Type);
