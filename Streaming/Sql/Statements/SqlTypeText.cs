using System.Text;

namespace OrleansFlow.Streaming.Sql.Statements;

/// <summary>Types as people write them for streams, as the engine writes them.</summary>
internal static class SqlTypeText
{
    private static readonly (string Written, string Engine)[] Unsigned =
    [
        ("TINYINT", "UTINYINT"), ("SMALLINT", "USMALLINT"), ("INT", "UINTEGER"), ("INTEGER", "UINTEGER"), ("BIGINT", "UBIGINT"),
    ];

    /// <summary>A type of the engine: <c>STRUCT&lt;a INT&gt;</c> is <c>STRUCT(a INT)</c>, <c>BIGINT UNSIGNED</c> is <c>UBIGINT</c>, <c>TEXT[]</c> stays.</summary>
    public static string ToEngine(string type)
    {
        var text = new StringBuilder(type.Length);
        foreach (var c in type)
        {
            text.Append(c switch { '<' => '(', '>' => ')', _ => c });
        }

        var result = text.ToString().Trim();
        foreach (var (written, engine) in Unsigned)
        {
            if (string.Equals(result, written + " UNSIGNED", StringComparison.OrdinalIgnoreCase))
            {
                return engine;
            }
        }

        return result;
    }
}
