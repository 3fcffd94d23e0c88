using System.Text.RegularExpressions;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>The places in a text that the engine writes into its messages: the line, and a mark under it.</summary>
internal static partial class SqlPlaces
{
    /// <summary>
    /// A message without places. Those of a task are in the text of its stage, which its user never wrote: shown, they would point at something that
    /// is not there.
    /// </summary>
    public static string Remove(string message) => Place().Replace(message, "");

    [GeneratedRegex("\\s*\\nLINE [0-9]+: [^\\n]*(\\n[ \\t]*\\^)?", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Place();
}
