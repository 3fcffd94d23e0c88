using System.Collections.Concurrent;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>
/// Texts that the locked engine has bound as one SELECT: what they may name does not change while the process runs, so they need not be bound again before
/// they are planned. A Flight SQL client describes each text before it reads it. Thread-safe.
/// </summary>
internal sealed class KnownSelects
{
    private const int TextsMax = 1_000;
    private const int TextLengthMax = 64 * 1_024;

    private readonly ConcurrentDictionary<string, bool> _texts = new(StringComparer.Ordinal);

    public bool Contains(string sql) => _texts.ContainsKey(sql);

    public void Add(string sql)
    {
        if (sql.Length > TextLengthMax)
        {
            return;
        }

        // Rare, and what is still asked for comes back at once.
        if (_texts.Count >= TextsMax)
        {
            _texts.Clear();
        }

        _texts[sql] = true;
    }
}
