namespace OrleansFlow.Engine;

/// <summary>Puts names and texts into SQL safely. Values belong in parameters; these are for what cannot be one.</summary>
public static class EngineText
{
    /// <summary>A quoted identifier: one name, never a dotted path.</summary>
    /// <exception cref="ArgumentException">The name is empty or holds a NUL character.</exception>
    public static string Quote(string identifier)
    {
        ArgumentException.ThrowIfNullOrEmpty(identifier);
        ThrowIfNul(identifier, nameof(identifier));
        return $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    /// <summary>A text literal. Backslashes stay as they are: DuckDB's plain literals know no escape but the doubled quote.</summary>
    /// <exception cref="ArgumentException">The text holds a NUL character.</exception>
    public static string Literal(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        ThrowIfNul(text, nameof(text));
        return $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
    }

    // The statement travels as a C string, so a NUL would silently cut it.
    private static void ThrowIfNul(string text, string name)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("The text holds a NUL character at index " + text.IndexOf('\0', StringComparison.Ordinal) + "; remove it.", name);
        }
    }
}
