namespace OrleansFlow.Worker.Queries.Databases;

/// <summary>Pieces of SQL for PostgreSQL.</summary>
internal static class PostgresText
{
    /// <summary>A name between quotes.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A text between quotes; null for one that a server's settings could read in another way.</summary>
    public static string? TryLiteral(string text) => text.AsSpan().IndexOfAny('\\', '\0') >= 0 ? null : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
