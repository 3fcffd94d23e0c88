namespace OrleansFlow.Sql.Reading;

/// <summary>
/// A query whose plan cannot be turned into fragments. Not a fault of the query: it runs as it is written, in one task.
/// </summary>
/// <param name="reason">What stands in the way, for EXPLAIN.</param>
internal sealed class PlanReadException(string reason) : Exception(reason)
{
    /// <summary>Stable code of the reason.</summary>
    public const string Code = "sql_not_distributable";
}
