using OrleansFlow.Arrow;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Worker.Jobs.Previews;

/// <summary>Rows by the names that people gave their columns. Inside a job columns have places instead, and the event time stands behind them. Not thread-safe.</summary>
/// <param name="names">The names, in order; none: rows are shown as they are.</param>
internal sealed class PreviewColumns(IReadOnlyList<string> names)
{
    private ArrowSchema? _from;
    private ArrowSchema? _shown;
    private int[] _places = [];

    /// <summary>The rows as they are shown. What is given belongs to this call, and what it returns to the caller.</summary>
    public RecordBatch Show(RecordBatch batch)
    {
        if (names.Count == 0 || batch.ColumnCount < names.Count)
        {
            return batch;
        }

        if (!ReferenceEquals(_from, batch.Schema))
        {
            Read(batch.Schema);
        }

        using (batch)
        {
            var columns = new ArrowArray[_places.Length];
            for (var at = 0; at < columns.Length; at++)
            {
                columns[at] = batch.Columns[_places[at]].Retain();
            }

            return new RecordBatch(_shown!, columns, batch.RowCount);
        }
    }

    private void Read(ArrowSchema schema)
    {
        // Behind the columns of the query: whether a row is taken back, which says what the row means, and the event time, which nobody asked for.
        _places = [.. Enumerable.Range(0, schema.Fields.Count).Where(place => place < names.Count || schema.Fields[place].Name != EventTime.Column)];
        _shown = new ArrowSchema([.. _places.Select(place => place < names.Count ? new ArrowField(names[place], schema.Fields[place].Type, schema.Fields[place].IsNullable) : schema.Fields[place])]);
        _from = schema;
    }
}
