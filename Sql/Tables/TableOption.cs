namespace OrleansFlow.Sql.Tables;

/// <summary>A named argument of the engine's reader.</summary>
/// <param name="Name">Its name, such as <c>union_by_name</c>.</param>
/// <param name="Sql">Its value as a constant of SQL, such as <c>true</c> or <c>'|'</c>.</param>
public sealed record TableOption(string Name, string Sql);
