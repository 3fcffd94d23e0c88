using OrleansFlow.Arrow;

namespace OrleansFlow.Engine.Functions;

/// <summary>What a call of a table function gives.</summary>
/// <param name="Schema">Columns of all batches, at least one.</param>
/// <param name="Open">
/// Starts to read; called once per scan, when the statement runs. The token fires when the statement is cancelled. The engine disposes each batch that it takes.
/// </param>
public sealed record TableRows(ArrowSchema Schema, Func<CancellationToken, IAsyncEnumerable<RecordBatch>> Open)
{
    /// <summary>
    /// Starts to read some of the columns, in place of <see cref="Open"/>: gets their places in the schema, at least one, each once, and gives batches with these
    /// columns in this order.
    /// </summary>
    /// <value>Default null: all columns are read, and the engine takes what it needs.</value>
    public Func<IReadOnlyList<int>, CancellationToken, IAsyncEnumerable<RecordBatch>>? OpenColumns { get; init; }

    /// <summary>Rows to plan with; the engine orders joins by it.</summary>
    /// <value>Default -1: nobody knows.</value>
    public long EstimatedRowCount { get; init; } = -1;
}
