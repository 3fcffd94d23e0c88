using OrleansFlow.Engine;

namespace OrleansFlow.Sql.Tables;

/// <summary>Small questions to the engine, whose answers are kept as rows of objects.</summary>
internal static class MetadataQuery
{
    /// <summary>All rows of a query.</summary>
    /// <exception cref="EngineException">The engine refused or failed it.</exception>
    public static async Task<List<object?[]>> RowsAsync(
        EngineSession session, string sql, IReadOnlyList<object?>? parameters, CancellationToken cancellationToken)
    {
        var rows = new List<object?[]>();
        var result = await session.QueryAsync(sql, parameters, cancellationToken).ConfigureAwait(false);
        await using (result.ConfigureAwait(false))
        {
            while (await result.ReadAsync(cancellationToken).ConfigureAwait(false) is { } batch)
            {
                using (batch)
                {
                    for (var row = 0; row < batch.RowCount; row++)
                    {
                        var values = new object?[batch.Columns.Count];
                        for (var column = 0; column < values.Length; column++)
                        {
                            values[column] = batch.Columns[column].GetValue(row);
                        }

                        rows.Add(values);
                    }
                }
            }
        }

        return rows;
    }

    /// <summary>Columns of a query, which is only prepared.</summary>
    public static async Task<IReadOnlyList<TableColumn>> ColumnsAsync(EngineSession session, string query, CancellationToken cancellationToken)
    {
        var rows = await RowsAsync(session, $"SELECT column_name, column_type FROM (DESCRIBE {query})", null, cancellationToken).ConfigureAwait(false);
        return [.. rows.Select(row => new TableColumn((string)row[0]!, (string)row[1]!))];
    }
}
