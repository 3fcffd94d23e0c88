using OrleansFlow.Arrow;
using OrleansFlow.Engine;

namespace OrleansFlow.Benchmarks.Queries.Comparing;

/// <summary>A whole result as .NET values, for comparing.</summary>
/// <param name="Columns">Names of the columns.</param>
/// <param name="Rows">The rows in the order in which they came.</param>
public sealed record ResultTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<object?>> Rows)
{
    /// <summary>Runs a query and takes its whole result.</summary>
    public static async Task<ResultTable> QueryAsync(EngineSession session, string sql, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        await using var result = await session.QueryAsync(sql, null, cancellationToken);
        return await ReadAsync(result.Schema, result.ReadAllAsync(cancellationToken), cancellationToken);
    }

    /// <summary>Takes all batches of a stream, and disposes them.</summary>
    /// <param name="schema">Its columns.</param>
    /// <param name="batches">Its rows.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public static async Task<ResultTable> ReadAsync(ArrowSchema schema, IAsyncEnumerable<RecordBatch> batches, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(batches);
        var rows = new List<IReadOnlyList<object?>>();
        await foreach (var batch in batches.WithCancellation(cancellationToken))
        {
            using (batch)
            {
                for (var row = 0; row < batch.RowCount; row++)
                {
                    var values = new object?[batch.ColumnCount];
                    for (var column = 0; column < values.Length; column++)
                    {
                        values[column] = Value(batch.Column(column), row);
                    }

                    rows.Add(values);
                }
            }
        }

        return new ResultTable([.. schema.Fields.Select(field => field.Name)], rows);
    }

    /// <summary>Decimals by their digits without trailing zeros, so that their scale does not matter.</summary>
    private static object? Value(ArrowArray column, int row)
    {
        var value = column.GetValue(row);
        return column.Type is DecimalType && value is string digits
            ? new DecimalDigits(digits.Contains('.', StringComparison.Ordinal) ? digits.TrimEnd('0').TrimEnd('.') : digits)
            : value;
    }
}

/// <summary>An exact number as text.</summary>
/// <param name="Digits">Such as <c>-12.3</c>.</param>
public readonly record struct DecimalDigits(string Digits)
{
    /// <inheritdoc/>
    public override string ToString() => Digits;
}
