using System.Text;
using OrleansFlow.Silo.Gateway.Sql;

namespace OrleansFlow.Silo.Gateway.SystemTables;

/// <summary>
/// The names <c>system.TABLE</c> in statements. The engine has a catalog of its own called so, which nothing can be added to; the tables are registered in a
/// schema whose name is as long, so that every place in the text stays where it was.
/// </summary>
internal static class SystemNames
{
    /// <summary>The schema as users name it.</summary>
    public const string Schema = "system";

    /// <summary>The schema as the engine knows it.</summary>
    public const string EngineSchema = "fl_sys";

    /// <summary>The text for the engine.</summary>
    public static string ToEngine(string sql)
    {
        StringBuilder? text = null;
        foreach (var (names, places) in SqlNames.ChainsWithPlaces(sql))
        {
            if (names.Count == 1 && Is(names[0], Schema))
            {
                // Something of the statement's own is called so, and hides the tables.
                return sql;
            }

            var index = Is(names[0], SqlTableName.Registered) ? 1 : 0;
            if (names.Count > index + 1 && Is(names[index], Schema) && SystemTable.All.Any(table => Is(table.Name, names[index + 1])))
            {
                text ??= new StringBuilder(sql);
                var place = places[index] + (sql[places[index]] == '"' ? 1 : 0);
                for (var character = 0; character < EngineSchema.Length; character++)
                {
                    text[place + character] = EngineSchema[character];
                }
            }
        }

        return text?.ToString() ?? sql;
    }

    /// <summary>What the engine says, in the user's words.</summary>
    public static string FromEngine(string message) => message.Replace(EngineSchema, Schema, StringComparison.Ordinal);

    /// <summary>The tables that a text for the engine names.</summary>
    public static IReadOnlyList<SystemTable> Find(string engineSql)
    {
        if (!engineSql.Contains(EngineSchema, StringComparison.OrdinalIgnoreCase))
        {
            return [];
        }

        var found = new HashSet<SystemTable>();
        foreach (var names in SqlNames.Chains(engineSql))
        {
            var index = Is(names[0], SqlTableName.Registered) ? 1 : 0;
            if (names.Count > index + 1 && Is(names[index], EngineSchema) && SystemTable.All.FirstOrDefault(table => Is(table.Name, names[index + 1])) is { } table)
            {
                found.Add(table);
            }
        }

        return [.. found];
    }

    private static bool Is(string name, string expected) => name.Equals(expected, StringComparison.OrdinalIgnoreCase);
}
