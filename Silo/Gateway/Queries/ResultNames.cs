using OrleansFlow.Arrow;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>Gives the columns of a result the names that its reader asked for.</summary>
internal static class ResultNames
{
    /// <summary>The same columns under other names.</summary>
    /// <param name="schema">Columns.</param>
    /// <param name="names">A name for each.</param>
    public static ArrowSchema Named(this ArrowSchema schema, IReadOnlyList<string> names) => new(
        [.. schema.Fields.Select((field, index) => new ArrowField(index < names.Count ? names[index] : field.Name, field.Type, field.IsNullable, field.Metadata))],
        schema.Metadata);

    /// <summary>The same rows under another schema; takes the batch over.</summary>
    public static RecordBatch Named(this RecordBatch batch, ArrowSchema schema)
    {
        using (batch)
        {
            var columns = new ArrowArray[batch.ColumnCount];
            for (var index = 0; index < columns.Length; index++)
            {
                columns[index] = batch.Column(index);
            }

            foreach (var column in columns)
            {
                column.Retain();
            }

            return new RecordBatch(schema, columns, batch.RowCount);
        }
    }
}
