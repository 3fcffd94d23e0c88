namespace OrleansFlow.Decisions.Limits;

/// <summary>Names of what is limited over all queues.</summary>
public static class LimitScopes
{
    /// <summary>All tasks.</summary>
    public const string All = "all";

    private const string KeyPrefix = "key/";

    /// <summary>The tasks of one key.</summary>
    public static string OfKey(string key) => KeyPrefix + key;

    /// <summary>The key of a scope; null for the scope of all tasks.</summary>
    public static string? KeyOf(string scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return scope.StartsWith(KeyPrefix, StringComparison.Ordinal) ? scope[KeyPrefix.Length..] : null;
    }
}
