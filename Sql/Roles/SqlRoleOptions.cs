namespace OrleansFlow.Sql.Roles;

/// <summary>What one attempt of the built-in role <c>sql</c> may use. Section: <c>OrleansFlow:SqlRole</c>.</summary>
public sealed class SqlRoleOptions
{
    /// <summary>Configuration section these options bind to.</summary>
    public const string SectionName = "OrleansFlow:SqlRole";

    /// <summary>Memory of one attempt's engine, in bytes; beyond it the engine spills to the attempt's temporary folder.</summary>
    /// <value>Default 1 GiB. Range 64 MiB to 1 TiB.</value>
    public long MemoryLimitBytes { get; set; } = 1L << 30;

    /// <summary>
    /// Threads of one attempt's engine. With one, a statement gives its rows in the same order each time, so that a repeated attempt makes
    /// the same batches; with more, only a statement with a total ORDER BY does.
    /// </summary>
    /// <value>Default 1. Range 1 to 1 024.</value>
    public int ThreadCount { get; set; } = 1;
}
