namespace OrleansFlow.Sql.Tables;

/// <summary>A column of a table.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The engine's type as a cast writes it.</param>
public sealed record TableColumn(string Name, string Type);
