using OrleansFlow.Sql.Tables;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>A table whose columns and rows are known before the query is planned.</summary>
internal interface IDescribedTable : IQueryTable
{
    /// <summary>A query with its columns and without rows.</summary>
    string EmptyQuery { get; }

    /// <summary>Its rows.</summary>
    long RowCount { get; }

    /// <summary>What else is known of it; null: nothing.</summary>
    TableDescription? Description => null;
}
